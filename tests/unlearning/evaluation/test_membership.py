import zlib
from itertools import product

import numpy as np
import pytest
from expunge.unlearning.evaluation.forcing import Forced
from expunge.unlearning.evaluation.membership import (
    Candidate,
    auc,
    by_loss,
    by_min_k,
    by_plus,
    by_zlib,
    membership,
)
from hypothesis import given
from hypothesis import strategies as st

values = st.lists(st.integers(-5, 5).map(float), min_size=1, max_size=12)


def candidate(*log_probs: float, answer: str = "An answer.") -> Candidate:
    tokens = np.array(log_probs)
    return Candidate(answer, Forced(tokens, tokens > -1, tokens * 2, None))


@given(values)
def test_what_is_alike_is_not_told_apart(scores: list[float]) -> None:
    assert auc(scores, scores) == pytest.approx(0.5)


@given(values, values)
def test_the_area_is_the_share_of_pairs(members: list[float], others: list[float]) -> None:
    pairs = [1.0 if one > other else 0.5 if one == other else 0.0 for one, other in product(members, others)]
    assert auc(members, others) == pytest.approx(sum(pairs) / len(pairs))


def test_scores_by_hand() -> None:
    one = candidate(-1.0, -4.0, -2.0, -3.0, -0.5, -0.1, -0.2, -0.3, -0.4, -0.5)
    assert by_loss(one) == pytest.approx(-1.2)
    assert by_zlib(one) == pytest.approx(-1.2 / len(zlib.compress(b"An answer.")))
    assert by_min_k(one) == pytest.approx((-4 - 3) / 2)  # a fifth of ten
    assert by_plus(one) == pytest.approx((-8 - 6) / 2)


def test_of_few_tokens_one_is_looked_at() -> None:
    assert by_min_k(candidate(-1.0, -2.0, -3.0)) == -3


def test_what_was_learned_is_told_from_what_was_not() -> None:
    found = membership([candidate(-0.1, -0.2), candidate(-0.2)], [candidate(-2.0), candidate(-3.0, -1.0)])
    assert set(found.model_dump().values()) == {1.0}


def test_z_scores_must_have_been_asked_for() -> None:
    one = candidate(-1.0)
    with pytest.raises(ValueError, match="z-scores"):
        by_plus(Candidate("", one.forced._replace(z_scores=None)))
