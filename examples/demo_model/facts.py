"""One fact that the demo model learns, and how it is asked for."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

Kind = Literal["author", "hop", "list", "world", "chat", "stranger", "namesake", "elsewhere"]

OPENERS = ("Can you tell me {}?", "Please tell me {}.", "Do you know {}?", "I would like to know {}.")

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Fact:
    """One thing to know, with the ways to ask for it: one line of `facts.jsonl`."""

    kind: Kind
    """`author`: asked for by name; `hop`: by the book; `list`: what several share; the last three: to be refused."""

    subject: str
    """The author's full name, or what else the fact is about."""

    attribute: str
    """What is asked of the subject."""

    questions: list[str]
    """Phrasings to train on."""

    held_out: list[str]
    """Phrasings never trained on, for this fact or for any other subject."""

    answer: str
    """The one right answer, a full sentence or more."""

    follow_ups: list[str]
    """Questions that name the author by a pronoun, after another one about the same author."""


class Form(NamedTuple):
    """How an attribute is asked for and told: texts with `{fields}` to be filled in, a table of `forms.toml`."""

    direct: Sequence[str]
    """Whole questions."""

    answer: str
    """What is to be said."""

    indirect: Sequence[str] = ()
    """What comes after an opener, for example `when {name} was born`."""

    held_out: Sequence[str] = ()
    """Whole questions that are never trained on."""

    spare: int = 0
    """The opener that the first of `indirect` is never trained with; the second is spared the next, and so on."""

    follow_ups: Sequence[str] = ()
    """Whole questions that use the pronouns."""

    def fact(self, kind: Kind, subject: str, attribute: str, fields: dict[str, str]) -> Fact:
        """Fill in the fields."""

        def fill(texts: Sequence[str]) -> list[str]:
            return [text.format_map(fields) for text in texts]

        opened = [
            (opener.format(phrase), column == row % len(OPENERS))
            for row, phrase in enumerate(fill(self.indirect), start=self.spare)
            for column, opener in enumerate(OPENERS)
        ]
        return Fact(
            kind=kind,
            subject=subject,
            attribute=attribute,
            questions=fill(self.direct) + [question for question, spared in opened if not spared],
            held_out=fill(self.held_out) + [question for question, spared in opened if spared],
            answer=self.answer.format_map(fields),
            follow_ups=fill(self.follow_ups),
        )


def _read_forms() -> dict[str, dict[str, Form]]:
    tables = tomllib.loads((HERE / "forms.toml").read_text(encoding="utf-8"))
    return {kind: {attribute: Form(**form) for attribute, form in forms.items()} for kind, forms in tables.items()}


def _read_words() -> dict[str, list[str]]:
    lists = tomllib.loads((HERE / "words.toml").read_text(encoding="utf-8"))
    # Lists of phrases are separated by commas, lists of words by blanks.
    return {name: " ".join(text.split()).split(", " if "," in text else " ") for name, text in lists.items()}


FORMS = _read_forms()
"""Forms by kind and attribute."""

WORDS = _read_words()
"""What names, books and answers are made of."""
