"""What a model's word may clear: never a certain finding, and no other by its word alone."""

from collections.abc import Collection, Sequence

from rapidfuzz.distance import OSA

from ...detection.canonical import Span, canonical
from ...detection.rarity import RARE, STOP_WORDS, zipf
from ...detection.sentences import people, sentences
from ...schema import Finding, Target

_SHARED = frozenset({"word", "name"})
# The likeness from which on a word of a longer name may be the target's own with typing errors.
_MISSPELT = 0.5


def is_shared(finding: Finding) -> bool:
    """Whether a finding is of a mark that others may share; a date, a title, an address or a number is none."""
    return finding.evidence in _SHARED


def clearable(target: Target, findings: Sequence[Finding], text: str) -> bool:
    """Whether there is a word of a model's that clears all that was found of a target in a text.

    A name can be cleared where it is part of a longer one, which the rules see and which holds a word that is none of
    the target's; likeness and shared words always; nothing that is certain, and no date, title, address or number.

    Args:
        target: The target.
        findings: What was found of it there.
        text: The text: the ask or the draft.
    """
    return _borne_out(findings, _longer_names(target, text))


def clears(relation: str, meant: str, target: Target, findings: Sequence[Finding], text: str) -> bool:
    """Whether a model's word clears all that was found of a target in a text.

    Args:
        relation: What the model says: `namesake` or `unrelated`; by any other word nothing is cleared.
        meant: The longer name of a namesake, as it stands in the text.
        target: The target.
        findings: What was found of it there.
        text: The text: the ask or the draft.
    """
    quoted = canonical(meant).words if relation == "namesake" else []
    names = [name for name in _longer_names(target, text) if _words(text, name) == quoted]
    return relation in {"namesake", "unrelated"} and _borne_out(findings, names)


def _borne_out(findings: Sequence[Finding], names: Sequence[Span]) -> bool:
    return all(not finding.certain and _is_other(finding, names) for finding in findings)


def _is_other(finding: Finding, names: Sequence[Span]) -> bool:
    """Whether a finding can be of somebody or something else, of these names or without a name."""
    match finding.layer:
        case "subject":
            return bool(names)
        case "alias" | "fuzzy":
            return any(name.start <= finding.start and finding.end <= name.end for name in names)
        case "fingerprint":
            return is_shared(finding)
        case layer:
            return layer == "meaning"


def _longer_names(target: Target, text: str) -> list[Span]:
    """Return what is written as a name in a text and is not the target's."""
    own = {word for name in (target.name, *target.aliases) for word in canonical(name).words}
    opens = {span.start for span in sentences(text)}
    return [span for span in people(text) if any(_is_foreign(word, own) for word in _names(text, span, opens))]


def _words(text: str, span: Span) -> list[str]:
    return canonical(text[span.start : span.end]).words


def _names(text: str, span: Span, opens: Collection[int]) -> list[str]:
    """Return the words of a name; a common word that a sentence opens with, as in "Describe Ann Orr", is none."""
    words = _words(text, span)
    return words[1:] if span.start in opens and zipf(words[0]) >= RARE else words


def _is_foreign(word: str, own: Collection[str]) -> bool:
    """Whether a word is none of a name's, misspelt."""
    return word not in STOP_WORDS and all(OSA.normalized_similarity(word, other) < _MISSPELT for other in own)
