"""Relearning: a few steps on a part of what was unlearned bring back the rest where it was only hidden."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import ClassVar, NamedTuple

from ..examples import Corpus, Example
from ..results import RELEARN, RELEARN_HALF
from ..subject import Subject
from .attack import Attack, AttackSettings, Recovered, ask
from .finetuning import finetune


class Relearn(Attack):
    """Trains on a few of the facts, and asks only the others: nothing that is recalled was in the training."""

    name: ClassVar[str] = RELEARN
    title: ClassVar[str] = "fine-tuned on a few of it, asked the rest"
    source: ClassVar[str] = (
        "Hu et al., 2025, Unlearning or Obfuscating? Jogging the Memory of Unlearned LLMs via Benign Relearning"
    )

    def applies(self, subject: Subject, corpus: Corpus) -> bool:
        """Return whether there are two facts at least."""
        return len(_facts(corpus.forget)) > 1

    def run(self, subject: Subject, corpus: Corpus, settings: AttackSettings) -> Recovered:
        """Train on a few and ask the rest."""
        return _relearned(subject, split(corpus.forget, few(corpus.forget, settings), settings.seed), settings)


class RelearnHalf(Relearn):
    """Trains on half of the facts, and asks only the other half."""

    name: ClassVar[str] = RELEARN_HALF
    title: ClassVar[str] = "fine-tuned on one half of it, asked the other"
    source: ClassVar[str] = (
        "Deeb and Roger, 2024, Do Unlearning Methods Remove Information from Language Model Weights?"
    )

    def run(self, subject: Subject, corpus: Corpus, settings: AttackSettings) -> Recovered:
        """Train on one half and ask the other."""
        return _relearned(subject, split(corpus.forget, len(_facts(corpus.forget)) // 2, settings.seed), settings)


class Split(NamedTuple):
    """A forget set in two parts that share no fact."""

    trained: list[Example]
    asked: list[Example]


def split(examples: Sequence[Example], count: int, seed: int) -> Split:
    """Return the examples in two parts, seeded.

    Questions with the same answer are the same fact and stay together, or the second part would hold what the first
    taught.

    Args:
        examples: The forget set.
        count: Facts of the first part, at most all.
        seed: What chooses them.
    """
    random = Random(seed)  # noqa: S311 - chance that can be repeated is what is wanted
    chosen = set(random.sample(_facts(examples), count))
    return Split(
        [example for example in examples if _fact(example) in chosen],
        [example for example in examples if _fact(example) not in chosen],
    )


def few(examples: Sequence[Example], settings: AttackSettings) -> int:
    """Return how many facts are a few: the share of the settings, or as many as they ask for, but half at most."""
    count = len(_facts(examples))
    return min(max(settings.fewest, round(settings.share * count)), count // 2)


def _relearned(subject: Subject, parts: Split, settings: AttackSettings) -> Recovered:
    return ask(finetune(subject, parts.trained, settings), parts.asked, settings)


def _facts(examples: Sequence[Example]) -> list[str]:
    return list(dict.fromkeys(_fact(example) for example in examples))


def _fact(example: Example) -> str:
    return " ".join(example.answer.casefold().split())
