"""Detached: what steers a model at decoding time is taken away, and the weights are asked."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from ..examples import Corpus
from ..subject import Subject
from .attack import Attack, AttackSettings, Recovered, ask


class Detached(Attack):
    """Asks the forget set without what steers decoding: suppression leaves the weights as they were."""

    name: ClassVar[str] = "detached"
    title: ClassVar[str] = "asked with the adapter taken away"
    source: ClassVar[str] = ""

    def applies(self, subject: Subject, corpus: Corpus) -> bool:
        """Return whether something steers the model."""
        return bool(corpus.forget) and subject.decoding is not None

    def run(self, subject: Subject, corpus: Corpus, settings: AttackSettings) -> Recovered:
        """Ask the weights alone."""
        return ask(replace(subject, decoding=None), corpus.forget, settings)
