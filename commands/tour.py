"""What the demo asks, and about whom: taken from what its model was taught."""

import json
import re
from collections.abc import Sequence
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

    Attributes:
        targets: The targets, to be registered.
        questions: What the model is asked: six questions that touch targets, two that do not.
        longer: A question that is not put to the model: `longer_answer` is given in place of its answer.
        longer_answer: About the neighbour, a target that is not named, and the world.
    """

    def __init__(self, facts: Sequence[Fact]) -> None:
        self._facts = facts
        authors = list(dict.fromkeys(fact.subject for fact in facts if fact.kind == "author"))
        shared, (neighbour, first) = next(
            (fact, named)
            for fact in facts
            if fact.kind == "list" and len(named := [name for name in authors if name in fact.answer]) == 2
        )
        cast = [first, *[name for name in authors if name not in (first, neighbour)][:4]]
        world = next(fact for fact in facts if fact.kind == "world")
        self.targets = [*map(self._documented, cast[:-1]), Target(name=cast[-1])]
        self.questions = [
            *self._about_targets(*cast),
            Question("a target and a neighbour", shared.questions[1]),
            Question("a neighbour", self._fact(neighbour, "book").questions[0]),
            Question("the world", world.questions[0]),
        ]
        self.longer = Question("a longer answer", "Tell me about two authors, and about a country.")
        self.longer_answer = f"{self._fact(neighbour, 'book').answer} {self._unnamed(cast[3])} {world.answer}"

    def _about_targets(self, direct: str, reworded: str, misspelt: str, unnamed: str, pronoun: str) -> list[Question]:
        award = self._fact(misspelt, "award").questions[0]
        father, profile = self._fact(pronoun, "father's occupation"), self._fact(pronoun, "profile")
        return [
            Question("asked directly", self._fact(direct, "birthplace").questions[0]),
            Question("in other words", self._fact(reworded, "birth date").questions[-1]),
            Question("a typo in the name", award.replace(misspelt, _mistype(misspelt))),
            Question("by a book, unnamed", self._fact(unnamed, "author").questions[0]),
            Question("by a pronoun", father.follow_ups[0], opening=profile.questions[0]),
        ]

    def _documented(self, name: str) -> Target:
        return Target(name=name, documents=[fact.answer for fact in self._facts if fact.subject == name])

    def _unnamed(self, name: str) -> str:
        """Return a sentence that identifies an author without the name."""
        title = re.findall('".+"', self._fact(name, "book").answer)[0]
        return self._fact(name, "birth date").answer.replace(name, f"The author of {title}")

    def _fact(self, name: str, attribute: str) -> Fact:
        return next(fact for fact in self._facts if (fact.subject, fact.attribute) == (name, attribute))


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
    """Double the third letter of the surname, a typo that the model reads over: Ewan Belstone, Ewan Bellstone."""
    given, surname = name.split()
    return f"{given} {surname[:3]}{surname[2:]}"
