"""Membership inference: whether what a model thinks of an answer tells that it was learned."""

from collections.abc import Callable, Sequence
from typing import NamedTuple
from zlib import compress

import numpy as np

from ..results import Membership
from .forcing import Floats, Forced

SHARE = 0.2
"""Of an answer's tokens that min-k looks at (Shi et al., 2024)."""


class Candidate(NamedTuple):
    """An answer that may have been learned."""

    answer: str
    forced: Forced
    """With z-scores."""


def membership(members: Sequence[Candidate], nonmembers: Sequence[Candidate]) -> Membership:
    """Return how well each score tells what was learned from what never was; both must not be empty."""

    def apart(score: Callable[[Candidate], float]) -> float:
        return auc([score(each) for each in members], [score(each) for each in nonmembers])

    return Membership(loss=apart(by_loss), zlib=apart(by_zlib), min_k=apart(by_min_k), min_k_plus_plus=apart(by_plus))


def auc(members: Sequence[float], nonmembers: Sequence[float]) -> float:
    """Return how often a member scores above a non-member, 0 to 1, where a tie is half: the area under the ROC curve.

    It is the Mann–Whitney U over the number of pairs, by ranks.
    """
    from scipy.stats import rankdata  # type: ignore[import-untyped]  # takes half a second

    count = len(members)
    above = rankdata([*members, *nonmembers])[:count].sum() - count * (count + 1) / 2
    return float(above / (count * len(nonmembers)))


def by_loss(candidate: Candidate) -> float:
    """Return −loss: mean log p over the tokens (Yeom et al., 2018)."""
    return candidate.forced.mean


def by_zlib(candidate: Candidate) -> float:
    """Return −loss over the bytes that zlib needs for the answer: its own complexity (Carlini et al., 2021)."""
    return candidate.forced.mean / len(compress(candidate.answer.encode()))


def by_min_k(candidate: Candidate) -> float:
    """Return the mean log p of the least likely fifth of the tokens (Shi et al., 2024, Min-K%)."""
    return _least(candidate.forced.log_probs)


def by_plus(candidate: Candidate) -> float:
    """Return the mean z-score of the fifth of the tokens with the lowest ones (Zhang et al., 2024, Min-K%++)."""
    scores = candidate.forced.z_scores
    if scores is None:
        raise ValueError("The answer's z-scores were not asked for.")
    return _least(scores)


def _least(values: Floats) -> float:
    return float(np.sort(values)[: max(1, int(SHARE * len(values)))].mean())
