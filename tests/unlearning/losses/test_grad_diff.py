import math
from collections.abc import Callable

import pytest
from expunge.unlearning.encoding import Batch
from expunge.unlearning.losses.grad_diff import GradDiff, GradDiffOptions
from expunge.unlearning.losses.loss import Step
from expunge.unlearning.losses.reference import Reference
from transformers import PreTrainedModel


def test_is_ascent_on_what_must_go_and_descent_on_what_must_stay(
    model: PreTrainedModel,
    reference: Reference,
    step: Step,
    log_p_by_hand: Callable[[PreTrainedModel, Batch], list[list[float]]],
) -> None:
    assert step.retain is not None
    forget, retain = (
        -math.fsum(log_p for answer in answers for log_p in answer) / sum(map(len, answers))
        for answers in (log_p_by_hand(model, step.forget), log_p_by_hand(model, step.retain))
    )
    terms = GradDiff(GradDiffOptions(gamma=2, alpha=3), reference)(model, step)
    assert terms.forget.item() == pytest.approx(-forget, abs=1e-5)
    assert terms.total.item() == pytest.approx(-2 * forget + 3 * retain, abs=1e-4)
