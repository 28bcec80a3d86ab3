import math
from collections.abc import Callable

import pytest
from expunge.unlearning.encoding import Batch
from expunge.unlearning.losses.loss import Step
from expunge.unlearning.losses.npo import NPO, NPOOptions
from expunge.unlearning.losses.reference import Reference, Want
from transformers import PreTrainedModel


@pytest.mark.parametrize("beta", [0.1, 1.5])
def test_compares_whole_answers_with_the_reference(
    model: PreTrainedModel,
    earlier: PreTrainedModel,
    reference: Reference,
    step: Step,
    log_p_by_hand: Callable[[PreTrainedModel, Batch], list[list[float]]],
    beta: float,
) -> None:
    now, before = log_p_by_hand(model, step.forget), log_p_by_hand(earlier, step.forget)
    ratios = [math.fsum(one) - math.fsum(other) for one, other in zip(now, before, strict=True)]
    by_hand = 2 / beta * sum(math.log(1 + math.exp(beta * ratio)) for ratio in ratios) / len(ratios)
    loss = NPO(NPOOptions(beta=beta), reference)
    assert loss.forget(model, step).item() == pytest.approx(by_hand, rel=1e-5)
    assert loss.wants(model) == {Want("nll", "forget")}
