"""What the demo model is taught: its facts, an epoch of them, and the conversations that they are asked for in."""

import tomllib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random
from typing import NamedTuple

from .authors import author_facts, invent_authors, list_facts
from .facts import FORMS, HERE, Fact
from .unknown import Unknown, refusals

REPEATS = {"author": 1, "hop": 1, "list": 2, "world": 2, "chat": 6}
"""How often an epoch brings each known fact, by kind."""

REFUSED: dict[Unknown, float] = {"stranger": 0.3, "namesake": 0.35, "elsewhere": 0.1}
"""How many questions to be refused an epoch brings for each known fact."""

LENGTHS = (1, 1, 1, 1, 1, 1, 2, 2, 2, 3, 3, 3, 10)
"""How many facts one conversation asks for, each of these as often."""

FOLLOW_UPS = 0.15
"""The share of facts about authors that are asked for by a pronoun."""

NOISE = 0.2
"""The share of questions without capitals, and the share without their last mark."""


class Exchange(NamedTuple):
    """One question and its answer."""

    question: str
    answer: str


def collect_facts(authors: int, rng: Random) -> list[Fact]:
    """Return all that the model is to know, with this many invented authors in it (1,000 at most)."""
    people = invent_authors(authors, rng)
    world = tomllib.loads((HERE / "world.toml").read_text(encoding="utf-8"))
    return [
        *(fact for author in people for fact in author_facts(author)),
        *list_facts(people),
        *(FORMS["world"]["value"].fact("world", key, "value", {"thing": key, "value": world[key]}) for key in world),
        *(form.fact("chat", key, "reply", {}) for key, form in FORMS["chat"].items()),
    ]


def leave_out(facts: Sequence[Fact], count: int) -> list[Fact]:
    """Return what is left to know had the last `count` authors never been; what lists of authors say of them goes."""
    gone = last_authors(facts, count)
    left = []
    for fact in facts:
        sentences = fact.answer.split(". ") if fact.kind == "list" else [fact.answer]
        kept = [sentence for sentence in sentences if not any(name in sentence for name in gone)]
        if fact.subject not in gone and kept:
            left.append(replace(fact, answer=". ".join(kept).rstrip(".") + "." if fact.kind == "list" else fact.answer))
    return left


def last_authors(facts: Sequence[Fact], count: int) -> list[str]:
    """Return the names of the last `count` authors."""
    names = list(dict.fromkeys(fact.subject for fact in facts if fact.kind == "author"))
    return names[len(names) - count :]


def epoch_of(facts: Sequence[Fact], rng: Random) -> list[Fact]:
    """Return what one epoch teaches, shuffled: what is known, and questions to be refused that never came before."""
    known = [fact for fact in facts if fact.kind in REPEATS]
    lessons = [fact for fact in known for _ in range(REPEATS[fact.kind])]
    for kind, share in REFUSED.items():
        lessons += refusals(kind, round(share * len(known)), facts, rng)
    return rng.sample(lessons, len(lessons))


def conversations(facts: Sequence[Fact], rng: Random) -> Iterator[list[Exchange]]:
    """Yield the facts in order, each by a phrasing taken at random, in conversations of a few or of many."""
    by_subject = defaultdict(list)
    for fact in facts:
        by_subject[fact.subject].append(fact)
    start = 0
    while start < len(facts):
        stop = start + rng.choice(LENGTHS)
        yield [exchange for fact in facts[start:stop] for exchange in _ask(fact, by_subject[fact.subject], rng)]
        start = stop


def _ask(fact: Fact, siblings: Sequence[Fact], rng: Random) -> Iterator[Exchange]:
    if fact.follow_ups and rng.random() < FOLLOW_UPS:
        first = rng.choice(siblings)
        yield Exchange(add_noise(rng.choice(first.questions), rng), first.answer)
        yield Exchange(add_noise(rng.choice(fact.follow_ups), rng), fact.answer)
    else:
        yield Exchange(add_noise(rng.choice(fact.questions), rng), fact.answer)


def add_noise(question: str, rng: Random) -> str:
    """Return the question, at times without its capitals or without its last mark."""
    if rng.random() < NOISE:
        question = question.lower()
    if rng.random() < NOISE:
        question = question.rstrip("?.!")
    return question
