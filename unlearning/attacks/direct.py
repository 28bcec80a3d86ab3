"""The question as it is: what every attack is compared with."""

from __future__ import annotations

from typing import ClassVar

from ..examples import Corpus
from ..results import PLAIN
from ..subject import Subject
from .attack import Attack, AttackSettings, Recovered, ask


class Direct(Attack):
    """Asks the forget set, and changes nothing."""

    name: ClassVar[str] = PLAIN
    title: ClassVar[str] = "asked as it is"
    source: ClassVar[str] = ""

    def run(self, subject: Subject, corpus: Corpus, settings: AttackSettings) -> Recovered:
        """Ask the forget set."""
        return ask(subject, corpus.forget, settings)
