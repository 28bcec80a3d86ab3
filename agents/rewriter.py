"""The rewriter: what may be said instead."""

import re

from ..detection.canonical import Span
from ..detection.sentences import sentences
from ..schema import Finding

# A clause that a sentence can do without: set off by a comma and opened by one of these.
_CLAUSE = re.compile(
    r"[,;]\s+(?:and\s+|or\s+)?(?:who|whom|whose|which|where|when|while|including|such as|like|as well as|along with|but"
    r"|whereas|unlike|especially|notably|for example|e\.g\.)\b[^,;.!?]*",
    re.IGNORECASE,
)
# An item of a list of names or titles; whatever holds a verb or an article of its own is none.
_WORD = r"(?:[A-Z\u00c0-\u00de]\.|[A-Z\u00c0-\u00de][\w'-]*)"
_NAME = rf"[\"'“]?{_WORD}(?:\s+(?:(?:of|the|de|van|von|and|&)\s+)?{_WORD})*[\"'”]?"
_ITEM = re.compile(rf"(?<=, ){_NAME},\s+|,?\s+(?:and|or)\s+{_NAME}(?=[.!?;,]|$)|,\s+{_NAME}(?=,)")
_MIN_WORDS = 3
_REACH = 400
# A draft that discloses more often is about its targets: it is withheld whole.
_MOST_FINDINGS = 200


class Rewriter:
    """Leaves out what the findings cover and keeps the rest, by rules."""

    def rewrite(self, draft: str, findings: list[Finding]) -> list[str]:
        """Propose texts without what was found, the fullest first; none when nothing of use remains.

        Args:
            draft: The text that discloses.
            findings: What it discloses.
        """
        if len(findings) > _MOST_FINDINGS:
            return []
        spans = [Span(finding.start, finding.end) for finding in findings]
        parts = sentences(draft)
        proposals = [_without_clauses(draft, parts, spans), _without_sentences(draft, parts, spans)]
        return [text for text in dict.fromkeys(proposals) if len(text.split()) >= _MIN_WORDS and text != draft]


def _without_clauses(draft: str, parts: list[Span], spans: list[Span]) -> str:
    """Cut the clause or list item that holds a finding, and the whole sentence where no such piece holds it."""
    return _join(draft, [_cut_clauses(draft, sentence, _inside(spans, sentence)) for sentence in parts])


def _without_sentences(draft: str, parts: list[Span], spans: list[Span]) -> str:
    kept = [sentence for sentence in parts if not _inside(spans, sentence)]
    return _join(draft, [(sentence, draft[sentence.start : sentence.end]) for sentence in kept])


def _cut_clauses(draft: str, sentence: Span, spans: list[Span]) -> tuple[Span, str]:
    text = draft[sentence.start : sentence.end]
    cuts: list[Span] = []
    for span in spans:
        cut = _piece(text, span.start - sentence.start, span.end - sentence.start)
        if cut is None:
            return sentence, ""
        cuts.append(cut)
    kept_until = len(text)
    for cut in sorted(cuts, key=lambda cut: -cut.end):
        text = text[: cut.start] + text[min(cut.end, kept_until) :] if cut.start < kept_until else text
        kept_until = min(kept_until, cut.start)
    return sentence, text


def _piece(text: str, start: int, end: int) -> Span | None:
    """Return the clause or list item that holds a span, `None` when the sentence cannot do without."""
    for pattern in (_CLAUSE, _ITEM):
        # Names and clauses are shorter than this; a wider search would cost the square of a long sentence.
        for match in pattern.finditer(text, max(0, start - _REACH), min(len(text), end + _REACH)):
            if match.start() <= start and end <= match.end():
                return Span(*match.span())
    return None


def _inside(spans: list[Span], sentence: Span) -> list[Span]:
    return [span for span in spans if span.start < sentence.end and sentence.start < span.end]


def _join(draft: str, pieces: list[tuple[Span, str]]) -> str:
    """Put sentences together again, with the white space that stood between them."""
    text = ""
    last_end = 0
    for sentence, piece in pieces:
        if not piece:
            continue
        text += (_gap(draft[last_end : sentence.start]) if text else "") + piece
        last_end = sentence.end
    return text


def _gap(between: str) -> str:
    """Return the white space before what was between two kept sentences, or a space where there was none."""
    return between[: len(between) - len(between.lstrip())] or " "
