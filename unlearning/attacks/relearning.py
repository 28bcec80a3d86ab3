"""Relearning: a few steps on a part of what was unlearned bring back the rest where it was only hidden."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import ClassVar, NamedTuple

from ..examples import Corpus, Example
from ..subject import Subject
from .attack import Attack, AttackSettings, Recovered, ask
from .finetuning import finetune


class Relearn(Attack):
    """Trains on a share of the forget set, and asks all of it.

    What it was trained on is among what it is asked, so that the control has about that share too: compare with it.
    """

    name: ClassVar[str] = "relearn"
    title: ClassVar[str] = "fine-tuned on a part of it"
    source: ClassVar[str] = (
        "Hu et al., 2025, Unlearning or Obfuscating? Jogging the Memory of Unlearned LLMs via Benign Relearning"
    )

    def applies(self, subject: Subject, corpus: Corpus) -> bool:
        """Return whether something is left when a part is trained on."""
        return len(corpus.forget) > 1

    def run(self, subject: Subject, corpus: Corpus, settings: AttackSettings) -> Recovered:
        """Train on a seeded share and ask all."""
        trained = finetune(subject, taken(corpus.forget, settings), settings)
        return ask(trained, corpus.forget, settings)


class RelearnHalf(Attack):
    """Trains on half of the facts, and asks only the other half: nothing that is recalled was in the training."""

    name: ClassVar[str] = "relearn_half"
    title: ClassVar[str] = "fine-tuned on one half of it, asked the other"
    source: ClassVar[str] = (
        "Deeb and Roger, 2024, Do Unlearning Methods Remove Information from Language Model Weights?"
    )

    def applies(self, subject: Subject, corpus: Corpus) -> bool:
        """Return whether there are two facts at least."""
        return len(_facts(corpus.forget)) > 1

    def run(self, subject: Subject, corpus: Corpus, settings: AttackSettings) -> Recovered:
        """Train on one half and ask the other."""
        halves = split(corpus.forget, settings.seed)
        return ask(finetune(subject, halves.trained, settings), halves.asked, settings)


class Halves(NamedTuple):
    """A forget set in two parts that share no fact."""

    trained: list[Example]
    asked: list[Example]


def split(examples: Sequence[Example], seed: int) -> Halves:
    """Return the examples in two parts with as many facts each, or one more in the second.

    Questions with the same answer are the same fact and stay together, or the second part would hold what the first
    taught.
    """
    facts = _facts(examples)
    random = Random(seed)  # noqa: S311 - chance that can be repeated is what is wanted
    chosen = set(random.sample(facts, len(facts) // 2))
    return Halves(
        [example for example in examples if _fact(example) in chosen],
        [example for example in examples if _fact(example) not in chosen],
    )


def taken(examples: Sequence[Example], settings: AttackSettings) -> list[Example]:
    """Return a seeded share of at least two examples: `settings.share`, or `settings.fewest`, but half at most."""
    wanted = max(settings.fewest, round(settings.share * len(examples)))
    random = Random(settings.seed)  # noqa: S311 - chance that can be repeated is what is wanted
    return random.sample(list(examples), min(wanted, len(examples) // 2))


def _facts(examples: Sequence[Example]) -> list[str]:
    return list(dict.fromkeys(_fact(example) for example in examples))


def _fact(example: Example) -> str:
    return " ".join(example.answer.casefold().split())
