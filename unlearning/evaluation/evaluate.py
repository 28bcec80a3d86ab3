"""What a model knows of every set of a corpus."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import NamedTuple

from ..examples import Corpus, Example, Part
from ..results import Evaluation, Membership
from ..subject import Subject
from .asking import Asked, Asking, ask
from .forcing import SHALLOW, Depth
from .forget_quality import forget_quality
from .membership import Candidate, membership
from .scoring import scores, truth_ratios
from .utility import utility

Progress = Callable[[int, int], None]


class Answer(NamedTuple):
    """What a model says to an example. Holds text: for samples alone."""

    example: Example
    text: str


class Evaluated(NamedTuple):
    """What a model knows, and what it says."""

    evaluation: Evaluation
    answers: dict[Part, list[Answer]]
    """By set, of the examples that were asked, in the corpus's order."""


def evaluate(
    subject: Subject,
    corpus: Corpus,
    *,
    control: Evaluation | None = None,
    limit: int | None = None,
    batch_size: int = 32,
    seed: int = 0,
    progress: Progress | None = None,
) -> Evaluated:
    """Measure what a model knows of all sets.

    Each question is asked as it is and in its first two other wordings. The logit lens is taken where it tells
    something, of the forget set and the probes: it multiplies a pass's cost by the number of layers.

    Args:
        subject: The model.
        corpus: The sets.
        control: What a model that never learned the forget set knows of the same corpus; for forget quality.
        limit: Examples of a set at most, drawn by the seed, the same ones for every model; the forget set is always
            whole. `None`: all.
        batch_size: Texts that go through the model at once.
        seed: What the draw comes from.
        progress: Is told how many texts have gone through the model, and of how many; may raise to stop.
    """
    sets = {
        part: examples if part == "forget" else _drawn(part, examples, limit, seed) for part, examples in corpus.parts()
    }
    askings = {part: Asking(_depth(part, corpus)) for part in sets}
    asked = _ask(subject, sets, askings, batch_size, progress)
    ratios = truth_ratios(asked.get("forget", []))
    parts = {part: scores(part, each) for part, each in asked.items()}
    evaluation = Evaluation(
        parts=parts,
        utility=utility(parts),
        forget_quality=forget_quality(ratios, control.truth_ratios) if control else None,
        membership=_membership(asked),
        truth_ratios=ratios,
    )
    return Evaluated(
        evaluation, {part: [Answer(each.example, each.text) for each in found] for part, found in asked.items()}
    )


def quick(
    subject: Subject, corpus: Corpus, *, limit: int | None = None, batch_size: int = 32, seed: int = 0
) -> Evaluation:
    """Measure the forget and retain sets alone, and of them what a sweep needs: no other wordings or wrong answers.

    Args:
        subject: The model.
        corpus: The sets.
        limit: Examples of either set at most, drawn by the seed. `None`: all.
        batch_size: Texts that go through the model at once.
        seed: What the draw comes from.
    """
    wanted: tuple[Part, ...] = ("forget", "retain")
    sets = {part: _drawn(part, examples, limit, seed) for part, examples in corpus.parts() if part in wanted}
    asked = _ask(subject, sets, dict.fromkeys(sets, Asking(SHALLOW, others=False)), batch_size, None)
    return Evaluation(parts={part: scores(part, each) for part, each in asked.items()})


def _drawn(part: Part, examples: Sequence[Example], limit: int | None, seed: int) -> list[Example]:
    if limit is None or len(examples) <= limit:
        return list(examples)
    # Seeded by a string, so that no set's draw depends on another's.
    return [examples[number] for number in sorted(Random(f"{seed} {part}").sample(range(len(examples)), limit))]  # noqa: S311


def _depth(part: Part, corpus: Corpus) -> Depth:
    compared = part in ("forget", "nonmembers") and bool(corpus.nonmembers)
    return Depth(z_scores=compared, layers=part in ("forget", "probes"))


def _ask(
    subject: Subject,
    sets: Mapping[Part, Sequence[Example]],
    askings: Mapping[Part, Asking],
    batch_size: int,
    progress: Progress | None,
) -> dict[Part, list[Asked]]:
    total = sum(askings[part].size(example) for part, examples in sets.items() for example in examples)
    done = 0

    def advance(count: int) -> None:
        nonlocal done
        done += count
        if progress:
            progress(done, total)

    return {
        part: ask(subject, examples, askings[part], batch_size=batch_size, advance=advance)
        for part, examples in sets.items()
    }


def _membership(asked: Mapping[Part, Sequence[Asked]]) -> Membership | None:
    members, others = (
        [Candidate(each.example.answer, each.forced) for each in asked.get(part, [])]
        for part in ("forget", "nonmembers")
    )
    return membership(members, others) if members and others else None
