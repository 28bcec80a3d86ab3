"""What every attack is: a way to bring back what was unlearned, and how much came back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from ..evaluation.recall import recalls
from ..evaluation.rouge import rouge_l
from ..examples import Corpus, Example
from ..subject import ANSWER_TOKENS, Question, Subject


class AttackSettings(BaseModel):
    """How hard the attacks try; the same for a model and for its control, or they could not be compared.

    The defaults suit a model of billions of parameters. Give the job's own learning rate: an attacker has it too.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int = 0
    """What all chance comes from: which examples are trained on, in which order, and which exchanges come before."""

    batch_size: int = Field(default=16, ge=1)
    """Examples that go through the model at once, in training and when it is asked."""

    max_new_tokens: int = Field(default=ANSWER_TOKENS, ge=1)
    """Tokens of an answer at most."""

    steps: int = Field(default=20, ge=1)
    """Steps of fine-tuning, of one batch each, in the attacks that train."""

    learning_rate: float = Field(default=1e-5, gt=0)
    """Of AdamW, constant, in the attacks that train."""

    share: float = Field(default=0.1, gt=0, le=0.5)
    """Share of the forget set that `relearn` trains on."""

    fewest: int = Field(default=4, ge=1)
    """Examples that `relearn` trains on at least, where they are no more than half of the forget set."""

    shots: int = Field(default=3, ge=1)
    """Exchanges that `few_shot` puts before a question."""

    @classmethod
    def small(cls, seed: int = 0) -> AttackSettings:
        """Return settings for a model of about a million parameters, such as the demo model.

        Measured on it with seeds 0 to 3 and the attack `relearn_half`: of the facts that it was not trained on, a model
        that had been fine-tuned to refuse all of them recalls 0.78 to 0.84 (0 before), and the control, which never
        learned them, 0.02 to 0.11. With half of the steps, what NPO had hidden stayed hidden; with twice as many, the
        control guesses more.
        """
        return cls(seed=seed, batch_size=16, max_new_tokens=40, steps=20, learning_rate=5e-4)


@dataclass(frozen=True)
class Recovered:
    """What one model said under an attack."""

    count: int
    """Questions that were asked, at least 1."""

    recall: float
    """Share of them that were answered rightly, 0 to 1."""

    rouge_l: float
    """Mean ROUGE-L recall of the answers against the right ones, 0 to 1."""


class Attack(ABC):
    """A way to bring back what was unlearned. It leaves the model as it is: what changes weights works on a copy."""

    name: ClassVar[str]
    """How it is asked for, for example `relearn`."""

    title: ClassVar[str]
    """What it does, in a few words."""

    source: ClassVar[str]
    """Where it was described; empty: it is plain asking."""

    needs_control: ClassVar[bool] = False
    """Whether its recall says nothing unless a model that never learned is attacked too."""

    def applies(self, subject: Subject, corpus: Corpus) -> bool:
        """Return whether there is what it takes; an attack that does not apply is left out."""
        return bool(corpus.forget)

    @abstractmethod
    def run(self, subject: Subject, corpus: Corpus, settings: AttackSettings) -> Recovered:
        """Attack a model, or its control.

        Args:
            subject: The model, which is left as it is.
            corpus: The sets; only where the attack applies to them.
            settings: How hard to try.
        """


def ask(
    subject: Subject, examples: Sequence[Example], settings: AttackSettings, questions: Sequence[Question] | None = None
) -> Recovered:
    """Ask a model and compare with the right answers.

    Args:
        subject: The model.
        examples: What is right, one a question, at least one; recall counts what an example's prompt does not hold.
        settings: Batch size and length of answers.
        questions: What to ask; `None`: the examples' prompts.
    """
    asked = [example.prompt for example in examples] if questions is None else questions
    return compare(
        examples,
        subject.answers(asked, batch_size=settings.batch_size, max_new_tokens=settings.max_new_tokens),
    )


def compare(examples: Sequence[Example], texts: Sequence[str]) -> Recovered:
    """Compare what a model said with the right answers, in the same order; at least one."""
    right = [recalls(example, text) for example, text in zip(examples, texts, strict=True)]
    alike = [rouge_l(example.answer, text) for example, text in zip(examples, texts, strict=True)]
    return Recovered(len(examples), sum(right) / len(right), sum(alike) / len(alike))
