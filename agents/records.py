"""Records in JSON and blocks of code: the smallest whole piece that can be left out."""

import json
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

from ..detection.canonical import Span
from .grammar import MASK

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"|[\[\]{},]')
_MOST_ITEMS = 200
_COMMENT = re.compile(rf"\s*(?:#|//|--\s|%|/\*|\*\s).*|([^{MASK}]*[^\s{MASK}])\s+(?:#|//)\s[^{MASK}]*{MASK}.*")


class _Item(NamedTuple):
    start: int
    end: int
    container: str


def is_json(text: str) -> bool:
    """Whether a text is an object or an array in JSON."""
    return _content(text) is not None


def without_items(text: str, spans: Sequence[Span]) -> str:
    """Return JSON without the items that overlap spans; an empty text when little else is in it.

    An element of an array goes whole, an object in an array too: it is one record. Elsewhere a member goes.

    Args:
        text: An object or an array.
        spans: What was found in it.
    """
    found = sorted((_trimmed(text, span) for span in spans), key=lambda span: span.start)
    ends = list(accumulate((span.end for span in found), max))
    items = [item for item in _items(text) if _holds(item, found, ends)]
    cuts = sorted({item for span in found for item in _smallest(items, span)}, reverse=True)
    if len(cuts) > _MOST_ITEMS:
        return ""
    for cut in cuts:
        inside = any(other.start <= cut.start and cut.end <= other.end for other in cuts if other != cut)
        text = text if inside else _without(text, cut)
    return text if _content(text) else ""


def without_comments(block: str, masked: str, spans: Sequence[Span]) -> str:
    """Return a block of code without the comments, or a block of JSON without the items, that hold what was found."""
    start, end = block.find("\n") + 1, block.rfind("\n")
    inner = block[start:end]
    if is_json(inner):
        rest = without_items(inner, [Span(span.start - start, span.end - start) for span in spans])
        return block[:start] + rest + block[end:] if rest else ""
    rows = masked.split("\n")
    comments = [_COMMENT.fullmatch(row) if MASK in row else None for row in rows]
    if any(MASK in row and not comment for row, comment in zip(rows, comments, strict=True)):
        return ""
    kept = [comment[1] if comment else row for row, comment in zip(rows, comments, strict=True)]
    return "\n".join(row for row in kept if row is not None)


def _content(text: str) -> object:
    if not text.lstrip().startswith(("{", "[")):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _items(text: str) -> Iterator[_Item]:
    """Yield members of objects and elements of arrays, the inner before the outer."""
    opened: list[tuple[str, int]] = []
    for match in _TOKEN.finditer(text):
        sign = match.group()
        if sign in "[{":
            opened.append((sign, match.end()))
        elif sign in "]},":
            container, start = opened.pop()
            yield _Item(start, match.start(), container)
            if sign == ",":
                opened.append((container, match.end()))


def _trimmed(text: str, span: Span) -> Span:
    """Leave out the commas and white space at the ends of a span: they belong to no item."""
    piece = text[span.start : span.end]
    start = span.start + len(piece) - len(piece.lstrip(" ,\n"))
    return Span(start, max(start, span.start + len(piece.rstrip(" ,\n"))))


def _holds(item: _Item, found: Sequence[Span], ends: Sequence[int]) -> bool:
    """Whether an item overlaps a span; the spans stand in order, with how far they and those before them reach."""
    index = bisect_right(ends, item.start)
    return index < len(found) and found[index].start < item.end


def _smallest(items: Sequence[_Item], span: Span) -> list[_Item]:
    """Return the items to cut for a span: the smallest around it, or all that it touches where none is."""
    around = [item for item in items if item.start <= span.start and span.end <= item.end]
    if not around:
        return [item for item in items if item.start < span.end and span.start < item.end]
    record = around[0].container == "{" and len(around) > 1 and around[1].container == "["
    return [around[1 if record else 0]]


def _without(text: str, item: _Item) -> str:
    """Cut an item and one comma beside it."""
    before, piece, after = text[: item.start], text[item.start : item.end], text[item.end :]
    if after.startswith(","):
        return before + (after[1:].lstrip(" ") if before.endswith(("[", "{")) else after[1:])
    return before.removesuffix(",") + piece[len(piece.rstrip()) :] + after
