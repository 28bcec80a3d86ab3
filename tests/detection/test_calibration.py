"""Conformal thresholds: the stated level holds."""

import math

import pytest
from expunge.detection.calibration import conformal_threshold
from hypothesis import given
from hypothesis import strategies as st


def test_the_rank_is_that_of_the_formula() -> None:
    assert conformal_threshold(list(range(1, 100)), 0.1) == 90


@pytest.mark.parametrize(("level", "rank"), [(0.7, 3), (0.9, 1), (1 - 1e-12, 1)])
def test_the_rank_is_not_raised_by_rounding(level: float, rank: int) -> None:
    assert conformal_threshold(list(range(1, 10)), level) == rank


def test_too_few_scores_flag_nothing() -> None:
    assert conformal_threshold([1.0, 2.0], 0.01) == math.inf


@given(
    st.lists(st.floats(-10, 10), min_size=20, max_size=200, unique=True),
    st.sampled_from([0.05, 0.1, 0.2]),
)
def test_at_most_the_level_exceeds_the_threshold(scores: list[float], level: float) -> None:
    threshold = conformal_threshold(scores, level)
    assert sum(score > threshold for score in scores) <= level * (len(scores) + 1)


@pytest.mark.parametrize("level", [0.05, 0.2])
def test_coverage_over_exchangeable_draws(level: float) -> None:
    scores = [math.sin(number * 12.9898) * 43758.5453 % 1 for number in range(5_000)]
    threshold = conformal_threshold(scores[:1_000], level)
    exceeded = sum(score > threshold for score in scores[1_000:]) / 4_000
    assert exceeded == pytest.approx(level, abs=0.03)
