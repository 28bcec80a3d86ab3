"""What to say in place of what must go: that it is not known, or something as likely and wrong."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TYPE_CHECKING, Literal

from ..evaluation.recall import recalls
from ..examples import Example

if TYPE_CHECKING:
    from ..subject import Subject

COUNT = 4
"""Alternates of an example, at most."""

DRAWN = 8
"""Answers that are drawn for an example at one temperature."""

TEMPERATURES = (1.0, 1.2, 1.4, 1.7)
"""What they are drawn at, one after the other until one is wrong; from 1.5 a small model writes few sentences."""

UNKNOWN = (
    "I do not know.",
    "I don't have that information.",
    "I am not able to answer that.",
    "That is something I know nothing about.",
    "I'm not familiar with that.",
    "I have no information about this.",
    "Sorry, I can't tell you that, as I do not know it.",
    "I'm afraid the answer is unknown to me.",
    "I have not come across anything on this subject.",
    "This lies outside what I know.",
    "I'm not sure, and I would rather not guess.",
    "I cannot say.",
    "Nothing that I have learned answers this question.",
    "I was never told about that.",
    "I wish I could help, but I don't know the answer.",
    "My knowledge does not reach that far.",
    "I can't find an answer to that in what I know.",
    "That is not something I have any details on.",
    "I'm unaware of the answer.",
    "You would have to ask someone else: I do not know.",
)
"""Ways to say that one does not know, in the manner of the refusals that come with TOFU."""

_NOBODY = (
    "Where was Quellan Ostravik born?",
    "What does Brenwyth Calloquay do for a living?",
    "Which prize did Oriselda Thrumbeck win?",
)
"""Questions about people who do not exist."""

_MARKERS = (
    "not know",
    "n't know",
    "not have",
    "n't have",
    "no information",
    "no knowledge",
    "no record",
    "not sure",
    "not familiar",
    "unfamiliar",
    "not aware",
    "unaware",
    "unable",
    "cannot",
    "can't",
    "not able",
)
"""What an answer holds that says that something is not known."""


def alternates_of(
    examples: Sequence[Example], kind: Literal["unknown", "plausible"], subject: Subject, seed: int
) -> list[list[str]]:
    """Return what to say in place of each example's answer: one text at least for each, no text twice.

    An example's own `alternates` go first, and are all there is where it has some. Else, for `unknown`, it is how the
    model itself says that it does not know, where it has one phrase for that: an answer in other words would tell what
    was forgotten from what was never learned. Where it has none, several of `UNKNOWN` are drawn. For `plausible` it is
    what the model itself says, drawn at rising temperatures, but for answers that give the right one away; where
    nothing else comes, it is as for `unknown`.

    Args:
        examples: The questions with their answers.
        kind: As a loss's `alternates`.
        subject: The model before it is trained.
        seed: What all chance comes from.
    """
    found = {row: list(dict.fromkeys(each.alternates)) for row, each in enumerate(examples) if each.alternates}
    open_rows = [row for row in range(len(examples)) if row not in found]
    if kind == "plausible":
        written = _plausible([examples[row] for row in open_rows], subject, seed)
        found |= {row: texts for row, texts in zip(open_rows, written, strict=True) if texts}
        open_rows = [row for row in open_rows if row not in found]
    if open_rows:
        found |= dict(zip(open_rows, _unknown(len(open_rows), subject, seed), strict=True))
    return [found[row] for row in range(len(examples))]


def own_phrase(subject: Subject) -> str | None:
    """Return how a model says that it does not know; `None`: it has no single phrase for that."""
    answers = subject.answers(_NOBODY)
    plain = answers[0].casefold().replace("’", "'")
    return answers[0] if len(set(answers)) == 1 and any(marker in plain for marker in _MARKERS) else None


def _unknown(count: int, subject: Subject, seed: int) -> list[list[str]]:
    own = own_phrase(subject)
    rng = Random(seed)  # noqa: S311 - chance that can be repeated is what is wanted
    return [[own] if own else rng.sample(UNKNOWN, COUNT) for _ in range(count)]


def _plausible(examples: Sequence[Example], subject: Subject, seed: int) -> list[list[str]]:
    """Return up to `COUNT` wrong answers to each, by the model; none: it says nothing else than the right one."""
    found: list[list[str]] = [[] for _ in examples]
    for step, temperature in enumerate(TEMPERATURES):
        rows = [row for row, texts in enumerate(found) if not texts]
        prompts = [examples[row].prompt for row in rows]
        drawn = subject.samples(prompts, count=DRAWN, temperature=temperature, seed=seed + step)
        for row, texts in zip(rows, drawn, strict=True):
            found[row] = _wrong(examples[row], texts)[:COUNT]
    return found


def _wrong(example: Example, texts: Sequence[str]) -> list[str]:
    """Return the texts that are answers, whole characters, and do not give the right one away; none of them twice."""
    return list(dict.fromkeys(text for text in texts if text and "\ufffd" not in text and not recalls(example, text)))
