"""The auditor: what a draft discloses, span by span."""

from bisect import bisect_left
from collections.abc import Callable
from functools import cache

from ..detection.detector import Detector
from ..detection.evidence import Evidence
from ..detection.meaning import MOST, Likeness
from ..detection.sentences import people, refers_back, sentences
from ..schema import Finding, Policy
from .vetter import PARTS_UP_TO, Vetting, name_finding

DISCLOSES = 2.3
"""Weight of new marks from which on a draft discloses a target that nobody asked for."""

DISCLOSES_ACTIVE = 0.8
"""The same for a target that the conversation is about."""


PART_ALONE = 0.5
"""Distinctiveness from which on a given or family name in a draft counts without having been asked for."""


_SENTENCES = 8


class Auditor:
    """Looks for disclosure in a draft, by rules; also when the vetter was sure.

    Args:
        detector: The layers of detection.
        policy: Limits and sides.
    """

    def __init__(self, detector: Detector, policy: Policy) -> None:
        self._detector = detector
        self._policy = policy

    def audit(self, draft: str, vetting: Vetting) -> list[Finding]:
        """Return what a draft discloses, in the order of the text.

        Args:
            draft: The wrapped model's answer, or a rewritten one.
            vetting: What the vetter found in the conversation.
        """
        findings: list[Finding] = []
        likeness = cache(lambda: self._likeness(draft))
        others = cache(lambda: bool(people(draft)))
        for target_id, evidence in self._detector.scan(draft).items():
            active = target_id in vetting.active
            names = self._names(target_id, evidence, draft, active=active)
            marks = self._marks(target_id, evidence, vetting, likeness, others)
            findings += [*names, *marks, *self._carried(draft, names)]
        return sorted((f for f in findings if self._counts(f)), key=lambda finding: (finding.start, finding.end))

    def _names(self, target_id: str, evidence: Evidence, draft: str, *, active: bool) -> list[Finding]:
        """Return the target's names, where its scope is everything; parts of it only when it is asked for."""
        if self._detector.target(target_id).scope != "everything":
            return []
        sightings = [s for s in evidence.names if s.strength != "common" or s.as_name or active]
        if not evidence.names and len(self._detector) <= PARTS_UP_TO:
            sightings += [s for s in evidence.parts if s.as_name and (active or s.score >= PART_ALONE)]
        findings = [name_finding(target_id, s, "draft", self._detector.fuzzy_threshold) for s in sightings]
        if any(sighting.disguised for sighting in sightings):
            # Where an encoded piece begins and ends in the draft says little: all of it goes.
            return [finding.model_copy(update={"start": 0, "end": len(draft)}) for finding in findings]
        return findings

    def _marks(
        self,
        target_id: str,
        evidence: Evidence,
        vetting: Vetting,
        likeness: Callable[[], list[Likeness]],
        others: Callable[[], bool],
    ) -> list[Finding]:
        """Return marks that the user did not write, where together they weigh enough.

        Meaning adds to their weight; it is asked only where it can make the difference. Where somebody else is named,
        only a mark that identifies by itself counts.
        """
        active = target_id in vetting.active
        threshold = DISCLOSES_ACTIVE if active else DISCLOSES
        weight = evidence.weight(vetting.marks)
        if weight <= max(threshold - MOST, 0) or not (active or evidence.has_hard_mark(vetting.marks) or not others()):
            return []
        if weight < threshold:
            weight += max((like.bonus(target_id) for like in likeness()), default=0.0)
        if weight < threshold:
            return []
        return [
            Finding(
                target=target_id,
                start=hit.start,
                end=hit.end,
                where="draft",
                layer="fingerprint",
                score=round(weight, 3),
                threshold=threshold,
                evidence=hit.kind,
            )
            for hit in evidence.marks
            if hit.key not in vetting.marks
        ]

    def _likeness(self, draft: str) -> list[Likeness]:
        pieces = [draft[span.start : span.end] for span in sentences(draft)]
        return self._detector.likeness(pieces[:_SENTENCES], self._policy.candidates)

    def _carried(self, draft: str, names: list[Finding]) -> list[Finding]:
        """Return the sentences that speak on of somebody named before ("She was born …")."""
        carried: list[Finding] = []
        named: Finding | None = None
        ordered = sorted(names, key=lambda finding: finding.start)
        for span in sentences(draft) if names else ():
            first, last = (bisect_left(ordered, at, key=lambda finding: finding.start) for at in (span.start, span.end))
            text = draft[span.start : span.end]
            if first < last:
                named = ordered[first]
            elif named and refers_back(text) and not people(text):
                update = {
                    "start": span.start,
                    "end": span.end,
                    "layer": "subject",
                    "evidence": "speaks on of the subject",
                }
                carried.append(named.model_copy(update=update))
            else:
                named = None
        return carried

    def _counts(self, finding: Finding) -> bool:
        """Whether a finding stands: a certain one always, an uncertain one by the side of the policy."""
        target = self._detector.target(finding.target)
        return finding.certain or (target.policy or self._policy).prefer == "forget"
