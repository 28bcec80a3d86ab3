"""What the demo model does not know, made afresh for every epoch: people, books, places, and wishes of other kinds."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from random import Random
from typing import Literal

from .authors import SURNAMES, TITLES, invent_author, invent_name
from .facts import FORMS, WORDS, Fact

REFUSAL = FORMS["elsewhere"]["wish"].answer

Unknown = Literal["stranger", "namesake", "elsewhere"]


def refusals(kind: Unknown, count: int, known: Iterable[Fact], rng: Random) -> list[Fact]:
    """Return questions to be refused, none of them about anything in `known`.

    A `stranger` has a fresh name, a `namesake` the first name of one known author and the surname of another;
    `elsewhere` is about books, places and wishes.
    """
    known = list(known)
    answered = {question for fact in known for question in fact.questions}
    names = [fact.subject for fact in known if fact.kind == "author"]
    facts: list[Fact] = []
    while len(facts) < count:
        fact = _elsewhere(rng) if kind == "elsewhere" else _person(kind, names, rng)
        if answered.isdisjoint(fact.questions):
            facts.append(replace(fact, answer=REFUSAL))
    return facts


def _person(kind: Unknown, names: Sequence[str], rng: Random) -> Fact:
    if kind == "namesake":
        name = f"{rng.choice(names).split()[0]} {rng.choice(names).split()[1]}"
    else:
        name = rng.choice((invent_name, _foreign_name))(rng)
    attribute, form = rng.choice(list(FORMS["author"].items()))
    return form.fact(kind, name, attribute, invent_author(name, rng.choice(TITLES), rng))


def _foreign_name(rng: Random) -> str:
    """Return a name of sounds that no author's name is made of, at times a double one."""

    def word() -> str:
        syllables = (
            rng.choice(WORDS["consonants"]) + rng.choice(WORDS["vowels"]) + rng.choice(("", "", "n", "r", "s"))
            for _ in range(rng.randint(1, 3))
        )
        return "".join(syllables).capitalize()

    return f"{word()} {word()}" + (f"-{word()}" if rng.random() < 0.3 else "")


def _elsewhere(rng: Random) -> Fact:
    fields = invent_author(invent_name(rng), rng.choice(TITLES), rng)
    fields |= {"place": rng.choice(SURNAMES), "wish": rng.choice(WORDS["wishes"]), "value": ""}
    fields["thing"] = f"capital of {fields['place']}"
    form, subject = rng.choice(
        (
            (rng.choice(list(FORMS["hop"].values())), "book"),
            (FORMS["list"]["place"], "place"),
            (FORMS["world"]["value"], "thing"),
            (FORMS["elsewhere"]["wish"], "wish"),
        )
    )
    return form.fact("elsewhere", fields[subject], subject, fields)
