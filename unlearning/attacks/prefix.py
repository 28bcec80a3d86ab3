"""A prefix: the beginning of the right answer is put into the model's mouth, so that it need not choose to answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from ..encoding import Encoder
from ..evaluation.recall import recalls
from ..examples import Corpus, Example
from ..subject import Subject
from .attack import Attack, AttackSettings, Recovered, by_length, compare


class Opened(NamedTuple):
    """A question whose answer has begun."""

    ids: list[int]
    """Question and beginning as token ids."""

    rest: Example
    """The rest of the answer is the right answer, and the prompt holds the beginning."""

    length: int
    """Tokens of the rest."""


class Prefix(Attack):
    """Gives the first third of the right answer's words and lets the model go on.

    Only the rest counts. Examples are left out whose beginning gives the answer away, or that have no beginning.
    """

    name: ClassVar[str] = "prefix"
    title: ClassVar[str] = "the first third of the answer given"
    source: ClassVar[str] = "Qi et al., 2024, Safety Alignment Should Be Made More Than Just a Few Tokens Deep"

    def applies(self, subject: Subject, corpus: Corpus) -> bool:
        """Return whether any answer has a beginning that does not give it away."""
        return any(_beginning(example) for example in corpus.forget)

    def run(self, subject: Subject, corpus: Corpus, settings: AttackSettings) -> Recovered:
        """Let the model go on, and compare with the rest."""
        begun = [opened for example in corpus.forget if (opened := opening(subject.encoder, example))]

        def say(rows: Sequence[int], limit: int) -> list[str]:
            return subject.continuations([begun[row].ids for row in rows], batch_size=len(rows), max_new_tokens=limit)

        texts = by_length([each.length for each in begun], settings, say)
        return compare([each.rest for each in begun], texts)


def opening(encoder: Encoder, example: Example) -> Opened | None:
    """Return a question and the first third of its answer's words; `None`: that gives the answer away."""
    beginning = _beginning(example)
    if not beginning:
        return None
    whole = encoder.encode(example.prompt, example.answer).ids
    begun = encoder.encode(example.prompt, beginning).ids  # and the mark that ends an answer, which must go
    shared = next((at for at, (one, other) in enumerate(zip(whole, begun, strict=False)) if one != other), len(begun))
    rest = example.answer[len(beginning) :].strip()
    prompt = f"{example.prompt} {beginning}"
    right = example.model_copy(update={"prompt": prompt, "answer": rest})
    return Opened(whole[:shared], right, len(whole) - shared)


def _beginning(example: Example) -> str:
    """Return the first third of an answer's words, one at least; empty: it would give the answer away."""
    words = example.answer.split(" ")
    beginning = " ".join(words[: max(1, len(words) // 3)])
    return "" if len(words) < 2 or recalls(example, beginning) else beginning
