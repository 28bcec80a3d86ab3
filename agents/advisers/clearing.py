"""What a model's word may clear: never a certain finding, and no other by its word alone."""

from collections.abc import Collection, Sequence

from rapidfuzz.distance import OSA

from ...detection.canonical import Span, canonical
from ...detection.rarity import STOP_WORDS
from ...schema import Finding, Target
from .quotes import places

_NAMES = frozenset({"alias", "fuzzy"})
# Told by its meaning or its wording, which a near subject shares.
_LIKENESSES = frozenset({"meaning", "topic"})
# Marks that others share; a date, an address or a number is not among them.
_SHARED = frozenset({"word", "name", "title"})
# The likeness from which on a word of a longer name may be the target's own with typing errors.
_MISSPELT = 0.5


def clears(relation: str, meant: str, target: Target, findings: Sequence[Finding], text: str) -> bool:
    """Whether a model's word clears all that was found of a target in a text.

    A name is cleared where it is part of a longer one, which the model quotes and which holds a capitalised word that
    is none of the target's; likeness and shared words by either word; everything else stands.

    Args:
        relation: What the model says: `namesake` or `unrelated`; by any other word nothing is cleared.
        meant: The longer name that it quotes; empty when it quotes none.
        target: The target.
        findings: What was found of it there.
        text: The text: the ask or the draft.
    """
    if relation not in {"namesake", "unrelated"}:
        return False
    names = _longer_names(meant, target, text) if relation == "namesake" else []
    return all(not finding.certain and _cleared(finding, names) for finding in findings)


def _cleared(finding: Finding, names: Sequence[Span]) -> bool:
    if finding.layer in _NAMES:
        return any(name.start <= finding.start and finding.end <= name.end for name in names)
    if finding.layer == "subject":
        return bool(names)
    return finding.layer in _LIKENESSES or (finding.layer == "fingerprint" and finding.evidence in _SHARED)


def _longer_names(meant: str, target: Target, text: str) -> list[Span]:
    """Return where a quoted name stands that is not the target's."""
    own = {word for name in (target.name, *target.aliases) for word in canonical(name).words}
    found = []
    for place in places(text, meant):
        quoted = text[place.start : place.end]
        capitals = {canonical(word).joined.strip() for word in quoted.split() if word[:1].isupper()}
        foreign = capitals - STOP_WORDS - own
        if len(capitals) > 1 and any(_is_foreign(word, own) for word in foreign):
            found.append(place)
    return found


def _is_foreign(word: str, own: Collection[str]) -> bool:
    """Whether a word is none of a name's, misspelt."""
    return all(OSA.normalized_similarity(word, other) < _MISSPELT for other in own)
