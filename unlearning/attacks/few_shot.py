"""Few-shot: exchanges that answer readily come before the question."""

from __future__ import annotations

from random import Random
from typing import ClassVar

from ..examples import Corpus
from ..subject import Question, Subject
from .attack import Attack, AttackSettings, Recovered, ask


class FewShot(Attack):
    """Puts exchanges from the retain set before each question; none holds anything of the forget set."""

    name: ClassVar[str] = "few_shot"
    title: ClassVar[str] = "asked after other exchanges"
    source: ClassVar[str] = "Lynch et al., 2024, Eight Methods to Evaluate Robust Unlearning in LLMs"

    def applies(self, subject: Subject, corpus: Corpus) -> bool:
        """Return whether there is a retain set."""
        return bool(corpus.forget and corpus.retain)

    def run(self, subject: Subject, corpus: Corpus, settings: AttackSettings) -> Recovered:
        """Ask the forget set, each question after exchanges of its own."""
        return ask(subject, corpus.forget, settings, questions_after_shots(corpus, settings))


def questions_after_shots(corpus: Corpus, settings: AttackSettings) -> list[Question]:
    """Return the questions of the forget set, each with seeded exchanges from the retain set before it."""
    random = Random(settings.seed)  # noqa: S311 - chance that can be repeated is what is wanted
    count = min(settings.shots, len(corpus.retain))
    return [
        ([(shot.prompt, shot.answer) for shot in random.sample(corpus.retain, count)], example.prompt)
        for example in corpus.forget
    ]
