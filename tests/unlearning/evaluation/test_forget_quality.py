import pytest
from expunge.unlearning.evaluation.forget_quality import forget_quality
from hypothesis import given
from hypothesis import strategies as st

ratios = st.lists(st.floats(1e-300, 1e300), min_size=1, max_size=60)


@given(ratios)
def test_a_control_is_not_to_be_told_from_itself(values: list[float]) -> None:
    assert forget_quality(values, values) == 1


def test_two_that_share_no_value_have_the_p_of_the_exact_test() -> None:
    # Of the C(6, 3) = 20 orders that six values can have, two keep the halves apart.
    assert forget_quality([1, 2, 3], [4, 5, 6]) == pytest.approx(2 / 20)


def test_where_rounding_spoils_the_exact_test_it_is_quietly_the_asymptotic_one() -> None:
    assert forget_quality([1.0] * 5, [1.0] * 4 + [0.5]) == pytest.approx(1)


@given(ratios, ratios)
def test_it_does_not_matter_which_way_round_the_ratio_is(ours: list[float], control: list[float]) -> None:
    turned = forget_quality([-each for each in ours], [-each for each in control])
    assert forget_quality(ours, control) == pytest.approx(turned)


@pytest.mark.parametrize(("ours", "control"), [([], [1.0]), ([1.0], []), ([], [])])
def test_without_ratios_there_is_none(ours: list[float], control: list[float]) -> None:
    assert forget_quality(ours, control) is None
