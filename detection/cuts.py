"""Where a text can be cut so that no name or mark is cut, also none of which only the beginning is known."""

from collections.abc import Sequence
from typing import Protocol

from .canonical import Words, canonical

# How far around a cut a text is read.
_CHARACTERS = 400
# Words of the longest name that is waited for, and letters or digits of what is spelled out.
_WORDS = 12
_SPELLED = 40


class Lexicon(Protocol):
    """Anything that is searched for by its words."""

    def begins(self, words: Sequence[str], *, whole: bool) -> bool:
        """Whether an entry begins with these words; the last one may go on, unless it is whole."""

    def holds(self, words: Sequence[str]) -> bool:
        """Whether these words are an entry."""


def uncut(text: str, cut: int, *lexica: Lexicon) -> int:
    """Return the last place up to a cut that cuts nothing.

    What stands on both sides of the cut may be an entry, or the beginning of one when it reaches to the end of the
    text; and single letters or numbers on both sides may be something spelled out.

    Args:
        text: A text of which more is to come.
        cut: The index of the first character that is to be cut off.
        lexica: What is searched for.

    Returns:
        The cut, or the index of the first character of what it would cut.
    """
    offset = max(0, cut - _CHARACTERS)
    words = canonical(text[offset : cut + _CHARACTERS])
    before = sum(end + offset <= cut for end in words.ends)
    # Where the text goes on past what is read, and where its last word is whole, nothing can be added to that.
    known = len(text) > cut + _CHARACTERS or not text[-1:].isalnum()
    starts = range(max(0, before - _WORDS), before)
    named = (start for start in starts if any(_straddles(words, start, before, known, own) for own in lexica))
    start = min(_spelled(words, before), next(named, before))
    return offset + words.starts[start] if start < before else cut


def _straddles(words: Words, start: int, before: int, known: bool, lexicon: Lexicon) -> bool:
    """Whether an entry begins at the word `start` and reaches past the words before the cut, as far as is known."""
    for end in range(before, len(words) + 1):
        last = end == len(words)
        entry = words.words[start:end]
        if not lexicon.begins(entry, whole=known or not last):
            return False
        if last or (end > before and lexicon.holds(entry)):
            return True
    return False


def _spelled(words: Words, before: int) -> int:
    """Return where a run of single letters and numbers begins that goes on past the cut; `before` when none does.

    Of a long run the end is enough: what is spelled in it is found as soon as it is whole.
    """
    if before < len(words) and not _is_piece(words.words[before]):
        return before
    first, letters = before, 0
    while first > 0 and _is_piece(words.words[first - 1]) and letters < _SPELLED:
        first -= 1
        letters += len(words.words[first])
    return first


def _is_piece(word: str) -> bool:
    return len(word) == 1 or word.isdigit()
