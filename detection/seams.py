"""Layer 1, seams: words that are written as one, as in "getHinaAmeen()", "#HinaAmeenFans" and "hinaameen1975"."""

import re
from bisect import bisect_right
from collections.abc import Iterator

from .canonical import Words, canonical

# The cased letters of Latin, Greek and Cyrillic.
_CASED = [chr(code) for code in range(0x530)]
_UPPER = "".join(letter for letter in _CASED if letter.isupper())
_LOWER = "".join(letter for letter in _CASED if letter.islower())
# A capital after a small letter (but "McDonald") or before a word after capitals, and digits beside three letters,
# which "1990s", "25th" and "A4" have not. Opens with a capital or a digit: `re` then skips to those of a text.
_SEAM = re.compile(
    rf"[{_UPPER}0-9](?:(?<=[{_LOWER}][{_UPPER}])(?<!\bMc.)(?<!\bMac.)|(?<=[{_UPPER}]{{2}})(?=[{_LOWER}]{{2}})"
    rf"|(?<=[{_UPPER}{_LOWER}]{{3}}[0-9])|(?<=[0-9])(?=[{_UPPER}{_LOWER}]{{3}}))"
)
_PIECE = re.compile(rf"[0-9]+|[{_UPPER}]+(?![^{_UPPER}0-9])|[{_UPPER}]?[^{_UPPER}0-9]+")
# What may stand between the words of a name, of which one has a seam: "Hina AmeenAlso", "hina.ameen1975".
_BETWEEN = frozenset(" _-.\n")
# Words on either side that are read with one that has a seam.
_NEIGHBOURS = 3
# Stands between words that are not read together; no name holds it.
_APART = "\n"


def unglued(text: str, plain: Words) -> Words | None:
    """Return the words that have seams, cut there, with their neighbours; `None` when there are none.

    Args:
        text: The original text.
        plain: Its canonical words.
    """
    places = (bisect_right(plain.starts, seam.start()) - 1 for seam in _SEAM.finditer(text))
    seamed = {index for index in places if index >= 0}
    if not seamed:
        return None
    words: list[tuple[str, int, int]] = []
    before = -1
    for index in sorted({near for seam in seamed for near in _run_around(text, plain, seam)}):
        start, end = plain.starts[index], plain.ends[index]
        if words and (index > before + 1 or not _joined(text, plain, before)):
            words.append((_APART, *words[-1][1:]))
        words += _pieces(text, start, end) if index in seamed else [(plain.words[index], start, end)]
        before = index
    return Words.at([word for word, _, _ in words], [start for _, start, _ in words], [end for _, _, end in words])


def is_glued(words: Words, first: int, last: int) -> bool:
    """Whether one of the words `first` to `last`, both included, was cut out of a longer one."""
    gaps = range(max(0, first - 1), min(last + 1, len(words) - 1))
    return any(words.ends[index] == words.starts[index + 1] for index in gaps)


def is_one_word(words: Words, first: int, last: int) -> bool:
    """Whether the words `first` to `last`, both included, were all cut out of the same."""
    return all(words.ends[index] == words.starts[index + 1] for index in range(first, last))


def _pieces(text: str, start: int, end: int) -> Iterator[tuple[str, int, int]]:
    for piece in _PIECE.finditer(text, start, end):
        if word := "".join(canonical(piece.group()).words):
            yield word, piece.start(), piece.end()


def _run_around(text: str, plain: Words, index: int) -> Iterator[int]:
    """Yield the places of a word and of those around it that it may make a name with."""
    yield index
    for step in (-1, 1):
        for near in range(index + step, index + step * (_NEIGHBOURS + 1), step):
            if not 0 <= near < len(plain) or not _joined(text, plain, min(near, near - step)):
                break
            yield near


def _joined(text: str, plain: Words, index: int) -> bool:
    """Whether a word and the next one may belong to one name."""
    return text[plain.ends[index] : plain.starts[index + 1]] in _BETWEEN
