"""Findings made of evidence: what they say, and what they keep to themselves."""

from ..detection.canonical import Span
from ..detection.evidence import Sighting
from ..detection.fingerprints import MarkHit
from ..detection.scope import Judgement
from ..schema import Finding, Policy, Target, Where

ALIAS_THRESHOLD = 1.0

OF_NAMES = frozenset({"alias", "fuzzy"})
"""The layers that find names."""

NEARER = "nearer to what must go than to what stays"
"""Evidence of a sentence that was judged between two memories."""

REPEATS = "repeats a document"
"""Evidence of a sentence on a target of which nothing is said to stay."""

ANSWERS = "answers a question on it"
"""Evidence of a sentence in which nothing is recognised but that it is an answer."""

SAID = "an agent's model says so"
"""Evidence of what only a model found."""

UNCLEARED = "no usable answer of an agent's model"
"""Evidence where the rules were uncertain, and so it stays."""


def stands(finding: Finding, target: Target, policy: Policy) -> bool:
    """Whether a finding counts: a certain one always, an uncertain one by the target's own side or the policy's."""
    return finding.certain or (target.policy or policy).prefer == "forget"


def of_name(target_id: str, sighting: Sighting, where: Where, fuzzy_threshold: float) -> Finding:
    """Make the finding of a name; only a whole name, written out or encoded, is certain."""
    return Finding(
        target=target_id,
        start=sighting.start,
        end=sighting.end,
        where=where,
        layer=sighting.layer,
        score=round(sighting.score, 3),
        threshold=fuzzy_threshold if sighting.layer == "fuzzy" else ALIAS_THRESHOLD,
        certain=sighting.strength == "full",
        evidence=f"{sighting.strength} name{', encoded' if sighting.disguised else ''}",
    )


def of_mark(hit: MarkHit, where: Where, weight: float, threshold: float) -> Finding:
    """Make the finding of a mark; its score is the weight of all marks that were counted with it."""
    return Finding(
        target=hit.target,
        start=hit.start,
        end=hit.end,
        where=where,
        layer="fingerprint",
        score=round(weight, 3),
        threshold=threshold,
        evidence=hit.kind,
    )


def of_meaning(target_id: str, start: int, end: int, weight: float, threshold: float) -> Finding:
    """Make the finding of a sentence that says, with its question, what a document says."""
    return Finding(
        target=target_id,
        start=start,
        end=end,
        where="draft",
        layer="meaning",
        score=round(weight, 3),
        threshold=threshold,
        evidence="likeness to a document, and what was asked",
    )


def of_scope(target_id: str, span: Span, score: float, judgement: Judgement) -> Finding:
    """Make the finding of a sentence that tells what must go of a subject of whom other things may be told."""
    return Finding(
        target=target_id,
        start=span.start,
        end=span.end,
        where="draft",
        layer="meaning",
        score=round(score, 3),
        threshold=round(judgement.threshold, 3),
        evidence=NEARER if judgement.contrasts else REPEATS,
    )


def of_topic(target_id: str, length: int, where: Where, score: float, threshold: float) -> Finding:
    """Make the finding of a topic, which covers a text of this length as a whole."""
    return Finding(
        target=target_id,
        start=0,
        end=length,
        where=where,
        layer="topic",
        score=round(score, 3),
        threshold=round(threshold, 3),
        evidence="probe on wording and meaning",
    )


def of_agent(target_id: str, start: int, end: int, where: Where, evidence: str = SAID) -> Finding:
    """Make the finding of an agent's model, which is never certain."""
    return Finding(
        target=target_id,
        start=start,
        end=end,
        where=where,
        layer="agent",
        score=ALIAS_THRESHOLD,
        threshold=ALIAS_THRESHOLD,
        evidence=evidence,
    )


def of_subject(target_id: str, start: int, end: int, named: Finding | None = None) -> Finding:
    """Make the finding of a sentence that speaks on of a target, as certain as the name that it follows."""
    return Finding(
        target=target_id,
        start=start,
        end=end,
        where="draft",
        layer="subject",
        score=named.score if named else ALIAS_THRESHOLD,
        threshold=named.threshold if named else ALIAS_THRESHOLD,
        certain=named.certain if named else False,
        evidence="speaks on of the subject",
    )


def of_answer(target_id: str, span: Span) -> Finding:
    """Make the finding of a sentence that answers a question on a target, whatever it says."""
    return of_subject(target_id, span.start, span.end).model_copy(update={"evidence": ANSWERS})
