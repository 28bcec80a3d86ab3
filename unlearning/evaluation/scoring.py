"""A set's figures, from what a model made of it."""

from collections.abc import Sequence
from statistics import fmean

from ..examples import Part
from ..results import Scores
from .asking import Asked
from .extraction import exact_memorisation, extraction_strength
from .logit_lens import logit_lens
from .probability import choice_probability, probability
from .recall import recalls
from .rouge import rouge_l
from .truth_ratio import closeness, margin, truth_ratio

MULTIPLE_CHOICE: frozenset[Part] = frozenset({"real_authors", "world_facts"})
"""Sets whose answers TOFU weighs against the wrong ones."""

KEPT: frozenset[Part] = frozenset({"retain", "neighbours", "real_authors", "world_facts"})
"""Sets on which a model should tell right from wrong."""


def truth_ratios(asked: Sequence[Asked]) -> list[float]:
    """Return the truth ratio R of each example that has wrong answers, in order."""
    return [truth_ratio(each.wrong, each.reworded) for each in asked if each.wrong]


def scores(part: Part, asked: Sequence[Asked]) -> Scores:
    """Return a set's figures: means over its examples, of which there is at least one.

    The truth ratio R goes in as max(0, 1 − R) on what must stay and as min(R, 1/R) elsewhere. Where real authors and
    world facts have wrong answers, their probability is that of the right one among them.
    """
    ratios = truth_ratios(asked)
    others = [(each.example, text) for each in asked for text in each.paraphrase_texts]
    layers = [each.forced.layers for each in asked if each.forced.layers is not None]
    return Scores(
        count=len(asked),
        recall=fmean(recalls(each.example, each.text) for each in asked),
        rouge_l=fmean(rouge_l(each.example.answer, each.text) for each in asked),
        probability=fmean(_probability(part, each) for each in asked),
        paraphrase_recall=fmean(recalls(*each) for each in others) if others else None,
        paraphrase_rouge_l=fmean(rouge_l(example.answer, text) for example, text in others) if others else None,
        truth_ratio=(margin if part in KEPT else closeness)(ratios) if ratios else None,
        extraction_strength=fmean(extraction_strength(each.forced.likeliest) for each in asked),
        exact_memorisation=fmean(exact_memorisation(each.forced.likeliest) for each in asked),
        logit_lens=logit_lens(layers) if layers else None,
        by_target=_by_target(asked),
    )


def _by_target(asked: Sequence[Asked]) -> dict[str, float]:
    """Return recall by target."""
    recalled: dict[str, list[bool]] = {}
    for each in asked:
        if each.example.target:
            recalled.setdefault(each.example.target, []).append(recalls(each.example, each.text))
    return {target: fmean(found) for target, found in recalled.items()}


def _probability(part: Part, asked: Asked) -> float:
    if part in MULTIPLE_CHOICE and asked.wrong:
        return choice_probability(asked.forced.mean, asked.wrong)
    return probability(asked.forced.mean)
