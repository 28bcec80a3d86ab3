import math
from collections.abc import Callable

import pytest
import torch
from expunge.unlearning.encoding import Batch
from expunge.unlearning.losses.loss import Step
from expunge.unlearning.losses.reference import Reference
from expunge.unlearning.losses.satimp import SatImp, SatImpOptions
from transformers import PreTrainedModel


@pytest.mark.parametrize(("beta1", "beta2"), [(5.0, 1.0), (0.5, 2.0), (0.0, 0.0)])
def test_weighs_by_p_and_by_its_rest(
    model: PreTrainedModel,
    reference: Reference,
    step: Step,
    log_p_by_hand: Callable[[PreTrainedModel, Batch], list[list[float]]],
    beta1: float,
    beta2: float,
) -> None:
    tokens = [log_p for answer in log_p_by_hand(model, step.forget) for log_p in answer]
    terms = [math.exp(log_p) ** beta1 * (1 - math.exp(log_p)) ** beta2 * log_p for log_p in tokens]
    loss = SatImp(SatImpOptions(beta1=beta1, beta2=beta2), reference).forget(model, step).item()
    assert loss == pytest.approx(math.fsum(terms) / len(terms), rel=1e-4, abs=1e-9)


@pytest.mark.parametrize("score", [-2.0, 3.0, 6.0])
def test_weights_have_no_gradient(
    reference: Reference, fixed_model: Callable[[torch.Tensor], PreTrainedModel], score: float
) -> None:
    one = Batch(torch.tensor([[1, 2]]), torch.tensor([[1, 1]]), torch.tensor([[-100, 2]]), torch.tensor([0]))
    scores = torch.zeros(50)
    scores[2] = score
    model = fixed_model(scores)
    SatImp(SatImpOptions(), reference).forget(model, Step(one)).backward()  # type: ignore[no-untyped-call]
    p = math.exp(score) / (math.exp(score) + 49)
    (weight,) = model.parameters()
    assert weight.grad is not None
    assert weight.grad[2].item() == pytest.approx(p**5 * (1 - p) * (1 - p), rel=1e-3)


def test_a_certain_token_and_an_odd_power_are_a_number(
    reference: Reference, fixed_model: Callable[[torch.Tensor], PreTrainedModel]
) -> None:
    one = Batch(torch.tensor([[1, 2]]), torch.tensor([[1, 1]]), torch.tensor([[-100, 2]]), torch.tensor([0]))
    scores = torch.full((50,), -30.0)
    scores[2] = 30.0
    loss = SatImp(SatImpOptions(beta2=0.5), reference).forget(fixed_model(scores), Step(one))
    assert loss.item() == 0
