"""Layer 1, canonical text: words that compare equal however they are written, each with its place in the original."""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import accumulate
from typing import NamedTuple

from anyascii import anyascii

_ASCII_WORD = re.compile(r"[a-z0-9]+")
# Of ASCII: small letters for capitals, a space for what is in no word.
_LEVEL = {code: chr(code).lower() if chr(code).isalnum() else " " for code in range(128)}
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_RUN = re.compile(r"\S+")
_LATIN = re.compile(r"[A-Za-z]")

# Letters of other scripts that look like a Latin letter. They are read by their looks inside a word that holds Latin
# letters too, and by their sound elsewhere.
LOOKALIKES = str.maketrans(
    "АВЕЅІЈКМНОРСТУХѴасеѕіјорухԛԝһԁɡ" + "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧαγικνορυχω",
    "ABESIJKMHOPCTYXVacesijopyxqwhdg" + "ABEZHIKMNOPTYXayiknopuxw",
)


_UNSPACED = (
    ("\u0e00", "\u0eff"),
    ("\u1000", "\u109f"),
    ("\u1780", "\u17ff"),
    ("\u3040", "\u30ff"),
    ("\u3400", "\u9fff"),
    ("\uac00", "\ud7a3"),
    ("\U00020000", "\U0003ffff"),
)


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open range of characters of the original text."""

    start: int
    end: int


class Places(NamedTuple):
    """Where words stand in a text."""

    starts: list[int]
    """Where each starts."""

    ends: list[int]
    """One past where each ends."""


class Words:
    """The canonical words of a text.

    Where they stand is worked out when it is first asked for: of most texts nobody asks.

    Args:
        words: Lower-case ASCII words of letters and digits.
        places: Works out where each word stands in the original text.
    """

    def __init__(self, words: list[str], places: Callable[[], Places]) -> None:
        self.words = words
        self._work_out = places

    @classmethod
    def at(cls, words: list[str], starts: list[int], ends: list[int]) -> "Words":
        """Return words that stand at known places."""
        return cls(words, lambda: Places(starts, ends))

    @cached_property
    def starts(self) -> list[int]:
        """Where each word starts in the original text."""
        return self._places.starts

    @cached_property
    def ends(self) -> list[int]:
        """One past where each word ends in the original text."""
        return self._places.ends

    @cached_property
    def _places(self) -> Places:
        return self._work_out()

    def __len__(self) -> int:
        return len(self.words)

    @cached_property
    def joined(self) -> str:
        """The words with one space before, between and after them, so that a match can ask for word boundaries."""
        return f" {' '.join(self.words)} "

    @cached_property
    def _offsets(self) -> list[int]:
        return list(accumulate((len(word) + 1 for word in self.words), initial=1))

    def index_at(self, position: int) -> int:
        """Return the index of the word that holds a position of `joined`."""
        return bisect_right(self._offsets, position) - 1

    def span(self, first: int, last: int) -> Span:
        """Return where the words `first` to `last`, both included, stand in the original text."""
        return Span(min(self.starts[first : last + 1]), max(self.ends[first : last + 1]))


def canonical(text: str) -> Words:
    """Bring a text to canonical words.

    Compatibility forms, case, diacritics, zero-width characters, look-alike letters and scripts are levelled; each
    ideograph becomes a word. Lone surrogates are dropped. Linear in the length of the text.
    """
    if _is_plain(text):
        return Words(text.translate(_LEVEL).split(), lambda: _places(text))
    words: list[str] = []
    for run in text.split():
        words += run.translate(_LEVEL).split() if _is_plain(run) else [word for word, _, _ in _words_of_run(run, 0)]
    return Words(words, lambda: _places(text))


def _is_plain(text: str) -> bool:
    return text.isascii() and not _CONTROL.search(text)


def _places(text: str) -> Places:
    if _is_plain(text):
        matches = list(_ASCII_WORD.finditer(text.lower()))
        return Places([match.start() for match in matches], [match.end() for match in matches])
    words = [word for run in _RUN.finditer(text) for word in _words_of_run(run.group(), run.start())]
    return Places([start for _, start, _ in words], [end for _, _, end in words])


def _words_of_run(run: str, offset: int) -> list[tuple[str, int, int]]:
    """Split one run of characters without white space into canonical words with their places."""
    if _is_plain(run):
        return [(m.group(), offset + m.start(), offset + m.end()) for m in _ASCII_WORD.finditer(run.lower())]
    by_looks = _LATIN.search(run) is not None
    letters: list[str] = []
    origins: list[int] = []
    for index, character in enumerate(run):
        mapped = _canonical_character(character, by_looks)
        letters.append(mapped)
        origins.extend([offset + index] * len(mapped))
    level = "".join(letters)
    return [(m.group(), origins[m.start()], origins[m.end() - 1] + 1) for m in _ASCII_WORD.finditer(level)]


@lru_cache(maxsize=65536)
def _canonical_character(character: str, by_looks: bool) -> str:
    """Map one character to lower-case ASCII; an ideograph is set apart by spaces, an invisible one vanishes."""
    if unicodedata.category(character) in {"Cf", "Mn", "Me", "Cs", "Cc"}:
        return ""
    if by_looks:
        character = character.translate(LOOKALIKES)
    plain = anyascii(unicodedata.normalize("NFKC", character)).lower()
    return f" {plain} " if _is_ideograph(character) else plain


def _is_ideograph(character: str) -> bool:
    """Whether a character is written without spaces around words: Han, kana, Hangul, Thai, Lao, Burmese, Khmer."""
    return any(first <= character <= last for first, last in _UNSPACED)
