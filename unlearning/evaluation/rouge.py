"""ROUGE-L recall of what a model says."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rouge_score.rouge_scorer import RougeScorer  # type: ignore[import-untyped]


def rouge_l(answer: str, text: str) -> float:
    """Return the ROUGE-L recall that a text has of the right answer, 0 to 1, as TOFU takes it.

    The length of their longest common subsequence of stemmed words over the number of the answer's words (Lin, 2004).
    The package `rouge-score` takes a to z and digits alone for words: an answer in another script has a recall of 0.
    """
    return float(_scorer().score(answer, text)["rougeL"].recall)


@cache
def _scorer() -> RougeScorer:
    from rouge_score.rouge_scorer import RougeScorer  # imports nltk, which takes a second

    return RougeScorer(["rougeL"], use_stemmer=True)
