"""The auditor: what a draft discloses, span by span."""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from functools import cache
from typing import TypeVar

from ..detection.canonical import Span
from ..detection.detector import Detector
from ..detection.evidence import Evidence
from ..detection.fingerprints import MarkHit
from ..detection.meaning import MOST
from ..detection.sentences import is_headless, people, refers_back, sentences
from ..schema import Finding, Policy
from .findings import of_mark, of_name, of_subject, of_topic, stands
from .vetter import PARTS_UP_TO, Vetting

DISCLOSES = 2.3
"""Weight of new marks from which on a draft discloses a target that nobody asked for."""

DISCLOSES_ACTIVE = 0.6
"""The same for a target that the conversation or the draft names."""

PART_ALONE = 0.5
"""Distinctiveness from which on a given or family name in a draft counts without having been asked for."""

Place = TypeVar("Place", Finding, Span, MarkHit)

# Sentences with marks whose meaning is looked at: each costs some milliseconds.
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
        scan = self._detector.scan(draft)
        read = _Read(draft)
        findings = [of_topic(t.target, len(draft), "draft", t.score, t.threshold) for t in self._detector.topics(draft)]
        for target_id in dict.fromkeys([*scan, *sorted(vetting.active)]):
            evidence = scan.get(target_id, Evidence())
            others = evidence.others_in(read.people)
            names = self._names(target_id, evidence, draft, active=target_id in vetting.active)
            findings += names
            findings += self._marks(target_id, evidence, vetting, read, others=bool(others))
            if (names or target_id in vetting.active) and self._detector.has("subject"):
                findings += self._carried(target_id, read, names, others)
        standing = [f for f in findings if stands(f, self._detector.target(f.target), self._policy)]
        return sorted(standing, key=lambda finding: (finding.start, finding.end))

    def _names(self, target_id: str, evidence: Evidence, draft: str, *, active: bool) -> list[Finding]:
        """Return the target's names, where its scope is everything; parts of it only when they tell it apart."""
        if self._detector.target(target_id).scope != "everything":
            return []
        sightings = list(evidence.names) if active else evidence.counted
        if not sightings and (active or len(self._detector) <= PARTS_UP_TO):
            sightings = [part for part in evidence.parts if part.as_name and (active or part.score >= PART_ALONE)]
        sightings = sorted(sightings, key=lambda sighting: sighting.start)
        findings = [of_name(target_id, s, "draft", self._detector.fuzzy_threshold) for s in sightings]
        if any(sighting.disguised for sighting in sightings):
            # Where an encoded piece begins and ends in the draft says little: all of it goes.
            return [finding.model_copy(update={"start": 0, "end": len(draft)}) for finding in findings]
        return findings

    def _marks(
        self, target_id: str, evidence: Evidence, vetting: Vetting, read: "_Read", *, others: bool
    ) -> list[Finding]:
        """Return marks that the user did not write, where together they weigh enough.

        Meaning adds to their weight; it is asked only where it can make the difference. Where somebody else is named,
        only a mark that identifies by itself counts.
        """
        active = target_id in vetting.active or bool(evidence.counted)
        threshold = DISCLOSES_ACTIVE if active else DISCLOSES
        new = sorted((hit for hit in evidence.marks if hit.key not in vetting.marks), key=_start)
        weight = evidence.weight(vetting.marks)
        if weight <= max(threshold - MOST, 0) or (others and not active and not evidence.has_hard_mark(vetting.marks)):
            return []
        if weight < threshold:
            pieces = [read.draft[span.start : span.end] for span in read.sentences if _first_in(new, span)]
            likeness = self._detector.likeness(pieces[:_SENTENCES], self._policy.candidates)
            weight += max((like.bonus(target_id) for like in likeness), default=0.0)
        return [of_mark(hit, "draft", weight, threshold) for hit in new] if weight >= threshold else []

    def _carried(self, target_id: str, read: "_Read", names: list[Finding], others: list[Span]) -> list[Finding]:
        """Return the sentences that speak of the target without its name, until somebody else is named.

        They follow a sentence that names it, or precede one that names it late ("Her name is …"); where the
        conversation is about it, and the draft names nobody else, they may open the draft.
        """
        target = self._detector.target(target_id)
        if target.scope != "everything":
            return []
        thing = target.kind != "person"
        carried: list[Finding] = []
        named: Finding | None = None
        speaks = not names and not others
        for index, span in enumerate(read.sentences):
            here = _first_in(names, span)
            if here:
                named, speaks = here, True
                if read.refers_back(index, thing):
                    carried += self._before(target_id, read, index, here, names, others)
            elif (speaks and read.refers_back(index, thing)) or (
                named and speaks and not _first_in(others, span) and read.is_headless(index)
            ):
                carried.append(of_subject(target_id, span.start, span.end, named))
            elif named or _first_in(others, span):
                speaks = False
        return carried

    def _before(
        self, target_id: str, read: "_Read", index: int, named: Finding, names: list[Finding], others: list[Span]
    ) -> list[Finding]:
        """Return the sentences before one that says late whom they are about."""
        carried = []
        for span in reversed(read.sentences[:index]):
            if _first_in(others, span) or _first_in(names, span):
                break
            carried.append(of_subject(target_id, span.start, span.end, named))
        return carried


class _Read:
    """A draft with what is asked of it for every target, each worked out once."""

    def __init__(self, draft: str) -> None:
        self.draft = draft
        self.sentences = sentences(draft)
        self.people = people(draft)
        self.refers_back: Callable[[int, bool], bool] = cache(lambda i, it: refers_back(self._text(i), thing=it))
        self.is_headless: Callable[[int], bool] = cache(lambda i: is_headless(self._text(i)))

    def _text(self, index: int) -> str:
        span = self.sentences[index]
        return self.draft[span.start : span.end]


def _first_in(places: Sequence[Place], span: Span) -> Place | None:
    """Return the first place that starts in a span; places stand in the order of the text."""
    index = bisect_left(places, span.start, key=_start)
    return places[index] if index < len(places) and places[index].start < span.end else None


def _start(place: Finding | Span | MarkHit) -> int:
    return place.start
