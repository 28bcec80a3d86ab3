"""Layer 1, leetspeak: digits and signs in the place of letters, as in "H1n4 @meen"."""

import re
from bisect import bisect_left
from collections.abc import Iterator

from .canonical import Span, Words, canonical

_SIGNS = "013457890@$!|+"
# 1 and ! stand for an i as well as for an l.
_ALPHABETS = (str.maketrans(_SIGNS, "oieastbgoasilt"), str.maketrans(_SIGNS, "oleastbgoasllt"))
# Patterns that open with the sign itself: `re` then skips to the signs of a text, and does not try each letter.
_TRACE = re.compile(
    r"[0134578@$!|+](?:(?<=[A-Za-z][0134578])|(?<=[A-Za-z].)[0134578@$!|+]{0,3}[A-Za-z]"
    r"|(?<=\b[0134578@$])[0134578@$]{0,3}[A-Za-z])"
)
_SIGN_AT_LETTER = re.compile(rf"[{_SIGNS}](?:(?<=[A-Za-z].)|(?=[A-Za-z]))\S*")
# Words on either side of a sign that are read with it: the others of a name, or of a title.
_NEIGHBOURS = 12


def unleet(text: str, plain: Words) -> Iterator[Words]:
    """Yield other readings of the words that have signs among their letters, with their neighbours.

    Args:
        text: The original text.
        plain: Its canonical words.
    """
    if not _TRACE.search(text):
        return
    for window in _windows(text, plain):
        for alphabet in _ALPHABETS:
            words = canonical(text[window.start : window.end].translate(alphabet))
            starts, ends = ([window.start + place for place in places] for places in (words.starts, words.ends))
            yield Words.at(words.words, starts, ends)


def _windows(text: str, plain: Words) -> list[Span]:
    """Return where words with signs and their neighbours stand; those that touch are one."""
    windows: list[Span] = []
    for sign in _SIGN_AT_LETTER.finditer(text):
        before = bisect_left(plain.ends, sign.start()) - _NEIGHBOURS - 1
        after = bisect_left(plain.starts, sign.end()) + _NEIGHBOURS
        start = plain.ends[before] if before >= 0 else 0
        end = plain.starts[after] if after < len(plain) else len(text)
        if windows and start <= windows[-1].end:
            start = windows.pop().start
        windows.append(Span(start, end))
    return windows
