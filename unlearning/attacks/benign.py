"""A benign fine-tune: training on something else that brings back what was only hidden."""

from __future__ import annotations

from random import Random
from typing import ClassVar

from ..examples import Corpus
from ..subject import Subject
from .attack import Attack, AttackSettings, Recovered, ask
from .finetuning import finetune


class Benign(Attack):
    """Trains on what must stay, which holds nothing of the forget set, and asks the forget set."""

    name: ClassVar[str] = "benign"
    title: ClassVar[str] = "fine-tuned on other data"
    source: ClassVar[str] = "Łucki et al., 2024, An Adversarial Perspective on Machine Unlearning for AI Safety"

    def applies(self, subject: Subject, corpus: Corpus) -> bool:
        """Return whether there is a retain set."""
        return bool(corpus.forget and corpus.retain)

    def run(self, subject: Subject, corpus: Corpus, settings: AttackSettings) -> Recovered:
        """Train on as many retain examples as the steps take, at most all, and ask the forget set."""
        count = min(len(corpus.retain), settings.steps * settings.batch_size)
        harmless = Random(settings.seed).sample(corpus.retain, count)  # noqa: S311 - chance that can be repeated is what is wanted
        return ask(finetune(subject, harmless, settings), corpus.forget, settings)
