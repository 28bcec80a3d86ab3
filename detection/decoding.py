"""Layer 1, disguises: other readings of a text in which a hidden name or fact becomes plain.

A reading maps back to the original text: word by word where the disguise keeps the places of letters (leetspeak,
spaced-out letters), as one span where it does not (an encoded piece).
"""

import base64
import binascii
import html
import re
from collections.abc import Iterator
from functools import lru_cache
from string import ascii_lowercase
from typing import Literal, NamedTuple
from urllib.parse import unquote

from .canonical import LOOKALIKES, Places, Span, Words, canonical
from .leetspeak import unleet
from .seams import unglued
from .sounds import foreign

Disguise = Literal["glued", "leet", "spaced", "reversed", "rot13", "encoded", "script", "looks"]

# Longer texts are read for disguises in their first part only in order to bound the time.
_LIMIT = 2_000_000
_DEPTH = 2
_ROT13 = str.maketrans(ascii_lowercase, ascii_lowercase[13:] + ascii_lowercase[:13])
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{8,}(?:\r?\n[A-Za-z0-9+/_-]{4,})*={0,2}")
_BASE64_SIGNS = str.maketrans("-_", "+/", "\r\n")
_HEX = re.compile(r"\b(?:0x)?(?:[0-9A-Fa-f]{2}[\s:]?){6,}")
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}|&(?:#0*)?\w{2,8};|\\u[0-9A-Fa-f]{4}|\\x[0-9A-Fa-f]{2}")
# Without leading zeros; what has more digits than any character's number is none, and thousands are an error in Python.
_REFERENCE = re.compile(r"&#0*(?:(\d{1,7})(?!\d)|\d)")
_BACKSLASH = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2}))")
_MIN_SPACED = 4
_SPACED = re.compile(_MIN_SPACED * " [a-z0-9]" + " ")
# Words of ordinary text may be base64, too: what they would stand for is remembered.
_REMEMBERED = 32_768
_WORD = 40


class Reading(NamedTuple):
    """One way to read a text."""

    disguise: Disguise
    words: Words
    decoded: str = ""
    """The text that an encoded piece stands for."""


def readings(text: str, plain: Words) -> Iterator[Reading]:
    """Yield the other readings of a text; a disguise without a trace in the text costs next to nothing.

    Args:
        text: The original text.
        plain: Its canonical words.
    """
    head = text[:_LIMIT]
    if glued := unglued(head, plain):
        yield Reading("glued", glued)
    yield from (Reading("leet", words) for words in unleet(head, plain))
    if spaced := _spaced(plain):
        yield Reading("spaced", spaced)
    if len(other := foreign(text, plain)):
        yield Reading("script", other)
        yield Reading("looks", canonical(head.translate(LOOKALIKES)))
    yield Reading("reversed", _reversed(plain))
    yield Reading("rot13", _rot13(plain))
    yield from _decoded(head, Span(0, len(head)), _DEPTH)


def _spaced(plain: Words) -> Words | None:
    """Join runs of single letters ("H i n a") into one word each; `None` when there is no such run."""
    if not _SPACED.search(plain.joined):
        return None
    words: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for first, last in _single_letter_runs(plain.words):
        words.append("".join(plain.words[first : last + 1]))
        starts.append(plain.starts[first])
        ends.append(plain.ends[last])
    return Words.at(words, starts, ends)


def _single_letter_runs(words: list[str]) -> Iterator[tuple[int, int]]:
    first = 0
    for index in range(len(words) + 1):
        if index < len(words) and len(words[index]) == 1:
            continue
        if index - first >= _MIN_SPACED:
            yield first, index - 1
        first = index + 1


def _reversed(plain: Words) -> Words:
    return Words(plain.joined[::-1].split(), lambda: Places(plain.starts[::-1], plain.ends[::-1]))


def _rot13(plain: Words) -> Words:
    return Words(plain.joined.translate(_ROT13).split(), lambda: Places(plain.starts, plain.ends))


def _decoded(text: str, span: Span, depth: int) -> Iterator[Reading]:
    """Yield every encoded piece, each of its words placed on the whole piece; nested pieces too."""
    for plain, place in _pieces(text, span):
        words = canonical(plain)
        placed = Words.at(words.words, [place.start] * len(words), [place.end] * len(words))
        yield Reading("encoded", placed, plain)
        if depth > 1:
            yield from _decoded(plain, place, depth - 1)


def _pieces(text: str, span: Span) -> Iterator[tuple[str, Span]]:
    """Yield decoded pieces of a text; `span` is where the text itself stands in the original."""
    whole = span.end - span.start == len(text)
    for match, plain in _candidates(text):
        if plain and _is_text(plain):
            yield plain, Span(span.start + match.start(), span.start + match.end()) if whole else span
    if _ESCAPE.search(text):
        references = _REFERENCE.sub(lambda m: f"&#{m[1]}" if m[1] else "#", unquote(text))
        unescaped = _BACKSLASH.sub(lambda m: chr(int(m[1] or m[2], 16)), html.unescape(references))
        if unescaped != text:
            yield unescaped, span


def _is_text(plain: str) -> bool:
    odd = sum(not (character.isprintable() or character.isspace()) for character in plain)
    return odd * 10 < len(plain) and any(character.isalnum() for character in plain)


def _candidates(text: str) -> Iterator[tuple[re.Match[str], str]]:
    for match in _HEX.finditer(text):
        yield match, _from_hex(match.group())
    for match in _BASE64.finditer(text):
        piece = match.group()
        yield match, _from_word(piece) if len(piece) <= _WORD else _from_pieces(piece)


@lru_cache(_REMEMBERED)
def _from_word(piece: str) -> str:
    return _from_pieces(piece)


def _from_pieces(piece: str) -> str:
    return next(filter(None, map(_from_base64, _cuts(piece))), "")


def _cuts(piece: str) -> Iterator[str]:
    """Yield lines of base64 whole, and without the last and the first, which may be other text."""
    yield piece
    _, first, rest = piece.partition("\n")
    if first:
        yield piece.rpartition("\n")[0]
        yield rest
        yield rest.rpartition("\n")[0]


def _from_hex(piece: str) -> str:
    try:
        return bytes.fromhex(re.sub(r"0x|[\s:]", "", piece)).decode()
    except ValueError:
        return ""


def _from_base64(piece: str) -> str:
    bare = piece.translate(_BASE64_SIGNS).rstrip("=")
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4)).decode()
    except (binascii.Error, ValueError):
        return ""
