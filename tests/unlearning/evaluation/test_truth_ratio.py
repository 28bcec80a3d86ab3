from math import isfinite, log

import pytest
from expunge.unlearning.evaluation.truth_ratio import closeness, margin, truth_ratio
from hypothesis import given
from hypothesis import strategies as st

means = st.floats(-1e4, 0)


def test_it_is_the_geometric_mean_of_the_wrong_over_the_reworded() -> None:
    assert truth_ratio([log(0.2), log(0.05)], [log(0.5)]) == pytest.approx(0.1 / 0.5)


def test_of_several_rewordings_it_takes_the_geometric_mean() -> None:
    assert truth_ratio([log(0.1)], [log(0.8), log(0.2)]) == pytest.approx(0.1 / 0.4)


def test_what_must_go_is_best_where_right_and_wrong_are_alike() -> None:
    assert closeness([0.2, 1, 5]) == pytest.approx((0.2 + 1 + 0.2) / 3)


def test_what_must_stay_is_best_where_the_right_is_likelier() -> None:
    assert margin([0.2, 1, 5]) == pytest.approx(0.8 / 3)


@given(st.lists(means, min_size=1, max_size=5), st.lists(means, min_size=1, max_size=2))
def test_it_is_a_number_however_unlikely_the_answers_are(wrong: list[float], reworded: list[float]) -> None:
    ratio = truth_ratio(wrong, reworded)
    assert ratio > 0
    assert isfinite(ratio)
    assert 0 <= closeness([ratio]) <= 1
    assert 0 <= margin([ratio]) <= 1
