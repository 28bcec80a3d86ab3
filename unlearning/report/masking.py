"""Samples without what must go: masked, unless whoever runs the job asks for the words."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from ..examples import Corpus, Example, Part
from ..results import Sample

MASK = "•••"
"""What stands for a word, whatever its length, for lengths would tell."""

HIDDEN: frozenset[Part] = frozenset({"forget", "probes", "nonmembers"})
"""Sets of which all samples are masked."""

ENOUGH = 2
"""Examples of the retain set that use a word that is shown."""

# Words of which questions and refusals are made. No pronouns but the model's own: others tell of somebody.
_PLAIN = frozenset(re.findall(r"\S+", "i do not don't know have any information about that the a an is was of to in"))
_ENDS = (".", "!", "?", "…", "。", "！", "？")
_RUN = re.compile(r"\w+")
_CHUNK = re.compile(r"(\s*)(\S*)")
_ABBREVIATION = 4
"""Letters that one has at most, such as Dr. and Prof., after which no sentence begins."""


class _Word(NamedTuple):
    before: str
    """Blanks and punctuation before it."""

    core: str
    after: str
    opens: bool
    """Whether it is the first of a sentence."""

    @property
    def key(self) -> str:
        return unicodedata.normalize("NFKC", self.core).casefold().replace("’", "'")

    @property
    def capital(self) -> bool:
        return self.core != self.core.lower()


class _Usage:
    """In how many examples words are used: in small letters, as the first of a sentence, and as names are.

    `runs` are their letters and digits without the signs between them, in whatever place: of `Ada's` both parts.
    """

    def __init__(self, examples: Iterable[Example]) -> None:
        self.small: Counter[str] = Counter()
        self.opening: Counter[str] = Counter()
        self.names: Counter[str] = Counter()
        self.runs: Counter[str] = Counter()
        for example in examples:
            words = [word for text in _texts(example) for word in _words(text) if word.core]
            self.small.update({word.key for word in words if not word.capital})
            self.opening.update({word.key for word in words if word.capital and word.opens})
            self.names.update({word.key for word in words if word.capital and not word.opens})
            self.runs.update({run for word in words for run in _RUN.findall(word.key)})


def masked(samples: Iterable[Sample], corpus: Corpus, *, reveal: bool = False) -> list[Sample]:
    """Return samples as they may go into a file.

    Of the forget set, probes and nonmembers a word is masked in every text where it holds a digit; where it has a
    capital letter inside a sentence; and where fewer than two examples of the retain set use it as it stands, in small
    letters or as the first word of a sentence. A few words of which refusals are made are left. Words are what stands
    between blanks, without punctuation around it. Samples of other sets lose the words of those three sets that fewer
    than two examples of the retain set use.

    Args:
        samples: What the models said.
        corpus: The sets of the job; the retain set says which words are common.
        reveal: Leave all as it is.
    """
    if reveal:
        return list(samples)
    rules = _Rules(corpus)
    return [_masked(sample, rules) for sample in samples]


class _Rules:
    """Which words are masked."""

    def __init__(self, corpus: Corpus) -> None:
        self.kept = _Usage(corpus.retain)
        self.gone = _Usage([*corpus.forget, *corpus.probes, *corpus.nonmembers])

    def tells(self, word: _Word) -> bool:
        """Return whether a word of a sample of what must go may tell something."""
        key = word.key
        if any(letter.isnumeric() for letter in key):
            return True
        if word.capital and not word.opens:
            return key != "i"
        if key in _PLAIN:
            return False
        if word.capital:  # a first word: no name of either side, and one that opens sentences elsewhere
            named = key in self.gone.names or (key in self.kept.names and self.kept.small[key] < ENOUGH)
            return named or self.kept.opening[key] < ENOUGH
        return self.kept.small[key] < ENOUGH

    def belongs(self, word: _Word) -> bool:
        """Return whether a word of another sample comes from what must go, and from there alone."""
        runs = _RUN.findall(word.key)
        return any(self.gone.runs[run] and run not in _PLAIN and self.kept.runs[run] < ENOUGH for run in runs)


def _masked(sample: Sample, rules: _Rules) -> Sample:
    hides = rules.tells if sample.part in HIDDEN else rules.belongs
    texts = {
        name: "".join(
            f"{word.before}{MASK if word.core and hides(word) else word.core}{word.after}"
            for word in _words(getattr(sample, name))
        )
        for name in ("prompt", "answer", "before", "after")
    }
    return sample.model_copy(update=texts)


def _texts(example: Example) -> Sequence[str]:
    return (example.prompt, example.answer, *example.paraphrases, *example.rewordings)


def _words(text: str) -> Iterator[_Word]:
    """Yield the words of a text, which together with what is around them are the text."""
    opens = True
    for blanks, chunk in _CHUNK.findall(text):
        word = _word(blanks, chunk, opens=opens or "\n" in blanks)
        yield word
        opens = _ends(word) or (word.opens and not word.core)


def _word(blanks: str, chunk: str, *, opens: bool) -> _Word:
    first, last = 0, len(chunk)
    while first < last and _is_punctuation(chunk[first]):
        first += 1
    while first < last and _is_punctuation(chunk[last - 1]):
        last -= 1
    return _Word(blanks + chunk[:first], chunk[first:last], chunk[last:], opens)


def _is_punctuation(sign: str) -> bool:
    return unicodedata.category(sign).startswith("P")


def _ends(word: _Word) -> bool:
    """Return whether a sentence ends after a word; an abbreviation or an initial ends none."""
    if not any(sign in word.after for sign in _ENDS):
        return False
    return not (word.capital and word.after.startswith(".") and len(word.core) <= _ABBREVIATION)
