import math

import pytest
from expunge.unlearning.evaluation.probability import choice_probability, probability
from hypothesis import given
from hypothesis import strategies as st

means = st.floats(-20, 0)


def test_it_is_the_geometric_mean_of_the_tokens() -> None:
    assert probability((math.log(0.5) + math.log(0.125)) / 2) == pytest.approx(0.25)


@given(means, st.lists(means, max_size=5))
def test_a_choice_is_weighed_against_all_wrong_answers(right: float, wrong: list[float]) -> None:
    shares = math.exp(right) / (math.exp(right) + sum(math.exp(each) for each in wrong))
    assert choice_probability(right, wrong) == pytest.approx(shares)


def test_a_ruined_model_has_the_share_of_chance() -> None:
    assert choice_probability(-1e4, [-1e4] * 3) == pytest.approx(0.25)
