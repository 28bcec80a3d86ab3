"""Sentences and the people in them, by rules that need no model."""

import re
from collections.abc import Iterator

from .canonical import Span
from .rarity import COMMON, zipf

_END = re.compile(r"""(?<=[.!?。！？])["'”’)\]]*\s+(?=["'“‘(\[]*[^\s\W a-z])|\n\s*|(?<=[。！？])(?=\S)""")
_ABBREVIATION = re.compile(r"(?:\b(?:[A-Z]|Mr|Mrs|Ms|Dr|Prof|St|Jr|Sr|vs|etc|e\.g|i\.e|Vol|Inc|Ltd|Co)\.)$")
_PRONOUN = re.compile(
    r"\b(?:he|him|his|himself|she|her|hers|herself|they|them|their|theirs|themselves)\b"
    r"|\b(?:the|this|that|same) (?:same )?(?:author|writer|person|man|woman|individual|poet|novelist|artist|company"
    r"|firm|organi[sz]ation|book|work|novel|contract|record|one)\b",
    re.IGNORECASE,
)
_OPENING = re.compile(r"^\W*(?:born|known|raised|best|author|writer|son|daughter|it|its)\b", re.IGNORECASE)
_PERSON = re.compile(r"[A-Z\u00c0-\u00de][\w'’-]+(?:\s+[A-Z\u00c0-\u00de][\w'’.-]*)+")


def sentences(text: str) -> list[Span]:
    """Return the spans of a text's sentences, white space between them left out; a line break ends a sentence."""
    return [span for span in _split(text) if span.end > span.start]


def _split(text: str) -> Iterator[Span]:
    start = 0
    for match in _END.finditer(text):
        closing = match.start() + len(match.group()) - len(match.group().lstrip("\"'”’)]"))
        if _ABBREVIATION.search(text, max(0, match.start() - 8), match.start()):
            continue
        yield _stripped(text, start, closing)
        start = match.end()
    yield _stripped(text, start, len(text))


def _stripped(text: str, start: int, end: int) -> Span:
    piece = text[start:end]
    return Span(start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip()))


def refers_back(sentence: str) -> bool:
    """Whether a sentence speaks of somebody or something named before it, by a pronoun or words like "the author"."""
    return bool(_PRONOUN.search(sentence) or _OPENING.search(sentence))


def people(text: str) -> list[Span]:
    """Return spans that are written as a name: two capitalised words or more in a row.

    Places and titles are among them: it serves to see that *someone else* may be meant, not to know who.
    """
    return [span for match in _PERSON.finditer(text) if (span := _without_opening(text, *match.span()))]


def _without_opening(text: str, start: int, end: int) -> Span | None:
    """Drop a common word that a sentence opens with; `None` when no name of two words is left."""
    opening = re.match(r"[\w'’-]+\s+", text[start:end])
    if opening and zipf(opening.group().strip().lower()) >= COMMON:
        start += opening.end()
    end -= text[start:end].endswith(".")
    return Span(start, end) if " " in text[start:end].strip() else None
