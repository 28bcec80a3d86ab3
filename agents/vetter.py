"""The vetter: which targets may be asked for."""

from dataclasses import dataclass, field

from ..detection.detector import Detector
from ..detection.evidence import Evidence, Scan, Sighting
from ..detection.meaning import MOST, Likeness
from ..detection.sentences import people, refers_back
from ..schema import Finding, Layer, Policy, Where
from .conversation import Conversation

IDENTIFIES = 1.6
"""Weight of marks from which on a prompt identifies a target without its name."""

PART_ASKED = 0.3
"""Distinctiveness from which on a given or family name in the ask may stand for the whole name."""

PARTS_UP_TO = 1_000
"""Targets up to which a part of a name counts: in a larger register it is likelier to be somebody else's."""

_ALIAS_THRESHOLD = 1.0


@dataclass(frozen=True)
class Vetting:
    """What the vetter made of a conversation.

    Attributes:
        active: Ids of targets that the conversation is about, as far as can be told.
        denied: Ids of targets that cannot but be disclosed by an answer.
        findings: The evidence.
        marks: Keys of the marks that the user wrote, which an answer may repeat.
    """

    active: frozenset[str] = frozenset()
    denied: frozenset[str] = frozenset()
    findings: tuple[Finding, ...] = ()
    marks: frozenset[str] = frozenset()


@dataclass
class _Notes:
    active: set[str] = field(default_factory=set)
    denied: set[str] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)


class Vetter:
    """Reads the whole conversation for targets, by rules.

    Args:
        detector: The layers of detection.
        policy: Limits and sides.
    """

    def __init__(self, detector: Detector, policy: Policy) -> None:
        self._detector = detector
        self._policy = policy

    def vet(self, conversation: Conversation) -> Vetting:
        """Find the targets that a conversation may ask for.

        A target whose scope is everything is *denied* once the ask names or identifies it: whatever the draft would
        say, it would be about the target. Elsewhere in the conversation it is *active*, and the auditor looks closer.
        """
        ask = conversation.ask
        scan = self._detector.scan(ask)
        likeness = self._likeness(ask, scan)
        notes = _Notes()
        for target_id, evidence in scan.items():
            self._judge_ask(notes, target_id, evidence, ask, likeness)
        if likeness:
            self._judge_topics(notes, likeness, ask)
        self._judge_context(notes, conversation, ask, scan)
        return Vetting(
            frozenset(notes.active | notes.denied),
            frozenset(notes.denied),
            tuple(notes.findings),
            frozenset(hit.key for evidence in scan.values() for hit in evidence.marks),
        )

    def _likeness(self, ask: str, scan: Scan) -> Likeness | None:
        """Look at the meaning of the ask where that can change anything: for topics, and for marks not quite enough."""
        wanted = self._detector.has_topics or any(
            IDENTIFIES - MOST <= evidence.weight() < IDENTIFIES for evidence in scan.values()
        )
        return next(iter(self._detector.likeness([ask], self._policy.candidates)), None) if wanted and ask else None

    def _judge_ask(
        self, notes: _Notes, target_id: str, evidence: Evidence, ask: str, likeness: Likeness | None
    ) -> None:
        for sighting in evidence.names:
            if sighting.strength == "common" and not sighting.as_name:
                continue
            self._note(notes, self._name_finding(target_id, sighting, "prompt"), deny=True)
        weight = evidence.weight() + (likeness.bonus(target_id) if likeness and evidence.marks else 0.0)
        if weight >= IDENTIFIES and (evidence.has_hard_mark() or not people(ask)):
            for hit in evidence.marks:
                finding = Finding(
                    target=target_id,
                    start=hit.start,
                    end=hit.end,
                    where="prompt",
                    layer="fingerprint",
                    score=round(weight, 3),
                    threshold=IDENTIFIES,
                    evidence=hit.kind,
                )
                self._note(notes, finding, deny=True)
        for part in evidence.parts:
            if self._part_counts(part, evidence):
                self._note(notes, self._name_finding(target_id, part, "prompt"), deny=False)

    def _judge_topics(self, notes: _Notes, likeness: Likeness, ask: str) -> None:
        for target_id, score, threshold in self._detector.topics(likeness):
            finding = Finding(
                target=target_id,
                start=0,
                end=len(ask),
                where="prompt",
                layer="topic",
                score=round(score, 3),
                threshold=round(threshold, 3),
                evidence="probe on the question's meaning",
            )
            self._note(notes, finding, deny=True)

    def _judge_context(self, notes: _Notes, conversation: Conversation, ask: str, scan: Scan) -> None:
        """Carry targets over from the context: the ask may mean them by "she" or "the author"."""
        named_now = any(evidence.names for evidence in scan.values())
        carries = refers_back(ask) and not named_now and not people(ask)
        for turn in conversation.context:
            for target_id, evidence in self._detector.scan(turn.text).items():
                for sighting in evidence.names:
                    if sighting.strength == "common" and not sighting.as_name:
                        continue
                    deny = carries and turn.role != "system"
                    self._note(notes, self._name_finding(target_id, sighting, "context"), deny=deny)

    def _note(self, notes: _Notes, finding: Finding, *, deny: bool) -> None:
        target = self._detector.target(finding.target)
        prefer = (target.policy or self._policy).prefer
        notes.findings.append(finding)
        notes.active.add(finding.target)
        if deny and target.scope == "everything" and (finding.certain or prefer == "forget"):
            notes.denied.add(finding.target)

    def _name_finding(self, target_id: str, sighting: Sighting, where: Where) -> Finding:
        return name_finding(target_id, sighting, where, self._detector.fuzzy_threshold)

    def _part_counts(self, part: Sighting, evidence: Evidence) -> bool:
        """Whether a part of a name may stand for the whole: distinctive, in a register not too large."""
        return not evidence.names and part.score >= PART_ASKED and len(self._detector) <= PARTS_UP_TO


def name_finding(target_id: str, sighting: Sighting, where: Where, fuzzy_threshold: float) -> Finding:
    """Make the finding of a name; only a whole name, written out or encoded, is certain."""
    layer: Layer = sighting.layer
    return Finding(
        target=target_id,
        start=sighting.start,
        end=sighting.end,
        where=where,
        layer=layer,
        score=round(sighting.score, 3),
        threshold=fuzzy_threshold if layer == "fuzzy" else _ALIAS_THRESHOLD,
        certain=sighting.strength == "full",
        evidence=f"{sighting.strength} name{', encoded' if sighting.disguised else ''}",
    )
