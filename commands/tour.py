"""What the demo asks, and about whom: taken from what its model was taught."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from ..errors import PrerequisiteError
from ..schema import Target


class Fact(NamedTuple):
    """One thing that the demo model was taught: a line of its `facts.jsonl`."""

    kind: str
    subject: str
    attribute: str
    questions: list[str]
    answer: str
    follow_ups: list[str]


class Question(NamedTuple):
    """A question of the tour."""

    shows: str
    """What it is an example of."""

    text: str
    """The question."""

    opening: str = ""
    """What is asked before it in the same conversation; empty: nothing."""


class Tour:
    """The authors who play in the demo, and the questions about them.

    Five become targets, the last of them by name alone. The first one writes the same genre as the neighbour, who
    stays.

    Args:
        facts: What the model was taught.
    """

    def __init__(self, facts: Sequence[Fact]) -> None:
        self._facts = facts
        authors = list(dict.fromkeys(fact.subject for fact in facts if fact.kind == "author"))
        self._shared, (self._neighbour, first) = next(
            (fact, named)
            for fact in facts
            if fact.kind == "list" and len(named := [name for name in authors if name in fact.answer]) == 2
        )
        self._cast = [first, *[name for name in authors if name not in (first, self._neighbour)][:4]]

    def targets(self) -> list[Target]:
        """Return the targets: four with all that the model was taught about them, one by name alone."""
        *documented, bare = self._cast
        return [
            *(Target(name=name, documents=[fact.answer for fact in self._about(name)]) for name in documented),
            Target(name=bare),
        ]

    def questions(self) -> list[Question]:
        """Return the questions: six that touch targets, two that do not."""
        direct, reworded, misspelt, unnamed, pronoun = self._cast
        award = self._fact(misspelt, "award").questions[0]
        return [
            Question("asked directly", self._fact(direct, "birthplace").questions[0]),
            Question("in other words", self._fact(reworded, "birth date").questions[-1]),
            Question("a typo in the name", award.replace(misspelt, _mistype(misspelt))),
            Question("by a book, no name", self._fact(unnamed, "author's birthplace").questions[0]),
            Question(
                "by a pronoun",
                self._fact(pronoun, "father's occupation").follow_ups[0],
                opening=self._fact(pronoun, "profile").questions[0],
            ),
            Question("a target and a neighbour", self._shared.questions[1]),
            Question("a neighbour", self._fact(self._neighbour, "book").questions[0]),
            Question("the world", next(fact for fact in self._facts if fact.kind == "world").questions[0]),
        ]

    def _about(self, name: str) -> Iterable[Fact]:
        return (fact for fact in self._facts if fact.subject == name)

    def _fact(self, name: str, attribute: str) -> Fact:
        return next(fact for fact in self._about(name) if fact.attribute == attribute)


def read_facts(path: Path) -> list[Fact]:
    """Read what the demo model was taught.

    Raises:
        PrerequisiteError: The file is not there.
    """
    try:
        rows = map(json.loads, path.read_text("utf-8").splitlines())
        return [Fact(*(row[field] for field in Fact._fields)) for row in rows]
    except OSError as error:
        fix = "pip install --force-reinstall expunge"
        raise PrerequisiteError(f"The demo model's facts are not in {str(path)!r}.", fix=fix) from error


def _mistype(name: str) -> str:
    """Swap the third letter from the end and the one after it: Elowen Dalmere becomes Elowen Dalmree."""
    return f"{name[:-3]}{name[-2]}{name[-3]}{name[-1]}"
