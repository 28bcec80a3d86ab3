"""What a text that a model wrote may hold: words that stay, and those that carry no content."""

from ...detection.canonical import canonical
from ...detection.rarity import STOP_WORDS

# What joins words that stay, beside the words without content.
_JOINING = frozenset(
    """
    according across along already although among another anyone around away back became become besides cannot
    else especially even ever every everyone example finally furthermore hence however including indeed instead
    later least less like likewise made make many may meanwhile might moreover much must namely near nearly
    neither never nevertheless next none nothing often others otherwise part perhaps quite rather several shall
    similarly since someone something sometimes soon still therefore though throughout thus together toward
    towards unless upon usually various well whatever whenever whereas whether within without yet
    """.split()  # noqa: SIM905 - a hundred quoted words would be unreadable
)
_FREE = STOP_WORDS | _JOINING
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ ,.;:!?'\"()-\n")
_SIGNS = 3


def is_clean(text: str, draft: str, kept: str, ask: str) -> bool:
    """Whether a text written by a model holds nothing but what stays of a draft, put together anew.

    Its words are those of what is kept, those of the question that what is left out does not hold, and words without
    content; its signs are plain ones or stand in the same. It makes a rewriter harmless that echoes, spells out,
    encodes or describes what it read. What it may still do is to say something false in words that stay.

    Args:
        text: The text.
        draft: What it was made from.
        kept: What the rules leave of the draft; empty when that is nothing.
        ask: What was asked.
    """
    stays = _words(kept)
    gone = _words(draft) - stays
    if len(text) > 2 * len(draft) or _has_patterns(text, kept):
        return False
    plain = set(text) <= _PLAIN | set(kept) | set(ask)
    return plain and _words(text) <= stays | (_words(ask) - gone) | _FREE


def _has_patterns(text: str, kept: str) -> bool:
    """Whether signs and blanks stand in rows, or lines are broken, where nothing that is kept has them."""
    rows = [sign * _SIGNS for sign in set(text) if not sign.isalnum()]
    return any(row in text and row not in kept for row in rows) or text.count("\n") > kept.count("\n")


def _words(text: str) -> set[str]:
    return set(canonical(text).words)
