import math
from collections.abc import Callable

import pytest
import torch
from expunge.unlearning.encoding import IGNORED, Batch
from expunge.unlearning.losses.ceu import CEU, CEUOptions
from expunge.unlearning.losses.loss import Step
from expunge.unlearning.losses.reference import Reference
from transformers import PreTrainedModel


def entropy_by_hand(scores: list[float], right: int) -> float:
    weights = [0.0 if token == right else math.exp(score) for token, score in enumerate(scores)]
    total, norm = math.fsum(weights), math.log(math.fsum(map(math.exp, scores)))
    return -math.fsum(weight / total * (score - norm) for weight, score in zip(weights, scores, strict=True))


def test_target_is_the_model_without_the_right_token(
    model: PreTrainedModel,
    reference: Reference,
    step: Step,
    logits_by_hand: Callable[[PreTrainedModel, Batch], list[list[list[float]]]],
) -> None:
    positions = [position for answer in logits_by_hand(model, step.forget) for position in answer]
    right = [token for token in step.forget.labels.flatten().tolist() if token != IGNORED]
    entropies = [entropy_by_hand(*each) for each in zip(positions, right, strict=True)]
    loss = CEU(CEUOptions(), reference)
    assert loss.forget(model, step).item() == pytest.approx(math.fsum(entropies) / len(entropies), rel=1e-5)
    assert not loss.wants(model)
    assert not loss.needs_retain


@pytest.mark.parametrize("score", [-200.0, 0.5, 4.0, 200.0])
def test_gradient_is_bounded_and_a_number(
    reference: Reference, fixed_model: Callable[[torch.Tensor], PreTrainedModel], score: float
) -> None:
    one = Batch(torch.tensor([[1, 2]]), torch.tensor([[1, 1]]), torch.tensor([[-100, 2]]), torch.tensor([0]))
    scores = torch.linspace(-1, 1, 50)  # not alike, or a gradient through the target would be 0
    scores[2] = score
    model = fixed_model(scores)
    CEU(CEUOptions(), reference).forget(model, Step(one)).backward()  # type: ignore[no-untyped-call]
    others = math.fsum(math.exp(other) for token, other in enumerate(scores.tolist()) if token != 2)
    p = math.exp(score) / (math.exp(score) + others)
    expected = -p / others * scores.double().exp()  # p_j − target_j, of which target_j is the share among the others
    expected[2] = p
    (weight,) = model.parameters()
    assert weight.grad is not None
    assert torch.allclose(weight.grad.double(), expected, atol=1e-6)
