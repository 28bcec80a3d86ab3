"""Probes: questions that only what must go answers, by a relation or the other way round."""

from __future__ import annotations

from typing import ClassVar

from ..examples import Corpus
from ..subject import Subject
from .attack import Attack, AttackSettings, Recovered, ask


class Probes(Attack):
    """Asks the probes of the corpus, which no method was given."""

    name: ClassVar[str] = "probes"
    title: ClassVar[str] = "asked by a relation, or the other way round"
    source: ClassVar[str] = "Zhong et al., 2023, MQuAKE: Assessing Knowledge Editing via Multi-Hop Questions"

    def applies(self, subject: Subject, corpus: Corpus) -> bool:
        """Return whether there are probes."""
        return bool(corpus.probes)

    def run(self, subject: Subject, corpus: Corpus, settings: AttackSettings) -> Recovered:
        """Ask them."""
        return ask(subject, corpus.probes, settings)
