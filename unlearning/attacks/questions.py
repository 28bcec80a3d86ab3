"""What the evaluation asked, counted among the attacks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..results import AttackResult, Evaluation
from .direct import Direct
from .paraphrases import Paraphrase


def with_questions(
    attacks: Sequence[AttackResult], after: Evaluation, control: Evaluation | None
) -> Iterator[AttackResult]:
    """Yield attacks, and the questions of the evaluation as if they were attacks.

    The evaluation has asked before, and nothing that it heard may be left out; but where an attack asks the same and
    brought back as much, once is enough.

    Args:
        attacks: What each attack brought back.
        after: The model after unlearning.
        control: A model that never learned the forget set.
    """
    yield from attacks
    same = {each.attack: each for each in attacks}
    for asked in _questions(after, control):
        tried = same.get(asked.attack)
        if tried is None or asked.gap > tried.gap or asked.rouge_gap > tried.rouge_gap:
            yield asked


def _questions(after: Evaluation, control: Evaluation | None) -> Iterator[AttackResult]:
    """Yield the questions of the evaluation: plain ones, and those in other words."""
    scores, never = after.parts["forget"], control.parts["forget"] if control else None
    yield AttackResult(
        attack=Direct.name,
        title=Direct.title,
        count=scores.count,
        recall=scores.recall,
        rouge_l=scores.rouge_l,
        control_recall=never.recall if never else None,
        control_rouge_l=never.rouge_l if never else None,
    )
    if scores.paraphrase_recall is not None:
        yield AttackResult(
            attack=Paraphrase.name,
            title=Paraphrase.title,
            count=scores.count,
            recall=scores.paraphrase_recall,
            rouge_l=scores.paraphrase_rouge_l or 0.0,
            control_recall=never.paraphrase_recall if never else None,
            control_rouge_l=never.paraphrase_rouge_l if never else None,
        )
