"""SimNPO by derivation.

NPO's term is −(2/β)·log σ(β·(NLL − NLL_ref)). Taking NLL by length, NLL/|y|, and a constant δ for the reference gives
−(2/β)·log σ(β·(NLL/|y| − δ)). The paper writes it −(2/β)·log σ(−(β/|y|)·log p − γ): the same with γ = β·δ.

With p̄ = exp(−NLL/|y|) and δ = 0 the argument is −β·log p̄, and −log σ(x) = log(1 + exp(−x)), so that the loss is
(2/β)·log(1 + p̄^β). It is least, 0, at p̄ = 0: minimising it forgets. Its derivative by log p̄ is 2·p̄^β/(1 + p̄^β).
"""

import math
from collections.abc import Callable

import pytest
import torch
from expunge.unlearning.encoding import Batch
from expunge.unlearning.losses.loss import Step
from expunge.unlearning.losses.reference import Reference
from expunge.unlearning.losses.simnpo import SimNPO, SimNPOOptions
from transformers import PreTrainedModel

LogP = Callable[[PreTrainedModel, Batch], list[list[float]]]


@pytest.mark.parametrize("beta", [0.5, 4.5])
def test_is_a_function_of_the_geometric_mean_of_probabilities(
    model: PreTrainedModel, reference: Reference, step: Step, log_p_by_hand: LogP, beta: float
) -> None:
    means = [math.exp(math.fsum(answer) / len(answer)) for answer in log_p_by_hand(model, step.forget)]
    by_hand = 2 / beta * sum(math.log(1 + mean**beta) for mean in means) / len(means)
    loss = SimNPO(SimNPOOptions(beta=beta), reference)
    assert loss.forget(model, step).item() == pytest.approx(by_hand, rel=1e-5)


def test_a_margin_is_subtracted_by_length(
    model: PreTrainedModel, reference: Reference, step: Step, log_p_by_hand: LogP
) -> None:
    beta, delta = 2.0, 0.7
    entropies = [-math.fsum(answer) / len(answer) for answer in log_p_by_hand(model, step.forget)]
    paper = [-2 / beta * math.log(1 / (1 + math.exp(-(beta * entropy - beta * delta)))) for entropy in entropies]
    loss = SimNPO(SimNPOOptions(beta=beta, delta=delta), reference)
    assert loss.forget(model, step).item() == pytest.approx(sum(paper) / len(paper), rel=1e-5)


@pytest.mark.parametrize("score", [-3.0, 0.0, 5.0])
def test_its_gradient_fades_for_what_is_forgotten(
    reference: Reference, fixed_model: Callable[[torch.Tensor], PreTrainedModel], score: float
) -> None:
    one = Batch(torch.tensor([[1, 2]]), torch.tensor([[1, 1]]), torch.tensor([[-100, 2]]), torch.tensor([0]))
    scores = torch.zeros(50)
    scores[2] = score
    model = fixed_model(scores)
    SimNPO(SimNPOOptions(beta=1.5), reference).forget(model, Step(one)).backward()  # type: ignore[no-untyped-call]
    p = math.exp(score) / (math.exp(score) + 49)
    # d log p / d score is 1 − p.
    expected = 2 * p**1.5 / (1 + p**1.5) * (1 - p)
    (weight,) = model.parameters()
    assert weight.grad is not None
    assert weight.grad[2].item() == pytest.approx(expected, rel=1e-4)


def test_needs_no_reference_and_weighs_little(model: PreTrainedModel, reference: Reference) -> None:
    loss = SimNPO(SimNPOOptions(), reference)
    assert not loss.wants(model)
    assert loss.options.gamma == 0.125
