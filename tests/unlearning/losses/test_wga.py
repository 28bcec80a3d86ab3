import math
from collections.abc import Callable

import pytest
import torch
from expunge.unlearning.encoding import Batch
from expunge.unlearning.losses.grad_ascent import GradAscent, GradAscentOptions
from expunge.unlearning.losses.loss import Step
from expunge.unlearning.losses.reference import Reference
from expunge.unlearning.losses.wga import WGA, WGAOptions
from transformers import PreTrainedModel


@pytest.mark.parametrize("beta", [1.0, 0.3])
def test_weighs_log_p_by_p(
    model: PreTrainedModel,
    reference: Reference,
    step: Step,
    log_p_by_hand: Callable[[PreTrainedModel, Batch], list[list[float]]],
    beta: float,
) -> None:
    tokens = [log_p for answer in log_p_by_hand(model, step.forget) for log_p in answer]
    by_hand = math.fsum(math.exp(log_p) ** beta * log_p for log_p in tokens) / len(tokens)
    assert WGA(WGAOptions(beta=beta), reference).forget(model, step).item() == pytest.approx(by_hand, abs=1e-5)


def test_without_a_weight_it_is_gradient_ascent(model: PreTrainedModel, reference: Reference, step: Step) -> None:
    ascent = GradAscent(GradAscentOptions(), reference).forget(model, step)
    assert WGA(WGAOptions(beta=0), reference).forget(model, step).item() == pytest.approx(ascent.item(), abs=1e-6)


@pytest.mark.parametrize("score", [-2.0, 0.0, 6.0])
def test_ascends_below_1_over_e_too(
    reference: Reference, fixed_model: Callable[[torch.Tensor], PreTrainedModel], score: float
) -> None:
    """With gradient through the weight it would be p·(1 + log p), negative where p < 1/e: learning, not forgetting."""
    one = Batch(torch.tensor([[1, 2]]), torch.tensor([[1, 1]]), torch.tensor([[-100, 2]]), torch.tensor([0]))
    scores = torch.zeros(50)
    scores[2] = score
    model = fixed_model(scores)
    WGA(WGAOptions(), reference).forget(model, Step(one)).backward()  # type: ignore[no-untyped-call]
    p = math.exp(score) / (math.exp(score) + 49)
    (weight,) = model.parameters()
    assert weight.grad is not None
    assert weight.grad[2].item() == pytest.approx(p * (1 - p), rel=1e-4)  # d log p / d score is 1 − p
