"""The vetter: which targets may be asked for."""

from collections.abc import Mapping

from ..detection.canonical import Span, canonical
from ..detection.detector import Detector
from ..detection.evidence import Evidence, Scan, Sighting
from ..detection.fingerprints import MarkHit
from ..detection.marks import marks
from ..detection.sentences import is_elliptic, people, points_back, question_in, refers_back
from ..schema import Finding, Policy, Target, Where
from .conversation import Conversation
from .findings import of_mark, of_name, of_topic, stands
from .vetting import Notes, Vetting
from .weighing import HINTS, PARTS_UP_TO, part_weight

LEAST_MARKS = 1.2
"""Weight of marks below which an ask identifies nobody, however like a document it is."""


class Vetter:
    """Reads the whole conversation for targets, by rules.

    Args:
        detector: The layers of detection.
        policy: Limits and sides.
    """

    def __init__(self, detector: Detector, policy: Policy) -> None:
        self._detector = detector
        self._policy = policy
        self._thresholds = policy.thresholds

    def vet(self, conversation: Conversation) -> Vetting:
        """Find the targets that a conversation may ask for.

        A target whose scope is everything is *denied* once the ask names or identifies it: whatever the draft would
        say, it would be about the target. Elsewhere in the conversation it is *active*, and the auditor looks closer.
        """
        ask = conversation.ask
        notes = Notes(self._detector.targets, conversation, conversation.asking)
        scan = self._scan(notes, ask)
        for target_id, evidence in scan.items():
            self._judge_names(notes, target_id, evidence)
        named = people(ask)
        persons = _asked_about(ask, named)
        notes.turns = self._describing(conversation, ask, persons)
        said = conversation.text_of(notes.turns)
        marked = scan if said == ask else self._scan(notes, said)
        self._judge_marks(notes, marked, said, persons if said == ask else _asked_about(said, people(said)))
        self._judge_pieces(notes, marked)
        notes.turns = conversation.asking
        for topic in self._detector.topics(ask):
            if topic.target in notes.targets:
                self._note(notes, of_topic(topic.target, len(ask), "prompt", topic.score, topic.threshold), deny=True)
        # The ask may mean a person by "she", and a thing by "it".
        goes_on = {thing: refers_back(ask, thing=thing) or (is_elliptic(ask) and not named) for thing in (False, True)}
        self._judge_context(notes, conversation, scan, goes_on)
        return Vetting(
            active=frozenset(notes.active),
            denied=frozenset(notes.denied),
            partly=frozenset(notes.partly),
            findings=tuple(notes.findings),
            marks=frozenset(hit.key for evidence in marked.values() for hit in evidence.marks),
            hints=notes.hints,
            several=frozenset(notes.several),
            likeness=notes.likeness,
            others=_words_of_others(ask, persons, scan),
            ask=said,
            goes_on=goes_on[True],
        )

    def _scan(self, notes: Notes, text: str) -> Scan:
        """Search a text; a target that was registered since the vetting began counts from the next exchange on."""
        scan = self._detector.scan(text)
        return {target_id: evidence for target_id, evidence in scan.items() if target_id in notes.targets}

    def _describing(self, conversation: Conversation, ask: str, persons: list[Span]) -> tuple[int, ...]:
        """Return the turns that describe whom the ask is about: where it goes on about somebody, all of the user's.

        A description may come in pieces, each too little to tell who it is.
        """
        on = points_back(ask) or refers_back(ask, thing=True) or (is_elliptic(ask) and not persons)
        return conversation.of_user if on and self._detector.has("subject") else conversation.asking

    def _judge_pieces(self, notes: Notes, scan: Scan) -> None:
        """Put together a name that was given in pieces."""
        for target_id, evidence in scan.items():
            for sighting in evidence.names:
                if sighting.strength == "pieces" and target_id not in notes.active:
                    self._note(notes, self._name_finding(target_id, sighting, "prompt"), deny=True)

    def _judge_names(self, notes: Notes, target_id: str, evidence: Evidence) -> None:
        for sighting in evidence.counted:
            self._note(notes, self._name_finding(target_id, sighting, "prompt"), deny=True)
        for part in self._parts(notes.targets[target_id], evidence):
            self._note(
                notes, self._name_finding(target_id, part, "prompt"), deny=part.score >= self._thresholds.part_sure
            )

    def _judge_marks(self, notes: Notes, scan: Scan, ask: str, persons: list[Span]) -> None:
        """Weigh the marks of each target; where somebody else is named, only marks that identify beside them count.

        A part of a name hints, and the draft decides: it is others' name too.
        """
        plausible = {
            target_id: evidence
            for target_id, evidence in scan.items()
            if evidence.has_hard_mark() or not evidence.others_in(persons)
        }
        hints = {
            key: hint
            for key, evidence in plausible.items()
            if (hint := self._hint(notes.targets[key], evidence)) >= HINTS
        }
        if any(hint < self._thresholds.identifies for hint in hints.values()):
            notes.likeness = next(iter(self._detector.likeness([ask], self._policy.candidates)), None)
        for target_id, hint in hints.items():
            weight = scan[target_id].weight()
            total = weight + (notes.likeness.bonus(target_id) if notes.likeness and weight else 0.0)
            if not self._identifies(target_id, ask, weight, total):
                notes.hints[target_id] = hint
                if len({hit.key for hit in scan[target_id].marks}) > 1:
                    notes.several.add(target_id)
                if hint > weight:
                    notes.partly.add(target_id)
                continue
            for hit in scan[target_id].marks:
                self._note(notes, of_mark(hit, "prompt", total, self._thresholds.identifies), deny=True)

    def _identifies(self, target_id: str, ask: str, weight: float, total: float) -> bool:
        """Whether an ask cannot but be about a target; what might be others' too is left to the draft to tell."""
        if weight >= self._thresholds.identifies:
            return True
        enough = weight >= LEAST_MARKS and total >= self._thresholds.identifies_with_meaning
        return enough and not self._detector.contradicts(target_id, marks(question_in(ask)))

    def _hint(self, target: Target, evidence: Evidence) -> float:
        """Return the weight of marks and, of a target that its documents tell from namesakes, of a part of its name."""
        return evidence.weight() + (part_weight(evidence) if target.documents else 0.0)

    def _judge_context(
        self, notes: Notes, conversation: Conversation, scan: Scan, goes_on: Mapping[bool, bool]
    ) -> None:
        """Carry targets over from the context: the ask may mean them by "she", or go on without naming anybody.

        It means whom the conversation spoke of last: a turn that names somebody else ends the search.
        """
        latest = self._detector.has("subject") and not any(evidence.counted for evidence in scan.values())
        for index in reversed(conversation.context):
            turn, notes.turns = conversation.turns[index], (index,)
            found = self._scan(notes, turn.text)
            for target_id, evidence in found.items():
                deny = latest and goes_on[notes.targets[target_id].kind != "person"]
                for sighting in evidence.counted:
                    self._note(notes, self._name_finding(target_id, sighting, "context"), deny=deny)
                for part in self._parts(notes.targets[target_id], evidence):
                    self._note(notes, self._name_finding(target_id, part, "context"), deny=deny)
                if deny and notes.targets[target_id].documents and (hint := part_weight(evidence)) >= HINTS:
                    notes.hints[target_id] = max(hint, notes.hints.get(target_id, 0.0))
                    notes.partly.add(target_id)
                if evidence.weight() >= self._thresholds.identifies:
                    for hit in evidence.marks:
                        self._note(
                            notes, of_mark(hit, "context", evidence.weight(), self._thresholds.identifies), deny=deny
                        )
            latest = latest and not people(turn.text) and not any(evidence.counted for evidence in found.values())

    def _note(self, notes: Notes, finding: Finding, *, deny: bool) -> None:
        target = notes.targets[finding.target]
        notes.add(finding)
        notes.active.add(finding.target)
        if deny and target.scope == "everything" and stands(finding, target, self._policy):
            notes.denied.add(finding.target)

    def _name_finding(self, target_id: str, sighting: Sighting, where: Where) -> Finding:
        return of_name(target_id, sighting, where, self._detector.fuzzy_threshold)

    def _parts(self, target: Target, evidence: Evidence) -> list[Sighting]:
        """Return the parts of a name that may stand for the whole; none where the whole stands too.

        Of a target with documents a part is but a hint.
        """
        if evidence.counted or target.documents:
            return []
        enough = self._thresholds.part_asked if len(self._detector) <= PARTS_UP_TO else self._thresholds.part_sure
        return [part for part in evidence.parts if part.strength == "part" and part.score >= enough]


def _asked_about(ask: str, named: list[Span]) -> list[Span]:
    """Return those named whom the questions of an ask name; whoever asks them, or is greeted beside, is not meant."""
    question = question_in(ask)
    return [span for span in named if ask[span.start : span.end] in question]


def _words_of_others(ask: str, persons: list[Span], scan: Scan) -> frozenset[str]:
    """Return the words of names in an ask; what a document of some target holds is not somebody else's name."""
    own: list[MarkHit | Sighting] = []
    for evidence in scan.values():
        own += [*evidence.marks, *evidence.names, *evidence.parts]
    others = [span for span in persons if not any(place.start < span.end and span.start < place.end for place in own)]
    return frozenset(word for span in others for word in canonical(ask[span.start : span.end]).words)
