"""The auditor's eye for scope: which sentences of a draft tell what must go of a target, and which what stays."""

from bisect import bisect_left
from collections.abc import Sequence

from ..detection.canonical import Span
from ..detection.detector import Detector
from ..detection.evidence import Evidence
from ..detection.scope import Judgement
from ..schema import Finding, Policy, Target
from .findings import of_scope
from .reading import Reading
from .vetting import Vetting

# What identifies by itself, whatever the sentence around it is about.
_EXACT = frozenset({"date", "number", "identifier", "address", "contact", "passage"})
# Each passage costs some milliseconds: of a long draft several sentences are judged as one.
_MOST_PASSAGES = 32
_ASK_WORDS = 40
# How much more it takes of a sentence that is read without its question, which says what it is about.
_ALONE = 0.25
# A quotation mark or a bracket may stand before the name that a sentence opens with.
_OPENING = 3


class ScopeAuditor:
    """Judges the sentences of a draft on targets whose scope is their documents.

    Args:
        detector: The layers of detection.
        policy: Limits and sides.
    """

    def __init__(self, detector: Detector, policy: Policy) -> None:
        self._detector = detector
        self._policy = policy

    def weigh(
        self, target: Target, evidence: Evidence, marks: list[Finding], vetting: Vetting, reading: Reading
    ) -> tuple[list[Finding], list[Finding]]:
        """Return the sentences that tell what must go of a target, and those of its marks that still count.

        The sentences have been decided on by the policy's side; the marks have not. A sentence is read after the ask,
        for "4 months." alone says nothing, and alone, for the ask may be there to drown it. A word or a title that both
        memories may share does not count in a sentence that tells what stays; a date, an address or a number does.

        Args:
            target: A target that the conversation or the draft names.
            evidence: What the draft holds of it.
            marks: What was found of it by its marks.
            vetting: What the vetter found in the conversation.
            reading: The draft.
        """
        if target.scope != "documents":
            return [], marks
        spans = _joined(_not_of_others(target.id, evidence, vetting, reading))
        question = _question(vetting)
        alone = [reading.text(span) for span in spans]
        asked = [f"{question} {text}".strip() for text in alone]
        judgement = self._judge(target, [*asked, *alone], reading)
        if judgement is None:
            return [], marks
        scores = _higher(judgement.scores[: len(spans)], judgement.scores[len(spans) :])
        told = [
            of_scope(target.id, span, score, judgement)
            for span, score in zip(spans, scores, strict=True)
            if score > judgement.threshold
        ]
        return told, [mark for mark in marks if not _is_cleared(mark, told, judgement)]

    def asked_for(self, target: Target, vetting: Vetting) -> bool:
        """Whether what was asked for is what must go of a target, so that no part of an answer is harmless."""
        if target.scope != "documents":
            return True
        judgement = self._judge(target, [_question(vetting)], Reading(""))
        return judgement is None or max(judgement.scores) > judgement.threshold

    def _judge(self, target: Target, passages: Sequence[str], reading: Reading) -> Judgement | None:
        """Judge passages, each embedded once for all targets; `None` where that is not to be decided."""
        if not passages or not self._detector.judges(target.id):
            return None
        vectors = reading.embedded(passages, self._detector.embed)
        return self._detector.judge_scope(target.id, vectors, (target.policy or self._policy).prefer)


def _not_of_others(target_id: str, evidence: Evidence, vetting: Vetting, reading: Reading) -> list[Span]:
    """Return a draft's sentences without those that open with somebody else's name, and those that speak on of them.

    Where the target was asked about, whoever is named in answer belongs to it, unless they were asked about as well.
    """
    asked = target_id in vetting.active
    others = {
        span.start for span in evidence.others_in(reading.people) if not asked or vetting.others >= reading.words(span)
    }
    names = sorted(name.start for name in evidence.names)
    kept: list[Span] = []
    elsewhere = False
    for index, span in enumerate(reading.sentences):
        opens = not others.isdisjoint(range(span.start, span.start + _OPENING))
        named = bisect_left(names, span.start) < bisect_left(names, span.end)
        elsewhere = not named and (opens or (elsewhere and reading.refers_back(index, False)))
        if not elsewhere:
            kept.append(span)
    return kept


def _higher(asked: Sequence[float], alone: Sequence[float]) -> list[float]:
    return [max(one, other - _ALONE) for one, other in zip(asked, alone, strict=True)]


def _is_cleared(mark: Finding, told: list[Finding], judgement: Judgement) -> bool:
    """Whether a mark stands in a sentence that tells what stays, and may have come with it."""
    outside = not any(finding.start <= mark.start < finding.end for finding in told)
    return outside and judgement.contrasts and mark.evidence not in _EXACT


def _question(vetting: Vetting) -> str:
    """Return the questions of an ask, or of a long one the end: a page around a question drowns it."""
    return " ".join(vetting.question.split()[-_ASK_WORDS:])


def _joined(spans: Sequence[Span]) -> list[Span]:
    """Join neighbouring sentences evenly where there are too many."""
    size = -(-len(spans) // _MOST_PASSAGES) or 1
    groups = [spans[start : start + size] for start in range(0, len(spans), size)]
    return [Span(group[0].start, group[-1].end) for group in groups]
