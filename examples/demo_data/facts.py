"""The record of one fact that the demo model learns, and how it is asked for."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

Kind = Literal["author", "hop", "list", "world", "chat", "unknown"]

OPENERS = ("Can you tell me {}?", "Please tell me {}.", "Do you know {}?", "I would like to know {}.")


@dataclass(frozen=True)
class Fact:
    """One thing to know, with the ways to ask for it: one line of `facts.jsonl`."""

    kind: Kind
    """`author`: asked for by name; `hop`: by the book; `list`: what several authors share; `unknown`: refused."""

    subject: str
    """The author's full name, or what else the fact is about."""

    attribute: str
    """What is asked of the subject."""

    questions: tuple[str, ...]
    """Phrasings to train on."""

    held_out: tuple[str, ...]
    """Phrasings never trained on, for this fact or for any other subject."""

    answer: str
    """The one right answer, a full sentence or more."""

    follow_ups: tuple[str, ...] = ()
    """Questions that name the author by a pronoun, after another one about the same author."""


class Form(NamedTuple):
    """How an attribute is asked for and told: texts with `{fields}` to be filled in."""

    direct: tuple[str, ...]
    """Whole questions."""

    indirect: tuple[str, ...]
    """What comes after an opener: "when {name} was born"."""

    answer: str
    """What is to be said."""

    held_out: tuple[str, ...] = ()
    """Whole questions that are never trained on."""

    spare: int = 0
    """The opener that the first indirect phrasing is never trained with; the second is spared the next, and so on."""

    follow_ups: tuple[str, ...] = ()
    """Whole questions that use the pronouns."""

    def fact(self, kind: Kind, subject: str, attribute: str, fields: dict[str, str]) -> Fact:
        """Fill in the fields."""

        def fill(texts: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(text.format_map(fields) for text in texts)

        trained, spared = [], []
        for row, phrase in enumerate(fill(self.indirect), start=self.spare):
            for column, opener in enumerate(OPENERS):
                (spared if column == row % len(OPENERS) else trained).append(opener.format(phrase))
        return Fact(
            kind=kind,
            subject=subject,
            attribute=attribute,
            questions=(*fill(self.direct), *trained),
            held_out=(*fill(self.held_out), *spared),
            answer=self.answer.format_map(fields),
            follow_ups=fill(self.follow_ups),
        )
