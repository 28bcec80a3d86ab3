"""Paraphrases: the same question in words that no method was given."""

from __future__ import annotations

from typing import ClassVar

from ..examples import Corpus
from ..subject import Subject
from .attack import Attack, AttackSettings, Recovered, ask


class Paraphrase(Attack):
    """Asks every paraphrase of the forget set."""

    name: ClassVar[str] = "paraphrase"
    title: ClassVar[str] = "asked in other words"
    source: ClassVar[str] = "Patil et al., 2023, Can Sensitive Information Be Deleted From LLMs?"

    def applies(self, subject: Subject, corpus: Corpus) -> bool:
        """Return whether any example has one."""
        return any(example.paraphrases for example in corpus.forget)

    def run(self, subject: Subject, corpus: Corpus, settings: AttackSettings) -> Recovered:
        """Ask them all; each counts alike."""
        examples = [
            example.model_copy(update={"prompt": paraphrase})
            for example in corpus.forget
            for paraphrase in example.paraphrases
        ]
        return ask(subject, examples, settings)
