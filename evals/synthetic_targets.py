"""Made-up targets of every kind and scope; the same for the same seed."""

from itertools import cycle, islice
from random import Random
from typing import NamedTuple

from ..errors import InputError
from ..schema import Target, TargetKind
from .synthetic import WORDS, fill

_NAMES = len(WORDS["given"]) * len(WORDS["syllable"]) ** 3


class _Pattern(NamedTuple):
    """What targets of one kind are called, and what their documents say."""

    kind: TargetKind
    name: str
    documents: tuple[str, ...]
    keep: tuple[str, ...] = ()
    """Where there is any, the scope is what the documents say."""


_PERSON = _Pattern(
    "person",
    "{person}",
    (
        "{name} was born in {city} on {day} {month} {year}.",
        '{name} wrote "The {adjective} {noun}", which came out in {city} in {year}.',
        "{name} has lived at {number} {street} Street, {city}, since {month} {year}.",
    ),
)
_OTHERS = (
    _PERSON._replace(keep=("{name} teaches drawing at a school in {city}.",)),
    _Pattern(
        "work",
        "The Travels of {person}",
        (
            "{name} opens in {city} on {day} {month}, when a {adjective} letter of {number} pages is found in a boat.",
            "In {name} the {noun} of {street} Street is sold twice, and nobody in {city} will say to whom.",
        ),
    ),
    _Pattern(
        "record",
        "Case file of {person}",
        (
            "{name}: opened on {day} {month} {year} in {city}, account 47-{number}-{year}, balance {number} euros.",
            "{name}: lives at {number} {street} Street, {city}; telephone 0{small}7 {number} {year}.",
        ),
    ),
    _Pattern(
        "organisation",
        "{person} Ltd",
        (
            "{name} was founded in {city} on {day} {month} {year}.",
            "{name} has its office at {number} {street} Street, {city}.",
        ),
    ),
    _Pattern(
        "secret", "Safe of {person}", ("{name}: the code is {number}-{year}-{small}, changed in {month} {year}.",)
    ),
)


def make_targets(count: int, documents: int, seed: int = 0) -> list[Target]:
    """Make targets with names of their own, each with some documents of one sentence.

    Every second one is a person to be forgotten altogether. The others are in turn a person of whom only what the
    documents say is to go, beside a text to be kept; a work; a record; an organisation; a secret.

    Args:
        count: How many, at most 281,250.
        documents: Documents of each; without any, every scope is everything.
        seed: Another seed gives other targets.

    Raises:
        InputError: There are not that many names.
    """
    if count > _NAMES:
        raise InputError(f"There are names for {_NAMES:,} made-up targets, not for {count:,}.", fix="Ask for fewer.")
    random = Random(seed)  # noqa: S311 - made-up text is no secret
    patterns = cycle(pattern for other in _OTHERS for pattern in (_PERSON, other))
    people = [_person(number) for number in random.sample(range(_NAMES), count)]
    return [_target(pattern, person, documents, random) for person, pattern in zip(people, patterns, strict=False)]


def _target(pattern: _Pattern, person: str, documents: int, random: Random) -> Target:
    name = pattern.name.format(person=person)
    keep = [fill(template, random, name=name) for template in pattern.keep] if documents else []
    return Target(
        name=name,
        kind=pattern.kind,
        documents=[fill(template, random, name=name) for template in islice(cycle(pattern.documents), documents)],
        keep=keep,
        scope="documents" if keep else "everything",
    )


def _person(number: int) -> str:
    """Combine a given name and three syllables, the same for the same number and another for any other."""
    given, syllables = WORDS["given"], WORDS["syllable"]
    rest, first = divmod(number, len(given))
    rest, start = divmod(rest, len(syllables))
    end, middle = divmod(rest, len(syllables))
    return f"{given[first]} {(syllables[start] + syllables[middle] + syllables[end]).capitalize()}"
