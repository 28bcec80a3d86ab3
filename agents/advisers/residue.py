"""What a rewritten text may not hold: what was to go, and what was never there."""

import re

from ...detection.canonical import canonical
from ...detection.rarity import RARE, STOP_WORDS, zipf

# A capital that no beginning of a sentence explains.
_CAPITALISED = re.compile(r"(?<=[\w,;])\s+([^\W\d_a-z]\S*)")


def is_clean(text: str, draft: str, kept: str, ask: str) -> bool:
    """Whether a text written by a model holds nothing of what was to go, and no fact of its own.

    Of the draft's content words only those are allowed that what is kept of it, or the question, holds too; other
    words only when they are common ones, without digits, and not written as names. It is what makes a rewriter that
    echoes, spells out, or encodes what it read harmless.

    Args:
        text: The text.
        draft: What it was made from.
        kept: What the rules leave of the draft; empty when that is nothing.
        ask: What was asked.
    """
    allowed = _words(kept) | _words(ask) | STOP_WORDS
    new = _words(text) - allowed
    gone = _words(draft)
    names = {word for match in _CAPITALISED.finditer(text) for word in canonical(match.group(1)).words}
    return not any(word in gone or word in names or _tells(word) for word in new)


def _tells(word: str) -> bool:
    """Whether a word may stand for something that is not said in plain words."""
    return len(word) == 1 or not word.isalpha() or zipf(word) < RARE


def _words(text: str) -> set[str]:
    return set(canonical(text).words)
