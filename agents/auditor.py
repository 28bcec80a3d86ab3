"""The auditor: what a draft discloses, span by span."""

from ..detection.detector import Detector
from ..detection.evidence import Evidence, Sighting
from ..schema import Finding, Policy
from .findings import of_name, of_topic, stands
from .reading import Reading
from .scoped import ScopeAuditor
from .subjects import carried
from .vetting import Vetting
from .weighing import PARTS_UP_TO, Scales


class Auditor:
    """Looks for disclosure in a draft, by rules; also when the vetter was sure.

    Args:
        detector: The layers of detection.
        policy: Limits and sides.
    """

    def __init__(self, detector: Detector, policy: Policy) -> None:
        self._detector = detector
        self._policy = policy
        self._scope = ScopeAuditor(detector, policy)
        self._scales = Scales(detector, policy)

    def audit(self, draft: str, vetting: Vetting) -> list[Finding]:
        """Return what a draft discloses, in the order of the text.

        Args:
            draft: The wrapped model's answer, or a rewritten one.
            vetting: What the vetter found in the conversation.
        """
        scan = self._detector.scan(draft)
        for target_id, parties in self._detector.completed(vetting.ask, draft).items():
            scan.setdefault(target_id, Evidence()).names.extend(parties)
        reading = Reading(draft)
        findings = [of_topic(t.target, len(draft), "draft", t.score, t.threshold) for t in self._detector.topics(draft)]
        decided: list[Finding] = []
        concerned = dict.fromkeys([*scan, *sorted(vetting.active), *vetting.hints])
        for target_id in filter(self._detector.enforces, concerned):
            evidence = scan.get(target_id, Evidence())
            names = self._names(target_id, evidence, reading, vetting)
            marks = self._scales.weigh(target_id, evidence, vetting, reading)
            if target_id in vetting.active or evidence.counted:
                told, marks = self._scope.weigh(target_id, evidence, marks, vetting, reading)
                decided += told
            findings += [*names, *marks, *self._carried(target_id, evidence, reading, names, vetting)]
        standing = [f for f in findings if stands(f, self._detector.target(f.target), self._policy)]
        return sorted([*standing, *decided], key=lambda finding: (finding.start, finding.end))

    def asked_for(self, target_id: str, vetting: Vetting) -> bool:
        """Whether the ask is for what must go of a target, so that there is nothing to be kept of an answer."""
        return target_id in vetting.active and self._scope.asked_for(target_id, vetting)

    def _names(self, target_id: str, evidence: Evidence, reading: Reading, vetting: Vetting) -> list[Finding]:
        """Return the target's names, where its scope is everything; parts of it only when they tell it apart."""
        if self._detector.target(target_id).scope != "everything":
            return []
        active = target_id in vetting.active
        sightings = list(evidence.names) if active else evidence.counted
        sightings = sightings or self._parts(target_id, evidence, reading, vetting)
        sightings = sorted(sightings, key=lambda sighting: sighting.start)
        findings = [of_name(target_id, s, "draft", self._detector.fuzzy_threshold) for s in sightings]
        if any(sighting.disguised for sighting in sightings):
            # Where an encoded piece begins and ends in the draft says little: all of it goes.
            return [finding.model_copy(update={"start": 0, "end": len(reading.draft)}) for finding in findings]
        return findings

    def _parts(self, target_id: str, evidence: Evidence, reading: Reading, vetting: Vetting) -> list[Sighting]:
        """Return parts of a name that may stand for the whole; of a target with documents they are but a hint."""
        active = target_id in vetting.active
        if self._detector.knows(target_id) or not (active or len(self._detector) <= PARTS_UP_TO):
            return []
        parts = [part for part in evidence.parts if part.as_name and part.strength == "part"]
        if active:
            return parts
        # Who was asked about by a longer name is spoken of by a part of it.
        telling = [part for part in parts if part.score >= self._policy.thresholds.part_alone]
        return [part for part in telling if not reading.words(part) <= vetting.others]

    def _carried(
        self, target_id: str, evidence: Evidence, reading: Reading, names: list[Finding], vetting: Vetting
    ) -> list[Finding]:
        """Return the sentences that speak on of a target which the conversation or the draft names."""
        target = self._detector.target(target_id)
        spoken_of = bool(names) or target_id in vetting.active
        if not spoken_of or target.scope != "everything" or not self._detector.has("subject"):
            return []
        asked = any(found.target == target_id and found.where == "prompt" for found in vetting.findings)
        opens = asked or (vetting.goes_on and not vetting.others)
        return carried(target, reading, names, evidence.others_in(reading.people), opens=opens)
