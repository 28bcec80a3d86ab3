"""The vetter: which targets may be asked for."""

from dataclasses import dataclass, field

from ..detection.detector import Detector
from ..detection.evidence import Evidence, Scan, Sighting
from ..detection.meaning import MOST, Likeness
from ..detection.sentences import is_elliptic, people, refers_back
from ..schema import Finding, Policy, Where
from .conversation import Conversation
from .findings import of_mark, of_name, of_topic, stands

# Weights of marks: a date or a title is worth 1.2, a long number 2.3, a rare word half a point.
IDENTIFIES = 1.6
"""Weight of marks from which on a prompt identifies a target without its name."""

ACTIVATES = 0.6
"""Weight of marks from which on a prompt may be about a target, so that the auditor looks closer."""

PART_ASKED = 0.3
"""Distinctiveness from which on a given or family name in the ask may stand for the whole name."""

PART_SURE = 0.8
"""Distinctiveness from which on a given or family name is as good as the whole, in a register of any size."""

PARTS_UP_TO = 1_000
"""Targets up to which a less distinctive part counts: in a larger register it is likelier to be somebody else's."""


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
        notes = _Notes()
        for target_id, evidence in scan.items():
            self._judge_names(notes, target_id, evidence)
        self._judge_marks(notes, scan, ask)
        for topic in self._detector.topics(ask):
            self._note(notes, of_topic(topic.target, len(ask), "prompt", topic.score, topic.threshold), deny=True)
        self._judge_context(notes, conversation, ask, scan)
        return Vetting(
            frozenset(notes.active | notes.denied),
            frozenset(notes.denied),
            tuple(notes.findings),
            frozenset(hit.key for evidence in scan.values() for hit in evidence.marks),
        )

    def _judge_names(self, notes: _Notes, target_id: str, evidence: Evidence) -> None:
        for sighting in evidence.counted:
            self._note(notes, self._name_finding(target_id, sighting, "prompt"), deny=True)
        for part in self._parts(evidence):
            self._note(notes, self._name_finding(target_id, part, "prompt"), deny=part.score >= PART_SURE)

    def _judge_marks(self, notes: _Notes, scan: Scan, ask: str) -> None:
        persons = people(ask)
        likeness = self._likeness(ask, scan)
        for target_id, evidence in scan.items():
            weight = evidence.weight()
            if weight >= ACTIVATES:
                notes.active.add(target_id)
            if likeness and weight:
                weight += likeness.bonus(target_id)
            if weight >= IDENTIFIES and (evidence.has_hard_mark() or not evidence.others_in(persons)):
                for hit in evidence.marks:
                    self._note(notes, of_mark(hit, "prompt", weight, IDENTIFIES), deny=True)

    def _likeness(self, ask: str, scan: Scan) -> Likeness | None:
        """Look at the meaning of the ask where that can change anything: for marks that are not quite enough."""
        wanted = any(IDENTIFIES - MOST <= evidence.weight() < IDENTIFIES for evidence in scan.values())
        return next(iter(self._detector.likeness([ask], self._policy.candidates)), None) if wanted else None

    def _judge_context(self, notes: _Notes, conversation: Conversation, ask: str, scan: Scan) -> None:
        """Carry targets over from the context: the ask may mean them by "she", or go on without naming anybody.

        It means whom the conversation spoke of last: a turn that names somebody else ends the search.
        """
        latest = self._detector.has("subject") and not any(evidence.counted for evidence in scan.values())
        for turn in reversed(conversation.context):
            found = self._detector.scan(turn.text)
            for target_id, evidence in found.items():
                deny = latest and self._goes_on(ask, target_id)
                for sighting in (*evidence.counted, *self._parts(evidence)):
                    self._note(notes, self._name_finding(target_id, sighting, "context"), deny=deny)
                if evidence.weight() >= IDENTIFIES:
                    for hit in evidence.marks:
                        self._note(notes, of_mark(hit, "context", evidence.weight(), IDENTIFIES), deny=deny)
            latest = latest and not people(turn.text) and not any(evidence.counted for evidence in found.values())

    def _goes_on(self, ask: str, target_id: str) -> bool:
        """Whether an ask goes on about what was spoken of before."""
        thing = self._detector.target(target_id).kind != "person"
        return refers_back(ask, thing=thing) or (is_elliptic(ask) and not people(ask))

    def _note(self, notes: _Notes, finding: Finding, *, deny: bool) -> None:
        target = self._detector.target(finding.target)
        notes.findings.append(finding)
        notes.active.add(finding.target)
        if deny and target.scope == "everything" and stands(finding, target, self._policy):
            notes.denied.add(finding.target)

    def _name_finding(self, target_id: str, sighting: Sighting, where: Where) -> Finding:
        return of_name(target_id, sighting, where, self._detector.fuzzy_threshold)

    def _parts(self, evidence: Evidence) -> list[Sighting]:
        """Return the parts of a name that may stand for the whole; none where the whole stands too."""
        enough = PART_ASKED if len(self._detector) <= PARTS_UP_TO else PART_SURE
        return [] if evidence.counted else [part for part in evidence.parts if part.score >= enough]
