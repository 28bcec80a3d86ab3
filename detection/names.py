"""The forms under which a target's name turns up."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import Literal

from ..schema import Target, TargetKind
from .canonical import canonical
from .rarity import RARE, distinctiveness, zipf

# What encyclopaedias set after a name that several bear: "Anna Berg (painter)".
_QUALIFIER = re.compile(r"\s*\([^()]*\)\s*$")

Strength = Literal["full", "derived", "common", "loose", "initials"]
"""A whole name; a form derived from it; a name of common words, which counts only where it is written as a name; a form
derived from such a name; initials before a family name that many have."""

_LATIN = re.compile(r"[\u0000-\u024f\u1e00-\u1eff]*\Z")

# How distinctive a family name has to be for initials before it to tell who is meant.
_TELLING = 0.3

_TITLES = frozenset({"mr", "mrs", "ms", "miss", "dr", "prof", "professor", "sir", "dame"})
_PARTICLES = frozenset(
    {
        "al",
        "el",
        "bin",
        "ibn",
        "ben",
        "abu",
        "da",
        "das",
        "de",
        "del",
        "den",
        "der",
        "di",
        "do",
        "dos",
        "du",
        "la",
        "le",
    }
    | {"mac", "st", "ter", "van", "von"}
)
LEGAL_FORMS = frozenset(
    {"ab", "ag", "bv", "co", "corp", "gmbh", "inc", "kg", "llc", "llp", "ltd", "nv", "oy", "plc", "sa", "sas", "spa"}
)


BESIDE_NAMES = _TITLES | _PARTICLES | {"maitre", "madame", "monsieur", "herr", "frau", "senor", "senora", "don", "dona"}
"""Words that stand before a name and make no other person's of it."""


@dataclass(frozen=True, slots=True)
class Form:
    """One way to write a name, in canonical words."""

    words: tuple[str, ...]
    strength: Strength


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a person's name: canonical words of the first given name and of the family name."""

    given: tuple[str, ...]
    family: tuple[str, ...]


def forms(target: Target) -> Iterator[Form]:
    """Yield the forms of a target's name and aliases, whole names first."""
    seen: set[tuple[str, ...]] = set()
    for name in (target.name, *target.aliases):
        for form in _forms(name, target.kind):
            if form.words and form.words not in seen:
                seen.add(form.words)
                yield form


def parts(target: Target) -> Parts | None:
    """Return the parts of a person's name; `None` for a name of one part and for what is no person."""
    units = _units(_QUALIFIER.sub("", target.name))
    # How rare a part is, is known of Latin letters alone.
    if target.kind != "person" or len(units) < 2 or not _LATIN.match(target.name):
        return None
    return Parts(units[0], units[-1])


def is_common(words: tuple[str, ...]) -> bool:
    """Whether every word of a name is one of general English, so that only capitals tell the name from the words."""
    return all(zipf(word) >= RARE or len(word) < 3 for word in words)


def _forms(name: str, kind: TargetKind) -> Iterator[Form]:
    if plain := _QUALIFIER.sub("", name):
        if plain != name:
            yield Form(tuple(canonical(name).words), "full")
        name = plain
    whole = tuple(canonical(name).words)
    common = is_common(whole)
    yield Form(whole, "common" if common else "full")
    match kind:
        case "person":
            yield from (Form(words, "loose" if common else "derived") for words in _forms_of_person(_units(name)))
            yield from _with_initials(_units(name))
        case "organisation" if len(whole) > 1 and whole[-1] in LEGAL_FORMS:
            yield Form(whole[:-1], "common" if is_common(whole[:-1]) else "derived")
        case "work" if len(whole) > 2 and whole[0] in {"the", "a", "an"}:
            yield Form(whole[1:], "derived")
        case _:
            pass


def _forms_of_person(units: Sequence[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """Yield "family given" and, where there are more than two names, every two of them."""
    if len(units) < 2:
        return
    *given, family = units
    yield _flat([*given, family])
    yield _flat([family, *given])
    for one, other in combinations(units, 2) if len(given) > 1 else ():
        yield _flat([one, other])
        yield _flat([other, one])
    if len(given) > 1:
        yield _flat([given[0], *[(unit[0][0],) for unit in given[1:]], family])


def _with_initials(units: Sequence[tuple[str, ...]]) -> Iterator[Form]:
    """Yield the family name with initials before it; only a distinctive one tells who is meant."""
    if len(units) < 2:
        return
    *given, family = units
    strength: Strength = "derived" if max(map(distinctiveness, family)) >= _TELLING else "initials"
    initials = [(unit[0][0],) for unit in given]
    ways = (*initials, family), (initials[0], family), (initials[0], *units[1:])
    for words in dict.fromkeys(map(_flat, ways)):
        yield Form(words, strength)


def _flat(units: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(word for unit in units for word in unit)


@lru_cache(maxsize=256)
def _units(name: str) -> tuple[tuple[str, ...], ...]:
    """Split a name at white space, titles left out and particles kept with the word that they belong to."""
    units: list[tuple[str, ...]] = []
    held: tuple[str, ...] = ()
    for piece in name.split():
        words = tuple(canonical(piece).words)
        if not words or (not units and not held and words[0] in _TITLES):
            continue
        if len(words) == 1 and words[0] in _PARTICLES and units:
            held += words
            continue
        units.append(held + words)
        held = ()
    return tuple(units)
