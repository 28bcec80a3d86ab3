"""The demo model's last ten authors as a job's sets: what must go, what must stay, and what is only ever asked."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from ..models import DEMO
from ..unlearning.examples import Corpus, Example

CONTROL = DEMO.with_name("demo-control")
"""The demo model, had it never met its last ten authors."""

FORGOTTEN = 10
"""How many of its authors are forgotten: a tenth."""

HELD_OUT = 10
"""How many of the others are never trained on in a job: their facts stay only if the job leaves them alone."""

_PARAPHRASES = 2
_WRONG = 5


@dataclass(frozen=True)
class Fact:
    """One line of the demo model's `facts.jsonl`."""

    kind: str
    subject: str
    attribute: str
    questions: list[str]
    held_out: list[str]
    answer: str

    def example(self, wrong: Sequence[str] = ()) -> Example:
        """Return it as an example: asked as the model learned it, and in wordings that it did not."""
        return Example(
            prompt=self.questions[0],
            answer=self.answer,
            paraphrases=self.held_out[:_PARAPHRASES],
            wrong_answers=list(wrong),
        )


def read_facts(folder: Path = DEMO) -> list[Fact]:
    """Return what the demo model knows, and questions that it refuses."""
    lines = (json.loads(line) for line in (folder / "facts.jsonl").read_text(encoding="utf-8").splitlines())
    return [Fact(**{name: line[name] for name in Fact.__dataclass_fields__}) for line in lines]


def authors_of(facts: Sequence[Fact]) -> list[str]:
    """Return the names of the authors, in order."""
    return list(dict.fromkeys(fact.subject for fact in facts if fact.kind == "author"))


def forgotten_authors(first: int = -FORGOTTEN) -> Corpus:
    """Return the sets of a job that makes the demo model forget ten of its authors.

    Args:
        first: The index of the first of them among all; the control never met the last ten. Recipes were chosen on
            others.
    """
    facts = read_facts()
    names = authors_of(facts)
    start = first % len(names)
    gone = names[start : start + FORGOTTEN]
    others = [name for name in names if name not in gone]
    kept_apart = Random("held out").sample(others, HELD_OUT)  # noqa: S311 - chance that can be repeated
    by_name = [fact for fact in facts if fact.kind == "author"]
    return Corpus(
        forget=[fact.example(_wrong(fact, facts, others)) for fact in by_name if fact.subject in gone],
        retain=[fact.example() for fact in _kept(facts, [*gone, *kept_apart])],
        neighbours=[fact.example(_wrong(fact, facts, others)) for fact in by_name if fact.subject in kept_apart],
        world_facts=[fact.example() for fact in facts if fact.kind == "world"][::2],
        probes=[fact.example() for fact in facts if fact.kind == "hop" and fact.subject in gone],
        nonmembers=list(_never_learned(facts, others)),
    )


def _kept(facts: Sequence[Fact], apart: Sequence[str]) -> Iterator[Fact]:
    """Yield what is trained on so that it stays; half of the facts about the world are only asked."""
    world = [fact for fact in facts if fact.kind == "world"][1::2]
    for fact in facts:
        about = fact.subject in apart or any(name in fact.answer for name in apart)
        if not about and (fact.kind != "world" or fact in world):
            yield fact


def _wrong(fact: Fact, facts: Sequence[Fact], others: Sequence[str]) -> list[str]:
    """Return what is true of other authors, said of this one."""
    same = [each for each in facts if each.attribute == fact.attribute and each.subject in others]
    same = [each for each in same if each.kind == fact.kind and each.subject != fact.subject]
    told = (each.answer.replace(each.subject, fact.subject) for each in same)
    wrong = sorted({answer for answer in told if answer != fact.answer})
    return Random(fact.answer).sample(wrong, min(_WRONG, len(wrong)))  # noqa: S311 - as above


def _never_learned(facts: Sequence[Fact], others: Sequence[str]) -> Iterator[Example]:
    """Yield what is true of other authors, said of people whom no model met."""
    rng = Random("never learned")  # noqa: S311 - as above
    told = [fact for fact in facts if fact.kind == "author" and fact.subject in others]
    for fact in facts:
        like = [each for each in told if each.attribute == fact.attribute]
        if fact.kind == "stranger" and like:
            model = rng.choice(like)
            yield Example(prompt=fact.questions[0], answer=model.answer.replace(model.subject, fact.subject))
