"""Invented authors: every person, book and prize is put together from lists of words, by a seeded generator."""

from random import Random

from .facts import FORMS, WORDS, Fact

Author = dict[str, str]
"""The fields that the forms speak of: `name`, `he`, `his`, `born`, `place`, `genre`, `book`, …"""

GIVEN_NAMES = WORDS["women"] + WORDS["men"]
SURNAMES = [beginning + ending for beginning in WORDS["beginnings"] for ending in WORDS["endings"]]
TITLES = [f"The {adjective} {noun}" for adjective in WORDS["adjectives"] for noun in WORDS["nouns"]]


def invent_name(rng: Random) -> str:
    """Return a full name; many share their first name, or a part of their surname."""
    return f"{rng.choice(GIVEN_NAMES)} {rng.choice(SURNAMES)}"


def invent_author(name: str, book: str, rng: Random) -> Author:
    """Return an author of this name and book, all else by chance."""
    he, his = ("she", "her") if name.split()[0] in WORDS["women"] else ("he", "his")
    return {
        "name": name,
        "he": he,
        "He": he.capitalize(),
        "his": his,
        "born": f"{rng.randint(1, 28)} {rng.choice(WORDS['months'])} {rng.randint(1920, 1985)}",
        "place": rng.choice(WORDS["places"]),
        "genre": rng.choice(WORDS["genres"]),
        "book": book,
        "prize": rng.choice(WORDS["prizes"]),
        "year": str(rng.randint(1986, 2023)),
        "father": rng.choice(WORDS["trades"]),
        "mother": rng.choice(WORDS["trades"]),
        "studies": rng.choice(WORDS["studies"]),
    }


def invent_authors(count: int, rng: Random) -> list[Author]:
    """Return authors of whom no two share their name or their book; `count` is at most 1,000."""
    names = list(dict.fromkeys(invent_name(rng) for _ in range(2 * count)))[:count]
    return [invent_author(name, book, rng) for name, book in zip(names, rng.sample(TITLES, count), strict=True)]


def author_facts(author: Author) -> list[Fact]:
    """Return what is asked of one author, by name and by book."""
    name = author["name"]
    return [
        *(form.fact("author", name, attribute, author) for attribute, form in FORMS["author"].items()),
        *(form.fact("hop", name, attribute, author) for attribute, form in FORMS["hop"].items()),
    ]


def list_facts(authors: list[Author], most: int = 2) -> list[Fact]:
    """Return what authors have in common; an answer has a sentence for each author, `most` sentences at the most."""
    facts = []
    for field, form in FORMS["list"].items():
        for value in sorted({author[field] for author in authors}):
            members = [author for author in authors if author[field] == value][:most]
            answer = " ".join(form.answer.format_map(member) for member in members)
            facts.append(form._replace(answer=answer).fact("list", value, field, {field: value}))
    return facts
