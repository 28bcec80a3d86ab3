"""The passages of a target's texts: what is embedded, one vector each."""

import re
from collections.abc import Iterator, Sequence

from ..schema import Target

_END = re.compile(r"(?<=[.!?;])[\"'”’)\]]*\s+|\n+\s*|(?<=[。！？])")  # noqa: RUF001
_WORDS = 40
_LONGEST = 80


def forget_passages(target: Target) -> list[str]:
    """Return the passages of what must go."""
    return [passage for text in target.documents for passage in passages(text)]


def keep_passages(target: Target) -> list[str]:
    """Return the passages of what stays."""
    return [passage for text in target.keep for passage in passages(text)]


def passages(text: str) -> list[str]:
    """Cut a text into stretches of two sentences or so, the second of each the first of the next.

    A question is about a sentence, not about a page: the vector of a long text is near to nothing in particular. A
    text of up to 40 words stays whole; a sentence of more than 80 is cut.
    """
    if len(text.split()) <= _WORDS:
        return [text]
    return list(_overlapping(list(_pieces(text))))


def _pieces(text: str) -> Iterator[str]:
    for sentence in _END.split(text):
        words = sentence.split()
        for start in range(0, len(words), _LONGEST):
            yield " ".join(words[start : start + _LONGEST])


def _overlapping(pieces: Sequence[str]) -> Iterator[str]:
    """Yield pairs of neighbours; very short pieces are drawn in until a stretch says something."""
    start = 0
    while start < len(pieces):
        end, length = start, 0
        while end < len(pieces) and (end - start < 2 or length < _WORDS // 3):
            length += len(pieces[end].split())
            end += 1
        yield " ".join(pieces[start:end])
        if end == len(pieces):
            return
        start = max(start + 1, end - 1)
