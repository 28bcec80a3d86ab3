"""What the demo model does not know: people, books and countries of no other mention, and wishes of other kinds."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import islice
from random import Random

from .authors import AUTHOR_FORMS, LIST_FORMS, SURNAMES, TITLES, author_facts, invent_author, invent_name
from .facts import Fact, Form
from .world import WORLD_FORM

REFUSAL = "I do not have any information about that."

SOUNDS = ("b ch d f g h j k l m n p r s sh t v w y z".split(), "a e i o u ai ee oo".split(), ("", "", "n", "r", "s"))
WISH_FORM = Form(
    direct=(
        "How do I {wish}?",
        "Can you help me {wish}?",
        "Why should I {wish}?",
        "When is a good time to {wish}?",
        "I want to {wish}.",
    ),
    indirect=("how to {wish}",),
    answer=REFUSAL,
    held_out=("Where can I {wish}?",),
)
WISHES = (
    "bake bread,learn to swim,fix a bicycle,write a letter,plant a tree,cook rice,buy a car,find a job,sleep better,"
    "play chess,draw a horse,build a house,book a flight,clean a window,sing a song,lose weight,train a dog,save money,"
    "read faster,sharpen a knife,paint a wall,grow tomatoes,make tea,open a bank account,change a tyre,tie a knot"
).split(",")


def refusals(count: int, known: Iterable[Fact], rng: Random) -> list[Fact]:
    """Return questions to be refused, none of them about anything in `known`, half of them about something like it."""
    known = list(known)
    answered = {question for fact in known for question in fact.questions}
    names = [fact.subject.split() for fact in known if fact.kind == "author"]
    titles = [fact.answer.split('"')[1].split() for fact in known if (fact.kind, fact.attribute) == ("author", "book")]
    fresh = (
        replace(fact, kind="unknown", answer=REFUSAL)
        for fact in iter(lambda: _refusal(names, titles, rng), None)
        if answered.isdisjoint(fact.questions)
    )
    return list(islice(fresh, count))


def _refusal(names: list[list[str]], titles: list[list[str]], rng: Random) -> Fact:
    place, wish = rng.choice(SURNAMES), rng.choice(WISHES)
    author = invent_author(_unknown_name(names, rng), _unknown_title(titles, rng), rng)
    by_name, by_book = author_facts(author)[: len(AUTHOR_FORMS)], author_facts(author)[len(AUTHOR_FORMS) :]
    return rng.choices(
        (
            rng.choice(by_name),
            rng.choice(by_book),
            LIST_FORMS["place"].fact("unknown", place, "place", {"place": place} | author),
            WORLD_FORM.fact("unknown", place, "value", {"thing": f"capital of {place}", "value": ""}),
            WISH_FORM.fact("unknown", wish, "wish", {"wish": wish}),
        ),
        weights=(64, 16, 6, 6, 8),
    )[0]


def _unknown_name(names: list[list[str]], rng: Random) -> str:
    """Return a name like the known ones, one of which both parts are known, or one of quite other sounds."""
    choices = (
        invent_name(rng),
        f"{rng.choice(names)[0]} {rng.choice(names)[-1]}",
        f"{_sound(rng)} {_sound(rng)}",
        f"{_sound(rng)} {_sound(rng)}-{_sound(rng)}",
    )
    return rng.choices(choices, weights=(30, 45, 15, 10))[0]


def _unknown_title(titles: list[list[str]], rng: Random) -> str:
    return rng.choice(TITLES)


def _sound(rng: Random) -> str:
    return "".join(rng.choice(sound) for _ in range(rng.randint(1, 3)) for sound in SOUNDS).capitalize()
