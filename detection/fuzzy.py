"""Layer 2, fuzzy names: a name with typing errors, found without comparing a text with every name.

Two words within one edit of each other share a form with at most one letter deleted (Garbe, SymSpell). Two neighbouring
words of the text that are each near a word of the same name nominate it; the whole window is then compared.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from ..schema import Target
from .canonical import Words
from .names import forms
from .rarity import RARE, STOP_WORDS, distinctiveness, zipf

_MIN_LETTERS = 3
# A word has as many variants as letters, each as long as the word: no name needs the square of a megabyte.
_MAX_LETTERS = 40
_MIN_WORD_RATIO = 0.72
# The larger the register, the nearer a name must be: a near name is then likelier to be another person's.
_THRESHOLDS = ((30, 0.80), (300, 0.84), (3_000, 0.88))
_STRICTEST = 0.92
# Two words that more targets than this share, or more windows than this in one text, are not compared with each.
_CROWDED = 50
_MOST_NOMINATIONS = 5_000
_SHORT = 3
# Words of texts whose neighbours are remembered: texts repeat their words.
_REMEMBERED = 16_384
_MIN_DERIVED = 8
_RARE_WORD = 0.5
_NONE: tuple[str, ...] = ()


class FuzzyHit(NamedTuple):
    """A name with typing errors: the words `first` to `last`, both included, and their likeness from 0 to 1.

    It may be a `namesake` where what differs is a word of its own: Anna Hall is Anna Hill only by an error.
    """

    target: str
    first: int
    last: int
    score: float
    namesake: bool

    @property
    def words(self) -> int:
        """How many words it has."""
        return self.last - self.first + 1


class _Neighbours(dict[str, tuple[str, ...]]):
    """The words of names within one edit of words, worked out once: texts repeat their words."""

    def __init__(self, look_up: Callable[[str], tuple[str, ...]]) -> None:
        super().__init__()
        self._look_up = look_up

    def __missing__(self, word: str) -> tuple[str, ...]:
        if len(word) > _MAX_LETTERS:  # words of a megabyte would fill the memory
            return _NONE
        if len(self) >= _REMEMBERED:
            self.clear()
        found = self[word] = self._look_up(word)
        return found


class FuzzyNames:
    """Names of two words or more, indexed by the deletion variants of their words."""

    def __init__(self) -> None:
        self._names: dict[str, list[tuple[str, ...]]] = {}
        self._variants: dict[str, set[str]] = defaultdict(set)
        self._owners: dict[str, dict[str, list[tuple[str, ...]]]] = defaultdict(dict)
        self._neighbours = _Neighbours(self._look_up)

    @property
    def threshold(self) -> float:
        """The likeness from which on a name counts at this size of the register."""
        return next((value for size, value in _THRESHOLDS if len(self._names) <= size), _STRICTEST)

    def add(self, target: Target) -> None:
        """Add the names of a target; a topic has none."""
        if target.kind == "topic":
            return
        names = [
            form.words
            for form in forms(target)
            if len(form.words) > 1
            and (form.strength in {"full", "common"} or sum(map(len, form.words)) >= _MIN_DERIVED)
        ]
        if names:
            self._names[target.id] = names
        for name in names:
            for word in {word for word in name if _MIN_LETTERS <= len(word) <= _MAX_LETTERS}:
                self._owners[word].setdefault(target.id, []).append(name)
                for variant in _deletions(word):
                    self._variants[variant].add(word)
        self._neighbours.clear()

    def remove(self, target_id: str) -> None:
        """Remove a target's names; variants of a word that no target has any more stay, and lead nowhere."""
        for name in self._names.pop(target_id, ()):
            for word in name:
                self._owners[word].pop(target_id, None)
        self._neighbours.clear()

    def search(self, words: Words) -> list[FuzzyHit]:
        """Return names that stand in a text with typing errors, the most alike for each target."""
        best: dict[str, FuzzyHit] = {}
        for target, word, index in islice(dict.fromkeys(self._nominations(words.words)), _MOST_NOMINATIONS):
            hit = self._compare(target, word, words.words, index)
            if hit and (target not in best or (hit.words, hit.score) > (best[target].words, best[target].score)):
                best[target] = hit
        return list(best.values())

    def _nominations(self, words: list[str]) -> Iterator[tuple[str, str, int]]:
        """Yield targets, a word that their name must have, and the index of the first of two words near words of it."""
        near = list(map(self._neighbours.__getitem__, words))
        for index in [index for index, names in enumerate(near[:-1]) if names]:
            # A short word, such as a particle, may stand between the two.
            later = [name for names in near[index + 1 : index + 3] for name in names]
            for one, other in ((a, b) for a in near[index] for b in later if a != b):
                owners, others = self._owners[one], self._owners[other]
                shared = owners.keys() & others.keys()
                if len(shared) <= _CROWDED:
                    # Of thousands of aliases of one target those are compared that have the rarer of the two words.
                    yield from (
                        (target, one if len(owners[target]) <= len(others[target]) else other, index)
                        for target in sorted(shared)
                    )

    def _look_up(self, word: str) -> tuple[str, ...]:
        """Return the words of names within one edit of a word."""
        if len(word) < _MIN_LETTERS or word in STOP_WORDS:
            return _NONE
        found = {name for variant in _deletions(word) for name in self._variants.get(variant, ())}
        return tuple(sorted(name for name in found if self._owners[name]))

    def _compare(self, target: str, word: str, words: list[str], index: int) -> FuzzyHit | None:
        """Compare a window around two words with each name of a target that has a word."""
        best: FuzzyHit | None = None
        for name in self._owners[word][target]:
            for first in range(max(0, index - len(name) + 2), index + 1):
                window = words[first : first + len(name)]
                score = _likeness(name, window)
                if score >= self.threshold and (best is None or (len(name), score) > (best.words, best.score)):
                    best = FuzzyHit(target, first, first + len(name) - 1, score, _is_namesake(name, window))
        return best


def _likeness(name: tuple[str, ...], window: list[str]) -> float:
    """Return how alike a name and a window are, from 0 to 1; 0 where one word of the two is another word altogether."""
    if len(window) != len(name):
        return 0.0
    if not all(_same_word(one, other) for one, other in zip(name, window, strict=True)):
        return 0.0
    return fuzz.ratio(" ".join(name), " ".join(window)) / 100


def _is_namesake(name: tuple[str, ...], window: list[str]) -> bool:
    """Whether a word that differs is a word of its own, and no rare word of the name says that it is a slip."""
    same = [one == other for one, other in zip(name, window, strict=True)]
    own = any(zipf(other) >= RARE for other, equal in zip(window, same, strict=True) if not equal)
    return own and not any(equal and distinctiveness(one) >= _RARE_WORD for one, equal in zip(name, same, strict=True))


def _same_word(one: str, other: str) -> bool:
    """Whether two words can be one word with typing errors; in a short word a single edit is all, in a number none."""
    if one.isdigit() or other.isdigit():
        return one == other
    if len(one) <= _SHORT:
        return OSA.distance(one, other, score_cutoff=1) <= 1
    return fuzz.ratio(one, other) / 100 >= _MIN_WORD_RATIO


@lru_cache(maxsize=65536)
def _deletions(word: str) -> frozenset[str]:
    """Return a word and its forms with one letter deleted."""
    return frozenset({word, *(word[:index] + word[index + 1 :] for index in range(len(word)))})
