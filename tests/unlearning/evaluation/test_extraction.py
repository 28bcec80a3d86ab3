import numpy as np
import pytest
from expunge.unlearning.evaluation.extraction import exact_memorisation, extraction_strength
from hypothesis import given
from hypothesis import strategies as st

tokens = st.lists(st.booleans(), min_size=1, max_size=12)


@pytest.mark.parametrize(
    ("likeliest", "strength", "memorised"),
    [
        ([True, True, True, True], 1, 1),
        ([False, True, True, True], 3 / 4, 3 / 4),
        ([True, True, False, True], 1 / 4, 3 / 4),
        ([True, True, True, False], 0, 3 / 4),
        ([False], 0, 0),
    ],
)
def test_by_hand(likeliest: list[bool], strength: float, memorised: float) -> None:
    assert extraction_strength(np.array(likeliest)) == pytest.approx(strength)
    assert exact_memorisation(np.array(likeliest)) == pytest.approx(memorised)


@given(tokens)
def test_strength_is_by_the_first_position_from_which_all_is_right(likeliest: list[bool]) -> None:
    k = next(k for k in range(len(likeliest) + 1) if all(likeliest[k:]))
    assert extraction_strength(np.array(likeliest)) == pytest.approx(1 - k / len(likeliest))


@given(tokens)
def test_what_is_extracted_is_memorised(likeliest: list[bool]) -> None:
    assert extraction_strength(np.array(likeliest)) <= exact_memorisation(np.array(likeliest)) + 1e-12
