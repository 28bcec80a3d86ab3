"""The auditor: what a draft discloses, span by span."""

from ..detection.detector import Detector
from ..detection.evidence import Evidence, Scan, Sighting
from ..detection.growth import Growth
from ..detection.topics import TopicHit
from ..schema import Finding, Policy, Target
from .findings import of_name, of_topic, stands
from .reading import Memo, Reading
from .scoped import ScopeAuditor
from .subjects import carried
from .vetting import Vetting
from .weighing import PARTS_UP_TO, Scales


class Auditor:
    """Looks for disclosure in a draft, by rules; also when the vetter was sure.

    Args:
        detector: The layers of detection.
        policy: Limits and sides.
        wary: Whether marks count also where somebody else is named, or something else told, beside them.
    """

    def __init__(self, detector: Detector, policy: Policy, *, wary: bool = False) -> None:
        self._detector = detector
        self._policy = policy
        self._scope = ScopeAuditor(detector, policy)
        self._scales = Scales(detector, policy, wary=wary)

    def audit(
        self, draft: str, vetting: Vetting, memo: Memo | None = None, growth: Growth | None = None
    ) -> list[Finding]:
        """Return what a draft discloses, in the order of the text.

        Args:
            draft: The wrapped model's answer as far as it is known, or a rewritten one.
            vetting: What the vetter found in the conversation.
            memo: What earlier audits of the same exchange worked out, and where this one leaves what it does.
            growth: What earlier audits found in the beginning of the same draft.
        """
        targets = self._detector.targets
        memo = memo or Memo()
        scan, topics = self._search(draft, memo, growth)
        for target_id, parties in self._detector.completed(vetting.ask, draft).items():
            scan.setdefault(target_id, Evidence()).names.extend(parties)
        reading = Reading(draft, memo)
        findings = [of_topic(topic.target, len(draft), "draft", topic.score, topic.threshold) for topic in topics]
        decided: list[Finding] = []
        concerned = dict.fromkeys([*scan, *sorted(vetting.active), *vetting.hints])
        for target in (targets[target_id] for target_id in concerned if target_id in targets):
            evidence = scan.get(target.id, Evidence())
            names = self._names(target, evidence, reading, vetting)
            marks = self._scales.weigh(target, evidence, vetting, reading)
            if target.id in vetting.active or evidence.counted:
                told, marks = self._scope.weigh(target, evidence, marks, vetting, reading)
                decided += told
            findings += [*names, *marks, *self._carried(target, evidence, reading, names, vetting)]
        standing = [f for f in findings if f.target in targets and stands(f, targets[f.target], self._policy)]
        return sorted([*standing, *decided], key=lambda finding: (finding.start, finding.end))

    def _search(self, draft: str, memo: Memo, growth: Growth | None) -> tuple[Scan, list[TopicHit]]:
        """Return what the layers find in a draft; in a whole one they look once."""
        if growth:
            unread = growth.unread(draft)
            return self._detector.scan(draft, growth), self._detector.topics(draft[unread:])
        if draft not in memo.searched:
            memo.searched[draft] = self._detector.scan(draft), self._detector.topics(draft)
        scan, topics = memo.searched[draft]
        # Who takes the evidence may add to it.
        return {target_id: evidence.copy() for target_id, evidence in scan.items()}, topics

    def asked_for(self, target_id: str, vetting: Vetting) -> bool:
        """Whether the ask is for what must go of a target, so that there is nothing to be kept of an answer."""
        target = self._detector.targets.get(target_id)
        return target_id in vetting.active and (target is None or self._scope.asked_for(target, vetting))

    def _names(self, target: Target, evidence: Evidence, reading: Reading, vetting: Vetting) -> list[Finding]:
        """Return the target's names, where its scope is everything; parts of it only when they tell it apart."""
        if target.scope != "everything":
            return []
        active = target.id in vetting.active
        sightings = list(evidence.names) if active else evidence.counted
        sightings = sightings or self._parts(target, evidence, reading, vetting)
        sightings = sorted(sightings, key=lambda sighting: sighting.start)
        findings = [of_name(target.id, s, "draft", self._detector.fuzzy_threshold) for s in sightings]
        if any(sighting.disguised for sighting in sightings):
            # Where an encoded piece begins and ends in the draft says little: all of it goes.
            return [finding.model_copy(update={"start": 0, "end": len(reading.draft)}) for finding in findings]
        return findings

    def _parts(self, target: Target, evidence: Evidence, reading: Reading, vetting: Vetting) -> list[Sighting]:
        """Return parts of a name that may stand for the whole; of a target with documents they are but a hint."""
        active = target.id in vetting.active
        if target.documents or not (active or len(self._detector) <= PARTS_UP_TO):
            return []
        parts = [part for part in evidence.parts if part.as_name and part.strength == "part"]
        if active:
            return parts
        # Who was asked about by a longer name is spoken of by a part of it.
        telling = [part for part in parts if part.score >= self._policy.thresholds.part_alone]
        return [part for part in telling if not reading.words(part) <= vetting.others]

    def _carried(
        self, target: Target, evidence: Evidence, reading: Reading, names: list[Finding], vetting: Vetting
    ) -> list[Finding]:
        """Return the sentences that speak on of a target which the conversation or the draft names."""
        spoken_of = bool(names) or target.id in vetting.active
        if not spoken_of or target.scope != "everything" or not self._detector.has("subject"):
            return []
        asked = any(found.target == target.id and found.where == "prompt" for found in vetting.findings)
        opens = asked or (vetting.goes_on and not vetting.others)
        return carried(target, reading, names, evidence.others_in(reading.people), opens=opens)
