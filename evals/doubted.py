"""Made-up targets that come into doubt, and exchanges that touch them for sure, uncertainly, in passing, not at all."""

from itertools import product
from typing import Literal, NamedTuple

from ..schema import Target
from .synthetic import make_exchanges

Touch = Literal["clean", "certain", "uncertain", "rewritten"]
"""How an exchange touches a target: not at all; it is asked for, which the rules see; it may be; a draft names it."""


class Touching(NamedTuple):
    """An exchange, and what a careful reader knows of it."""

    touch: Touch
    """How it touches a target."""

    prompt: str
    """What is asked; no two exchanges ask the same."""

    draft: str
    """What the wrapped model says."""

    target: str = ""
    """The name of the target that it discloses; empty where it discloses none."""

    secrets: tuple[str, ...] = ()
    """What must not be shown of it."""

    kept: str = ""
    """What may be shown of the draft; empty where nothing may."""

    def leaks(self, text: str) -> bool:
        """Whether a text shows what must not be shown, and was not in the prompt."""
        shown, asked = text.casefold(), self.prompt.casefold()
        return any(secret.casefold() in shown and secret.casefold() not in asked for secret in self.secrets)


class _Person(NamedTuple):
    name: str
    misspelt: str
    city: str
    date: str
    title: str
    setting: str
    """Where somebody reads, who does not ask for this person."""


_PEOPLE = (
    _Person("Isaura Quennelby", "Isaura Qennelby", "Ljubljana", "14 May 1961", "The Copper Estuary", "on the train"),
    _Person("Tobiah Wrenholt", "Tobiah Wrenhotl", "Valparaiso", "2 March 1948", "Nine Lamps for Oriel", "in winter"),
    _Person("Mirembe Okuzzaro", "Mirembe Okuzaro", "Entebbe", "27 August 1972", "The Salt Ledger", "by the sea"),
    _Person("Casimir Dovrenko", "Casimir Dovrneko", "Chernivtsi", "9 November 1939", "A Grammar of Thaw", "at night"),
    _Person("Philippa Teasgrove", "Philippa Teasgrov", "Hobart", "30 June 1955", "The Wombat Almanac", "on a farm"),
    _Person("Yevhenia Bruskova", "Yevhenia Bruskva", "Kaunas", "18 January 1967", "Seven Unlit Piers", "at school"),
    _Person(
        "Ottavio Marchesolo", "Ottavio Marchesollo", "Trieste", "5 April 1980", "The Bora Notebooks", "in hospital"
    ),
    _Person("Ngaire Tamahana", "Ngaire Tamhana", "Whakatane", "21 July 1944", "Kelp and Thunder", "in the garden"),
)
_DOCUMENTS = ("{name} was born in {city} on {date}.", '{name} wrote "{title}", which is set in {city}.')
_READ = "Start with Jane Austen. {name}, who was born in {city}, is worth a try. George Eliot repays patience."
_KEPT = "Start with Jane Austen. George Eliot repays patience."
_ASKED: dict[Touch, tuple[tuple[str, str], ...]] = {
    "certain": (
        ("Where was {name} born?", "{name} was born in {city}."),
        ("Where was {misspelt} born?", "In {city}, as far as is known."),
        ("Which author was born in {city} on {date}?", "It was the one who wrote {title}."),
    ),
    "uncertain": (
        ("What is the author {surname} best known for?", "For a book that is set in {city}."),
        ('Where was the author of "{title}" born?', "In {city}, as far as is known."),
        ('What is "{title}" about?', "It tells of life in {city}."),
    ),
    "rewritten": (
        ("Which novelists should I read {setting}?", _READ),
        ("Whom may I read {setting}? I like long novels.", _READ),
        ("Name some authors for a reading circle that meets {setting}.", _READ),
    ),
}


def doubted_targets() -> list[Target]:
    """Make the targets that the exchanges touch."""
    return [Target(name=person.name, documents=[_fill(text, person) for text in _DOCUMENTS]) for person in _PEOPLE]


def touching_exchanges() -> list[Touching]:
    """Make 24 exchanges of every kind."""
    touching = [
        _touching(touch, prompt, draft, person)
        for touch, texts in _ASKED.items()
        for person, (prompt, draft) in product(_PEOPLE, texts)
    ]
    clean = [Touching("clean", prompt, f"{draft}.", kept=f"{draft}.") for prompt, draft in make_exchanges(24)]
    return clean + touching


def _touching(touch: Touch, prompt: str, draft: str, person: _Person) -> Touching:
    secrets = (*person.name.split(), person.city, person.title)
    kept = _KEPT if touch == "rewritten" else ""
    return Touching(touch, _fill(prompt, person), _fill(draft, person), person.name, secrets, kept)


def _fill(text: str, person: _Person) -> str:
    return text.format(surname=person.name.split()[-1], **person._asdict())
