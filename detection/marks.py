"""Layer 3, marks: what in a text identifies its subject without the name, such as dates, numbers, titles, rare words.

The same function reads the forget documents and the drafts, so that a fact has one key however it is written:
`30 June 1975`, `06/30/1975` and `1975-06-30` share `date:1975-06-30`; `900-51-4344` and `900514344` share
`number:900514344`.
"""

import re
import string
from collections.abc import Iterator
from itertools import combinations_with_replacement
from typing import Literal, NamedTuple
from unicodedata import digit

from .canonical import canonical
from .rarity import RARE, STOP_WORDS, distinctiveness, zipf

MarkKind = Literal["date", "number", "identifier", "address", "contact", "title", "name", "word"]

HARD: frozenset[MarkKind] = frozenset({"date", "number", "identifier", "address", "contact", "title"})
"""Kinds that identify even where another person is named beside them."""

_MONTHS = {
    name: number
    for number, names in enumerate(
        [
            "january jan",
            "february feb",
            "march mar",
            "april apr",
            "may",
            "june jun",
            "july jul",
            "august aug",
            "september sep sept",
            "october oct",
            "november nov",
            "december dec",
        ],
        start=1,
    )
    for name in names.split()
}
_MONTH = f"(?P<month>{'|'.join(sorted(_MONTHS, key=len, reverse=True))})\\.?"
# Where a pattern opens with a digit itself, `re` skips to the digits of a text; after `\b` it would try each word.
_DAY = r"(?P<day>\d(?<=\b\d)\d?)(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>\d(?<=\b\d)\d{3})"
_YEAR_TRACE = re.compile(r"\d{4}")
_DATES = [
    re.compile(rf"{_DAY}(?:\s+of)?\s+{_MONTH},?\s+{_YEAR}\b", re.IGNORECASE),
    re.compile(rf"{_YEAR}[-/.](?P<month>\d{{1,2}})[-/.](?P<day>\d{{1,2}})\b"),
]
_DAY_OF_YEAR = rf"{_DAY},?\s+(?:of\s+)?{_YEAR}\b"
_MONTH_FIRST = re.compile(rf"\b{_MONTH}\s+(?:the\s+)?{_DAY_OF_YEAR}", re.IGNORECASE)
_MONTH_FIRST_TRACE = re.compile(_DAY_OF_YEAR, re.IGNORECASE)
_NUMERIC_DATE = re.compile(r"(\d(?<=\b\d)\d?)[-/.](\d{1,2})[-/.](\d{4})\b")
_NUMBER = re.compile(r"(?<![\w.])\+?\(?\d(?:[-. ]?\d|\)[-. ]?\d|[-. ]\(\d){4,30}(?![\w])")
# Without what may stand before it: opens with a digit, to which `re` skips.
_NUMBER_TRACE = re.compile(r"\d(?:[-. ]?\d|\)[-. ]?\d|[-. ]\(\d){4}")
# Digits with whatever is set between them (slashes, dashes, markup, line breaks): only for numbers that identify alone.
_LOOSE_NUMBER = re.compile(r"\d(?<!\d\d)(?:[^\w]{0,6}\d|_{1,2}\d){8,16}(?!\d)")
# A digit beside what is no digit, which every identifier has.
_IDENTIFIER_TRACE = re.compile(r"\d(?:(?<=[A-Za-z_-]\d)|(?=[A-Za-z_-]))")
# What it looks ahead for is a digit: most words have none.
_IDENTIFIER = re.compile(
    r"(?<![A-Za-z0-9])(?=[A-Za-z_-]{0,81}\d)[A-Za-z0-9][A-Za-z0-9_-]{5,80}[A-Za-z0-9](?![A-Za-z0-9])"
)
# An account number (ISO 13616), in one or, as it is printed, in groups of four.
_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![A-Za-z0-9])")
_YEARS = re.compile(r"(?:19|20)\d\d(?:19|20)\d\d")
_EMAIL = re.compile(r"[\w.+\\-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}")
# The fewest digits of one.
_IN_DATES = _IN_NUMBERS = 5
_IN_IDENTIFIERS = 2
_CONTACT_TRACES = ("@", "://", "www.")
_LINK = re.compile(r"(?:https?://|www\.)[^\s)\]>\"]{4,200}|(?<!\w)@\w{3,40}")
_ADDRESS = re.compile(
    r"\d(?<=\b\d)\d{0,5}\s+(?:[A-Z][\w.'-]*\s+){1,4}"
    r"(?:Street|St|Avenue|Ave|Road|Rd|Lane|Ln|Drive|Dr|Court|Ct|Circle|Cir|Boulevard|Blvd|Way|Place|Pl|Terrace|Parkway"
    r"|Pkwy|Square|Trail|Highway|Hwy|Loop|Plaza|Alley|Row|Close|Crescent)\b"
)
_STREETS = {
    **{"st": "street", "ave": "avenue", "rd": "road", "ln": "lane", "dr": "drive", "ct": "court", "cir": "circle"},
    **{"blvd": "boulevard", "pl": "place", "pkwy": "parkway", "hwy": "highway"},
}
_QUOTED = re.compile(r'["“]([^"“”\n]{3,120})["”]|(?<!\w)[\'‘]([^\'‘’\n]{3,80}(?:[\'’]\w[^\'‘’\n]{0,80})?)[\'’](?!\w)')
_CAPITALISED = re.compile(
    r"\b[A-Z\u00c0-\u00de][\w'’-]*(?:\s+(?:(?:of|the|de|for)\s+)?[A-Z\u00c0-\u00de][\w'’-]*){0,7}"
)
_POSSESSIVE = re.compile(r"['’]s\b")
_MOST_GROUPS = 5
_MIN_RARE = 0.45
_MIN_LETTERS = 5
# Together even common names tell something; a single word in capitals may only open a sentence.
_MIN_WEIGHT = 0.05
_MIN_SINGLE = 0.12


class Mark(NamedTuple):
    """One mark in a text: alternative keys, of which any one is enough, and its place in the original text."""

    keys: tuple[str, ...]
    kind: MarkKind
    weight: float
    start: int
    end: int


def marks(text: str) -> list[Mark]:
    """Return the marks of a text, none overlapping another; the kinds that identify best come first."""
    found: list[Mark] = []
    taken = bytearray(len(text))
    for mark in _all(text):
        if not any(taken[mark.start : mark.end]):
            taken[mark.start : mark.end] = b"\1" * (mark.end - mark.start)
            found.append(mark)
    return found


def exact_marks(text: str) -> Iterator[Mark]:
    """Yield the marks whose writing varies (dates, numbers, contacts); the others are found as phrases."""
    # Counting is quick, and most texts hold too few digits for one or the other.
    digits = sum(map(text.count, string.digits)) if text.isascii() else len(text)
    yield from _dates(text) if digits >= _IN_DATES else ()
    yield from _contacts(text)
    yield from _identifiers(text) if digits >= _IN_IDENTIFIERS else ()
    yield from _numbers(text) if digits >= _IN_NUMBERS else ()
    yield from _addresses(text) if digits else ()


def _all(text: str) -> Iterator[Mark]:
    yield from exact_marks(text)
    yield from _phrases(text, _QUOTED, "title")
    yield from _phrases(text, _CAPITALISED, "name")
    yield from _rare_words(text)


def _dates(text: str) -> Iterator[Mark]:
    if not _YEAR_TRACE.search(text):
        return
    patterns = [_MONTH_FIRST, *_DATES] if _MONTH_FIRST_TRACE.search(text) else _DATES
    for pattern in patterns:
        for match in pattern.finditer(text):
            yield from _date(match, [(int(match["year"]), _month(match["month"]), int(match["day"]))])
    for match in _NUMERIC_DATE.finditer(text):
        one, other, year = (int(group) for group in match.groups())
        yield from _date(match, [(year, one, other), (year, other, one)])


def _month(written: str) -> int:
    """Return the number of a month; `re` takes letters such as the long s for an s too."""
    return int(written) if written.isdecimal() else _MONTHS[canonical(written).words[0]]


def _date(match: re.Match[str], readings: list[tuple[int, int, int]]) -> Iterator[Mark]:
    keys = dict.fromkeys(f"date:{y}-{m:02}-{d:02}" for y, m, d in readings if 1 <= m <= 12 and 1 <= d <= 31)
    if keys:
        yield Mark(tuple(keys), "date", 1.2, match.start(), match.end())


def _contacts(text: str) -> Iterator[Mark]:
    if not any(trace in text for trace in _CONTACT_TRACES):
        return
    for match in _EMAIL.finditer(text) if "@" in text else ():
        yield Mark((f"contact:{match.group().lower().replace(chr(92), '')}",), "contact", 2.3, *match.span())
    for match in _LINK.finditer(text):
        yield Mark((f"contact:{match.group().lower().rstrip('.,;:')}",), "contact", 1.5, *match.span())


def _numbers(text: str) -> Iterator[Mark]:
    for match in _NUMBER.finditer(text) if _NUMBER_TRACE.search(text) else ():
        digits = _digits(match.group())
        if len(digits) >= 5 and not _YEARS.fullmatch(digits):
            yield _number(digits, *match.span())
    for match in _LOOSE_NUMBER.finditer(text):
        # Other numbers may stand beside the one that is meant: every run of neighbouring groups is one reading.
        groups = list(re.finditer(r"\d+", match.group()))
        for first, last in combinations_with_replacement(range(len(groups)), 2):
            if last - first < _MOST_GROUPS and 9 <= sum(len(group[0]) for group in groups[first : last + 1]) <= 17:
                start, end = groups[first].start(), groups[last].end()
                yield _number(_digits(match.group()[start:end]), match.start() + start, match.start() + end)


def _number(digits: str, start: int, end: int) -> Mark:
    weight = 2.3 if len(digits) >= 9 else 1.2 if len(digits) >= 6 else 0.8
    # With or without the prefix of its country, a telephone number is one number.
    tail = (f"tail:{digits[-9:]}",) if len(digits) >= 10 else ()
    return Mark((f"number:{digits}", *tail), "number", weight, start, end)


def _digits(text: str) -> str:
    return "".join(str(digit(sign)) for sign in text if sign.isdecimal())


def _identifiers(text: str) -> Iterator[Mark]:
    """Yield what mixes letters and digits: keys, policy and serial numbers, in any grouping and case."""
    if not _IDENTIFIER_TRACE.search(text):
        return
    for match in _IBAN.finditer(text):
        yield Mark((f"identifier:{match.group().replace(' ', '').lower()}",), "identifier", 2.3, *match.span())
    for match in _IDENTIFIER.finditer(text):
        core = match.group().replace("_", "").replace("-", "").lower()
        digits = sum(map(str.isdigit, core))
        if len(core) >= 7 and 2 <= digits < len(core) and not _is_compound(match.group()):
            yield Mark((f"identifier:{core}",), "identifier", 2.3 if len(core) >= 9 else 1.2, *match.span())


def _is_compound(text: str) -> bool:
    """Whether a number is only counted in words, as in "17-year-old" or "20th-century"."""
    words = [word for word in re.findall(r"[A-Za-z]+", text) if word.lower() not in {"st", "nd", "rd", "th", "s"}]
    return bool(words) and all(zipf(word.lower()) >= RARE for word in words) and len(re.findall(r"\d+", text)) == 1


def _addresses(text: str) -> Iterator[Mark]:
    """Yield addresses as they are written, and with the street's kind in full."""
    for match in _ADDRESS.finditer(text):
        words = canonical(match.group()).words
        full = [*words[:-1], _STREETS.get(words[-1], words[-1])]
        # Less than enough beside a question: other towns have the street and the number too.
        yield Mark((f"address:{' '.join(full)}", f"phrase:{' '.join(words)}"), "address", 1.2, *match.span())


def _phrases(text: str, pattern: re.Pattern[str], kind: Literal["title", "name"]) -> Iterator[Mark]:
    for match in pattern.finditer(text):
        words = canonical(_POSSESSIVE.sub("", match.group())).words
        weight = sum(distinctiveness(word) for word in words)
        match kind:
            case "title":
                weight = min(1.2, weight + 0.3) if len(words) > 1 else min(0.5, weight)
            case "name":
                words = _without_opening(words)
                weight = min(0.9, sum(distinctiveness(word) for word in words))
        if words and weight >= (_MIN_WEIGHT if len(words) > 1 else _MIN_SINGLE):
            yield Mark((f"phrase:{' '.join(words)}",), kind, weight, *match.span())


def _without_opening(words: list[str]) -> list[str]:
    """Drop the stop words that a capital at the start of a sentence brought in."""
    while words and words[0] in STOP_WORDS:
        words = words[1:]
    return words


def _rare_words(text: str) -> Iterator[Mark]:
    words = canonical(text)
    for word, start, end in zip(words.words, words.starts, words.ends, strict=True):
        if len(word) >= _MIN_LETTERS and (weight := distinctiveness(word)) >= _MIN_RARE:
            yield Mark((f"phrase:{word}",), "word", weight / 2, start, end)


def phrase_of(mark_key: str) -> str | None:
    """Return the canonical phrase of a key, `None` for a key that is looked up as it is."""
    kind, _, phrase = mark_key.partition(":")
    return phrase if kind == "phrase" else None
