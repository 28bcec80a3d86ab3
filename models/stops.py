"""Where a model's answer ends, and what of an unfinished one is certain."""

from collections.abc import Sequence
from typing import NamedTuple


class Ending(NamedTuple):
    """An answer's text, and whether a stop sequence ended it."""

    text: str
    stopped: bool


def finished(text: str, stop: Sequence[str]) -> Ending:
    """Return an answer up to the first stop sequence, without the space around it.

    What stands before a stop sequence ends as it was written, spaces too.
    """
    ends = [text.index(mark) for mark in stop if mark in text]
    return Ending(text[: min(ends)].lstrip(), True) if ends else Ending(text.strip(), False)


def settled(text: str, stop: Sequence[str]) -> str:
    """Return the beginning of an answer that stays as it is, whatever follows `text`.

    Held back are the space at the end and what may be the beginning of a stop sequence.
    """
    starts = (text.find(mark) if mark in text else len(text) - _begun(text, mark) for mark in stop)
    return text[: min(starts, default=None)].strip()


def _begun(text: str, mark: str) -> int:
    """Return how many characters of a stop sequence, at most all but its last, stand at the end of the text."""
    lengths = range(min(len(mark) - 1, len(text)), 0, -1)
    return next((length for length in lengths if text.endswith(mark[:length])), 0)
