"""What must stay and lies nearest to what must go: held out, to see what a method harms beside its aim."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ..examples import Corpus, Example

SHARE = 0.1
"""Share of the retain set that is held out."""

MOST = 100
"""Examples that are held out at most."""

FEWEST_RETAINED = 20
"""From so many retain examples on, some can be spared."""

_Weights = dict[str, float]


def with_neighbours(corpus: Corpus, share: float = SHARE, most: int = MOST) -> Corpus:
    """Hold the retain examples nearest to the forget set out of training, as neighbours.

    A corpus that has neighbours, or fewer than 20 retain examples, is returned as it is.

    Args:
        corpus: The sets.
        share: Share of the retain set that is held out, above 0 and up to 0.5.
        most: Examples that are held out at most.

    Raises:
        InputError: The share is out of its range.
    """
    if not 0 < share <= 0.5:
        raise InputError(f"A share of {share!r} of the retain set cannot be held out.", fix="Take one of up to 0.5.")
    if corpus.neighbours or len(corpus.retain) < FEWEST_RETAINED:
        return corpus
    chosen = _nearest_rows(corpus.forget, corpus.retain, min(most, int(share * len(corpus.retain))))
    held = set(chosen)
    retain = [example for row, example in enumerate(corpus.retain) if row not in held]
    return corpus.model_copy(update={"retain": retain, "neighbours": [corpus.retain[row] for row in chosen]})


def nearest(forget: Sequence[Example], retain: Sequence[Example], count: int) -> list[Example]:
    """Return the retain examples that share most words with a forget example, nearest first.

    Nearness is the highest cosine to any forget example, over the words of question and answer, each once and weighted
    by log(N / n): N examples, n of which hold it (inverse document frequency; Spärck Jones, 1972). What all questions
    share, as "What is the name of", thus counts for little. Where two are as near, the earlier comes first.

    Args:
        forget: What must go; none: all are as far.
        retain: What to choose from.
        count: How many at most.
    """
    return [retain[row] for row in _nearest_rows(forget, retain, count)]


def _nearest_rows(forget: Sequence[Example], retain: Sequence[Example], count: int) -> list[int]:
    words = [_words(example) for example in (*forget, *retain)]
    frequency = Counter(word for each in words for word in each)
    rarity = {word: float(np.log(len(words) / found)) for word, found in frequency.items()}
    vectors = [_unit(each, rarity) for each in words]
    index = _Index(vectors[: len(forget)])
    nearness = np.array([index.highest(vector) for vector in vectors[len(forget) :]])
    return [int(row) for row in np.argsort(-nearness, kind="stable")[: max(count, 0)]]


def _words(example: Example) -> list[str]:
    found = re.findall(r"\w+", f"{example.prompt} {example.answer}".casefold())
    return list(dict.fromkeys(found))  # not a set, whose order is another in every process


def _unit(words: Sequence[str], rarity: Mapping[str, float]) -> _Weights:
    """Return the weights of an example's words, of unit length; words that all examples hold weigh nothing."""
    length = float(np.sqrt(sum(rarity[word] ** 2 for word in words)))
    return {word: rarity[word] / length for word in words if rarity[word]}


class _Index:
    """Which examples hold a word, and how much it weighs in them."""

    def __init__(self, vectors: Sequence[_Weights]) -> None:
        self._count = len(vectors)
        holding: dict[str, list[tuple[int, float]]] = {}
        for row, vector in enumerate(vectors):
            for word, weight in vector.items():
                holding.setdefault(word, []).append((row, weight))
        self._postings: dict[str, tuple[NDArray[np.intp], NDArray[np.float64]]] = {
            word: (np.array([row for row, _ in held]), np.array([weight for _, weight in held]))
            for word, held in holding.items()
        }

    def highest(self, vector: _Weights) -> float:
        """Return the highest cosine of a vector to one of the examples, 0 to 1."""
        cosines = np.zeros(self._count)
        for word, weight in vector.items():
            if posting := self._postings.get(word):
                cosines[posting[0]] += weight * posting[1]
        return float(cosines.max(initial=0.0))
