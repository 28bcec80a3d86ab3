"""A set of examples put to a model: all that its measures are taken from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice
from typing import NamedTuple

from ..examples import Example
from ..subject import ANSWER_TOKENS, Subject
from .forcing import SHALLOW, Depth, Forced, force

PARAPHRASES = 2
"""So many other ways to ask are tried of each question: the first ones."""


class Asking(NamedTuple):
    """What is put to the model of each example, beside its question and its answer."""

    depth: Depth = SHALLOW
    """What is wanted of its answer."""

    others: bool = True
    """Whether it is asked in other words, and what it thinks of rewordings and of wrong answers."""

    def size(self, example: Example) -> int:
        """Return how many texts of an example are put to the model."""
        others = len(example.paraphrases[:PARAPHRASES]) + len(example.wrong_answers) + len(example.rewordings)
        return 2 + (others if self.others else 0)


class Asked(NamedTuple):
    """An example, and what a model made of it."""

    example: Example
    forced: Forced
    """What it thinks of the right answer."""

    text: str
    """What it says, by greedy decoding."""

    paraphrase_texts: list[str]
    """What it says where it is asked in other words."""

    wrong: list[float]
    """Mean log p of each wrong answer, nats."""

    reworded: list[float]
    """Mean log p of the right answer in other words, nats; of the right answer itself where there are none."""


def ask(
    subject: Subject, examples: Sequence[Example], asking: Asking, *, batch_size: int, advance: Callable[[int], None]
) -> list[Asked]:
    """Put a set to a model.

    Args:
        subject: The model.
        examples: The set.
        asking: What of it.
        batch_size: Texts that go through the model at once.
        advance: Is told how many texts have, each time some have.
    """

    def means(groups: Sequence[Sequence[str]]) -> list[list[float]]:
        flat = [(each.prompt, text) for each, texts in zip(examples, groups, strict=True) for text in texts]
        found = iter(force(subject, flat, batch_size=batch_size, advance=advance))
        return [[forced.mean for forced in islice(found, len(texts))] for texts in groups]

    pairs = [(each.prompt, each.answer) for each in examples]
    right = force(subject, pairs, depth=asking.depth, batch_size=batch_size, advance=advance)
    wrong = means([each.wrong_answers if asking.others else [] for each in examples])
    reworded = means([each.rewordings if asking.others else [] for each in examples])
    texts = _answers(subject, examples, right, asking, batch_size=batch_size, advance=advance)
    return [
        Asked(example, forced, first, others, against, beside or [forced.mean])
        for example, forced, (first, *others), against, beside in zip(
            examples, right, texts, wrong, reworded, strict=True
        )
    ]


def _answers(
    subject: Subject,
    examples: Sequence[Example],
    right: Sequence[Forced],
    asking: Asking,
    *,
    batch_size: int,
    advance: Callable[[int], None],
) -> list[list[str]]:
    """Return what is said to each example's question, and to its other wordings."""
    questions = [
        (number, question)
        for number, each in enumerate(examples)
        for question in [each.prompt, *(each.paraphrases[:PARAPHRASES] if asking.others else [])]
    ]
    lengths = [len(forced.log_probs) for forced in right]
    # A batch is done when its longest answer is: answers of like length go together, as far as the right ones tell.
    order = sorted(range(len(questions)), key=lambda at: lengths[questions[at][0]])
    longest = max([ANSWER_TOKENS, *lengths])  # or an answer that is longer could never be recalled
    found: dict[int, str] = {}
    for start in range(0, len(order), batch_size):
        some = order[start : start + batch_size]
        said = subject.answers([questions[at][1] for at in some], batch_size=batch_size, max_new_tokens=longest)
        found.update(zip(some, said, strict=True))
        advance(len(some))
    texts: list[list[str]] = [[] for _ in examples]
    for at, (number, _) in enumerate(questions):
        texts[number].append(found[at])
    return texts
