"""What every attack is: a way to bring back what was unlearned, and how much came back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from ..evaluation.recall import recalls
from ..evaluation.rouge import rouge_l
from ..examples import Corpus, Example
from ..subject import ANSWER_TOKENS, Question, Subject


class AttackSettings(BaseModel):
    """How hard the attacks try; the same for a model and for its control, or they could not be compared.

    The defaults suit a model of billions of parameters. All of its weights are trained, so give the learning rate that
    suits that, whatever the job trained: the rate of a LoRA is some ten times as high, and would ruin the model.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    seed: int = 0
    """What all chance comes from: which examples are trained on, in which order, and which exchanges come before."""

    batch_size: int = Field(default=16, ge=1)
    """Examples that go through the model at once, in training and when it is asked."""

    max_new_tokens: int = Field(default=ANSWER_TOKENS, ge=1)
    """Tokens of an answer at most, or as many as the longest right answer has."""

    steps: int = Field(default=20, ge=1)
    """Steps of fine-tuning, of one batch each, in the attacks that train."""

    learning_rate: float = Field(default=1e-5, gt=0)
    """Of AdamW, constant, in the attacks that train."""

    share: float = Field(default=0.1, gt=0, le=0.5)
    """Share of the facts of the forget set that `relearn` trains on."""

    fewest: int = Field(default=4, ge=1)
    """Facts that `relearn` trains on at least, where they are no more than half of all."""

    shots: int = Field(default=3, ge=1)
    """Exchanges that `few_shot` puts before a question."""

    @classmethod
    def small(cls, seed: int = 0) -> AttackSettings:
        """Return settings for a model of about a million parameters, such as the demo model.

        Measured on it with seeds 0 to 3: of the facts that it was not trained on, a model that had been fine-tuned to
        refuse all of them (it recalls none then) recalls 0.91 to 0.98 after `relearn_half` and 0.63 to 0.78 after
        `relearn`, and the control, which never learned them, 0.02 to 0.11 and 0 to 0.07. With half of the steps, what
        NPO had hidden stayed hidden; with twice as many, the control guesses more.
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

    by_target: dict[str, float] = field(default_factory=dict)
    """Recall on the examples of each target that has any, by its id."""


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
    lengths = [len(subject.encoder.encode(example.prompt, example.answer).answer) for example in examples]

    def say(rows: Sequence[int], limit: int) -> list[str]:
        return subject.answers([asked[row] for row in rows], batch_size=len(rows), max_new_tokens=limit)

    return compare(examples, by_length(lengths, settings, say))


def by_length(
    lengths: Sequence[int], settings: AttackSettings, say: Callable[[Sequence[int], int], list[str]]
) -> list[str]:
    """Return what a model says, in the order of the questions; right answers of like length are asked for together.

    A batch is done when its longest answer is. None is cut off before it could be the right one, or that could never
    be recalled.

    Args:
        lengths: Tokens of the right answers, one a question.
        settings: Batch size, and tokens of an answer where the right ones are shorter.
        say: Is given the numbers of the questions of a batch and the tokens of an answer at most, and returns the
            answers.
    """
    order = sorted(range(len(lengths)), key=lambda row: lengths[row])
    limit = max([settings.max_new_tokens, *lengths])
    said: dict[int, str] = {}
    for start in range(0, len(order), settings.batch_size):
        rows = order[start : start + settings.batch_size]
        said.update(zip(rows, say(rows, limit), strict=True))
    return [said[row] for row in range(len(lengths))]


def compare(examples: Sequence[Example], texts: Sequence[str], right: Sequence[bool] | None = None) -> Recovered:
    """Compare what a model said with the right answers, in the same order.

    Args:
        examples: What is right, at least one.
        texts: What was said.
        right: Which of it counts as recalled; `None`: what holds every word that is asked for.
    """
    pairs = list(zip(examples, texts, strict=True))
    right = [recalls(*pair) for pair in pairs] if right is None else right
    alike = fmean(rouge_l(example.answer, text) for example, text in pairs)
    return Recovered(len(pairs), fmean(right), alike, _by_target(examples, right))


def _by_target(examples: Sequence[Example], right: Sequence[bool]) -> dict[str, float]:
    found: dict[str, list[bool]] = {}
    for example, recalled in zip(examples, right, strict=True):
        if example.target:
            found.setdefault(example.target, []).append(recalled)
    return {target: fmean(each) for target, each in found.items()}
