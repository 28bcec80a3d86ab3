"""The auditor's scales: what marks, parts of names and meaning add up to, in ask and draft together."""

from collections.abc import Sequence

from ..detection.canonical import Span
from ..detection.detector import Detector
from ..detection.evidence import Evidence, Sighting
from ..detection.fingerprints import MarkHit
from ..schema import Finding, Policy, Target
from .findings import of_mark, of_meaning
from .reading import Place, Reading, first_in
from .vetting import Vetting

HINTS = 0.15
"""Weight of marks from which on the meaning is looked at: likeness alone decides nothing."""

HINTS_IN_DRAFT = 0.5
"""The same for a draft that follows an ask without any."""

SURE_HINT = 1.4
"""Weight of hints in the ask from which on other dates or numbers do not mean somebody else."""

PART_WEIGHT = 0.8
"""What a part of a name weighs beside documents, for each point of its distinctiveness."""

PART_LEAST = 0.3
"""The distinctiveness that even a common given name has, written where no longer name explains it."""

PARTS_UP_TO = 1_000
"""Targets up to which a less distinctive part counts: in a larger register it is likelier to be somebody else's."""

# Sentences whose meaning is looked at: each costs some milliseconds.
_SENTENCES = 6
_ASK_CHARACTERS = 400


def part_weight(evidence: Evidence) -> float:
    """Return what parts of a name weigh where the whole does not stand."""
    if evidence.counted or not evidence.parts:
        return 0.0
    return PART_WEIGHT * max(PART_LEAST, *(part.score for part in evidence.parts))


class Scales:
    """Weighs what a draft adds to what the user wrote.

    Args:
        detector: The layers of detection.
        policy: Limits and sides.
        wary: Whether evidence counts also where somebody else is named, or something else told, beside it.
    """

    def __init__(self, detector: Detector, policy: Policy, *, wary: bool = False) -> None:
        self._detector = detector
        self._wary = wary
        self._nearest = policy.candidates
        self._thresholds = policy.thresholds

    def weigh(self, target: Target, evidence: Evidence, vetting: Vetting, reading: Reading) -> list[Finding]:
        """Return the marks that the user did not write, and what they mean, where together they weigh enough.

        Where somebody else is named, only a mark that identifies by itself counts.
        """
        active = target.id in vetting.active or bool(evidence.counted)
        threshold = self._thresholds.discloses_asked if active else self._thresholds.discloses
        new = sorted((hit for hit in evidence.marks if hit.key not in vetting.marks), key=lambda hit: hit.start)
        others = [] if self._wary else evidence.others_in(reading.people)
        if others and not active and not evidence.has_hard_mark(vetting.marks):
            return []
        weight = evidence.weight(vetting.marks)
        if weight >= threshold:
            return [of_mark(hit, "draft", weight, threshold) for hit in new]
        if not target.documents:
            return []
        parts = [part for part in evidence.parts if not reading.words(part) <= vetting.others]
        if parts and target.id not in vetting.partly:
            weight += part_weight(evidence)
        return self._jointly(target, new, parts, weight, vetting, reading)

    def _jointly(
        self,
        target: Target,
        new: Sequence[MarkHit],
        parts: Sequence[Sighting],
        weight: float,
        vetting: Vetting,
        reading: Reading,
    ) -> list[Finding]:
        """Return what discloses when the marks of ask and draft and the meaning of both are taken together."""
        hinted = vetting.hints.get(target.id, 0.0) if target.scope == "everything" else 0.0
        others = vetting.others and not self._wary
        if hinted < HINTS and ((weight < HINTS_IN_DRAFT and not parts) or others):
            return []
        partly = bool(parts) or target.id in vetting.partly
        if (partly or hinted < SURE_HINT) and self._tells_of_another(target.id, vetting, reading, partly):
            return []
        threshold = self._thresholds.discloses_jointly
        findings: list[Finding] = []
        for span, bonus in self._likeness(target.id, [*new, *parts], vetting, reading):
            total = hinted + weight + bonus
            if total >= threshold:
                findings += [
                    of_mark(hit, "draft", total, threshold) for hit in new if span.start <= hit.start < span.end
                ]
                findings.append(of_meaning(target.id, span.start, span.end, total, threshold))
        return findings

    def _tells_of_another(self, target_id: str, vetting: Vetting, reading: Reading, partly: bool) -> bool:
        if self._wary:
            return False
        # What stands beside the question may be there to mislead.
        marks = reading.marks_with(vetting.question)
        return self._detector.contradicts(target_id, marks, unfamiliar=partly)

    def _likeness(
        self, target_id: str, places: Sequence[Place], vetting: Vetting, reading: Reading
    ) -> list[tuple[Span, float]]:
        """Return the sentences that hold these places, or the first, and what their likeness after the ask adds."""
        ordered = sorted(places, key=lambda place: place.start)
        held = [span for span in reading.sentences if first_in(ordered, span)] or reading.sentences
        spans = held[:_SENTENCES]
        passages = [f"{vetting.ask[-_ASK_CHARACTERS:]} {reading.text(span)}".strip() for span in spans]
        asked = vetting.likeness.bonus(target_id) if vetting.likeness else 0.0
        found = reading.compared(passages, lambda texts: self._detector.likeness(texts, self._nearest))
        bonuses = [max(asked, like.bonus(target_id)) for like in found] or [asked] * len(spans)
        return list(zip(spans, bonuses, strict=True))
