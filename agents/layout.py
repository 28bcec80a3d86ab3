"""The layout of a draft: its lines, list items, table rows, headings and code blocks, and what falls with each."""

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

Kind = Literal["text", "item", "heading", "data", "row", "code", "blank"]

_PLAIN = re.compile(r"[A-Za-z][^:,]*+$")
# Records and mark-up: a clause cut out of such a line would break it.
_DATA = re.compile(r"\s*(?:[\[{}\]<|]|\"[^\"]*\"\s*:)|[^\s,]+,[^\s,]+,[^\s,]")
# An indent, a bullet or number, a label ("Chair:"), which no quotation follows.
_MARKER = re.compile(
    r"([ \t]*)((?:[-*+•]|\d{1,3}[.)]|#{1,6}|>)[ \t]+)?"
    r"(?:\*\*[^*\n]{1,40}\*\*:?[ \t]+|[\w .'\u2019-]{1,30}:[ \t]+(?![\"“]))?"
)
# A line of this length without an end of its own was wrapped by a program, not broken by its writer.
_WRAPPED = 40
_OPEN_END = re.compile(r"[\w,'\u2019)-]")
_NEW_LINE = re.compile(r"[ \t]*(?:[-*+•>|]|\d{1,3}[.)]|#{1,6}|```|~~~|\*\*)(?:\s|$)|[ \t]*\||[\w .'\u2019-]{1,30}:\s")

# How much a line announces: after the six levels of headings a colon, and what announces nothing.
_COLON, _CONTENT = 7, 8


class Line(NamedTuple):
    """A line of a draft, a paragraph that was wrapped over several, or a block of code.

    Attributes:
        start: Its first character in the draft.
        end: One past its last character, without the line break.
        kind: What it is.
        depth: How far it is indented; of a heading its level.
        body: Where the text after its bullet, number or label begins.
    """

    start: int
    end: int
    kind: Kind
    depth: int
    body: int


def lines(draft: str) -> list[Line]:
    """Return the lines of a draft, in order; a fence that is never closed holds all that follows."""
    found: list[Line] = []
    start, fenced = 0, False
    for text in draft.split("\n"):
        end = start + len(text)
        opens = text.lstrip().startswith(("```", "~~~"))
        last = found[-1] if found else None
        if last and (fenced or _goes_on(draft, last, start)):
            found[-1] = last._replace(end=end)
        else:
            found.append(_read(text, start, code=opens))
        fenced ^= opens
        start = end + 1
    return found


def _read(text: str, start: int, *, code: bool) -> Line:
    end = start + len(text)
    if _PLAIN.match(text):
        return Line(start, end, "text", 0, start)
    if code or not text.strip():
        return Line(start, end, "code" if code else "blank", 0, start)
    if _DATA.match(text):
        return Line(start, end, "row" if text.lstrip().startswith("|") else "data", 0, start)
    indent, mark, body = _marked(text)
    if mark.startswith("#"):
        return Line(start, end, "heading", len(mark), start + body)
    return Line(start, end, "item" if mark else "text", indent, start + body)


def _marked(text: str) -> tuple[int, str, int]:
    """Return the indent of a line, its bullet, number or sign of a heading, and where the text after them begins."""
    marker = _MARKER.match(text)
    return (len(marker[1]), (marker[2] or "").strip(), marker.end()) if marker else (0, "", 0)


def _goes_on(draft: str, last: Line, start: int) -> bool:
    """Whether the line that starts here goes on with the sentence of the line before."""
    if last.kind not in ("text", "item") or not _OPEN_END.match(draft, last.end - 1) or _NEW_LINE.match(draft, start):
        return False
    broken_at = draft.rfind("\n", last.start, last.end) + 1 or last.start
    return last.end - broken_at >= _WRAPPED or draft[start : start + 1].islower()


def dependants(rows: Sequence[Line], dropped: Sequence[bool], named: Sequence[bool], draft: str) -> list[bool]:
    """Return which lines are dropped when those fall with them that cannot stand alone.

    Args:
        rows: The lines.
        dropped: Which of them were dropped already.
        named: Which of them are headings, items or rows that held what was found themselves.
        draft: The draft.
    """
    gone = list(dropped)
    _drop_below(rows, gone, named)
    _drop_tables(rows, gone, named)
    _drop_announcements(rows, gone, draft)
    return gone


def _drop_below(rows: Sequence[Line], gone: list[bool], named: Sequence[bool]) -> None:
    """Drop the section of a heading that held it, and what is indented below an item that did."""
    above: Line | None = None
    for index, row in enumerate(rows):
        if row.kind == "blank":
            continue
        if above and _is_below(row, above):
            gone[index] = True
        else:
            above = row if gone[index] and named[index] and row.kind in ("heading", "item") else None


def _is_below(row: Line, above: Line) -> bool:
    if above.kind == "heading":
        return row.kind != "heading" or row.depth > above.depth
    return row.kind != "heading" and row.depth > above.depth


def _drop_tables(rows: Sequence[Line], gone: list[bool], named: Sequence[bool]) -> None:
    """Drop a table whose header held it, and one that has no rows left."""
    start = 0
    for index in range(len(rows) + 1):
        if index < len(rows) and rows[index].kind == "row":
            continue
        if index - start > 2 and (named[start] or all(gone[start + 2 : index])):
            gone[start:index] = [True] * (index - start)
        start = index + 1


def _drop_announcements(rows: Sequence[Line], gone: list[bool], draft: str) -> None:
    """Drop a heading, and a line that ends in a colon, when all that it announces is gone.

    Read from below: for every rank, whether anything under the next announcement of that rank is gone or stays.
    """
    lost, stays = [False] * _CONTENT, [False] * _CONTENT
    apart = False
    for index in range(len(rows) - 1, -1, -1):
        if rows[index].kind == "blank":
            apart = True
            continue
        rank = _rank(rows[index], draft)
        if apart and rank == _CONTENT:
            lost[_COLON] = stays[_COLON] = False
        if rank < _CONTENT and lost[rank] and not stays[rank]:
            gone[index] = True
        fate = lost if gone[index] else stays
        fate[:rank] = [True] * rank
        lost[rank:] = stays[rank:] = [False] * (_CONTENT - rank)
        apart = False


def _rank(row: Line, draft: str) -> int:
    """Return how much a line announces: a heading its section, a colon the lines up to the next gap, others nothing."""
    if row.kind == "heading":
        return row.depth
    return _COLON if draft.endswith((":", ":**"), row.start, row.end) else _CONTENT
