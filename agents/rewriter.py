"""The rewriter: what may be said instead."""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Literal, get_args

from ..detection.canonical import Span
from ..detection.sentences import sentences
from ..schema import Finding
from .clauses import without_sentences
from .grammar import MASK
from .layout import Line, dependants, lines
from .records import is_json, without_comments, without_items

Reach = Literal["clause", "sentence", "line"]
"""The smallest piece that is cut."""

REACHES: tuple[Reach, ...] = get_args(Reach)

_MIN_WORDS = 3
# A draft that discloses more often is about its targets: it is withheld whole.
_MOST_FINDINGS = 200
_SHORT = 600
# What an answer says around its content.
_COURTESY = re.compile(
    r"\W*(?:sure|certainly|of course|absolutely|great question|good question|here(?:'s| is| are)|i hope|hope this"
    r"|let me know|feel free|would you like|is there anything|do you (?:want|have)|if you (?:have|need|want|would)"
    r"|please let me|happy to|thank you|thanks|you're welcome|hello|hi)\b",
    re.IGNORECASE,
)


class Rewriter:
    """Leaves out what the findings cover and keeps the rest, by rules."""

    def rewrite(self, draft: str, findings: list[Finding]) -> list[str]:
        """Propose texts without what was found, the fullest first; none when nothing of use remains.

        Nothing is added: the words of a proposal stand in the draft in the same order, but for a capital letter.

        Args:
            draft: The text that discloses.
            findings: What it discloses.
        """
        if len(findings) > _MOST_FINDINGS or MASK in draft:
            return []
        spans = [Span(finding.start, finding.end) for finding in findings]
        proposals = [without_items(draft, spans)] if is_json(draft) else _Page(draft, spans).rests()
        return [text for text in dict.fromkeys(proposals) if text != draft and _is_of_use(text)]


class _Page:
    """A draft with what was found in it masked."""

    def __init__(self, draft: str, spans: Sequence[Span]) -> None:
        self._draft = draft
        self._masked = _mask(draft, spans)
        self._spans = spans
        self._lines = lines(draft)
        # Where a program wrapped a line, no sentence ends.
        self._sentences = cache(lambda text: sentences(text.replace("\n", " ")))
        self._held = [self._masked.find(MASK, line.start, line.end) >= 0 for line in self._lines]

    def rests(self) -> Iterator[str]:
        """Yield the draft without what was found, by the smallest cuts, by sentences, by lines."""
        before: list[str] = []
        for reach in REACHES:
            texts = self._texts(reach)
            if texts != before:
                yield self._laid_out(texts)
            before = texts

    def _texts(self, reach: Reach) -> list[str]:
        """Return what is left of each line."""
        texts: list[str] = []
        lost = False
        for line, held in zip(self._lines, self._held, strict=True):
            text = self._line(line, reach, lost=lost) if held or lost else self._draft[line.start : line.end]
            lost = lost if line.kind == "blank" else not text
            texts.append(text)
        return texts

    def _laid_out(self, texts: Sequence[str]) -> str:
        dropped = [line.kind != "blank" and not text for line, text in zip(self._lines, texts, strict=True)]
        gone = dependants(self._lines, dropped, self._held, self._draft)
        return self._join(texts, gone)

    def _line(self, line: Line, reach: Reach, *, lost: bool) -> str:
        """Return what is left of a line; `lost` says that the sentence before was cut."""
        text = self._masked[line.start : line.end]
        if MASK not in text and (line.kind != "text" or not lost):
            return text
        if line.kind == "code":
            return self._code(line, text) if reach == "clause" else ""
        label, body = text[: line.body - line.start], text[line.body - line.start :]
        if line.kind in ("data", "row") or MASK in label or (reach == "line" and MASK in body):
            return ""
        plain = self._draft[line.body : line.end]
        rest = without_sentences(body, plain, self._sentences(plain), lost=lost, whole=reach != "clause")
        return label + rest if rest else ""

    def _code(self, line: Line, masked: str) -> str:
        within = [span for span in self._spans if span.start < line.end and line.start < span.end]
        spans = [Span(span.start - line.start, span.end - line.start) for span in within]
        return without_comments(self._draft[line.start : line.end], masked, spans)

    def _join(self, texts: Sequence[str], gone: Sequence[bool]) -> str:
        """Put lines together again; of the gaps around a line that is gone one is left."""
        kept: list[str] = []
        gap = False
        for line, text, lost in zip(self._lines, texts, gone, strict=True):
            if lost:
                gap = True
            elif line.kind != "blank" or not gap or (kept and kept[-1].strip()):
                kept.append(text)
                gap = gap and line.kind == "blank"
        rest = "\n".join(kept)
        return rest.strip("\n") if any(gone) else rest


def _mask(draft: str, spans: Sequence[Span]) -> str:
    pieces: list[str] = []
    at = 0
    for span in sorted(spans, key=lambda span: span.start):
        start, end = max(at, span.start), max(at, span.end)
        pieces += [draft[at:start], re.sub(r"[^\n]", MASK, draft[start:end])]
        at = end
    return "".join([*pieces, draft[at:]])


def _is_of_use(text: str) -> bool:
    """Whether a text says more than courtesies."""
    if len(text.split()) < _MIN_WORDS:
        return False
    return len(text) > _SHORT or not all(_COURTESY.match(text, s.start, s.end) for s in sentences(text))
