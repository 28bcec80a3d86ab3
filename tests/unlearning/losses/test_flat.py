import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from expunge.unlearning.encoding import Batch
from expunge.unlearning.losses.flat import FLAT, Divergence, FLATOptions
from expunge.unlearning.losses.loss import Step
from expunge.unlearning.losses.reference import Reference
from transformers import PreTrainedModel

# f and g of each divergence; f* is found by search below, never by a formula.
FORMS: dict[Divergence, tuple[Callable[[float], float], Callable[[float], float]]] = {
    "total_variation": (lambda u: abs(u - 1) / 2, lambda v: math.tanh(v) / 2),
    "kl": (lambda u: u * math.log(u), lambda v: v),
    "jensen_shannon": (
        lambda u: u * math.log(u) - (u + 1) * math.log((u + 1) / 2),
        lambda v: math.log(2 / (1 + math.exp(-v))),
    ),
    "pearson": (lambda u: (u - 1) ** 2, lambda v: v),
}
DIVERGENCES: list[Divergence] = ["total_variation", "kl", "jensen_shannon", "pearson"]


def conjugate(f: Callable[[float], float], t: float) -> float:
    """Return sup over u > 0 of u·t − f(u), by search."""
    grid: list[float] = [1.0, *np.geomspace(1e-7, 50, 40_000)]
    return max(u * t - f(u) for u in grid)


@pytest.mark.parametrize("divergence", DIVERGENCES)
def test_is_the_negative_of_the_variational_bound(
    model: PreTrainedModel,
    reference: Reference,
    step: Step,
    log_p_by_hand: Callable[[PreTrainedModel, Batch], list[list[float]]],
    divergence: Divergence,
) -> None:
    f, g = FORMS[divergence]
    template, original = (
        [math.fsum(map(math.exp, answer)) / len(answer) for answer in log_p_by_hand(model, batch)]
        for batch in (step.replacement, step.forget)
    )
    by_hand = [conjugate(f, g(o)) - g(t) for o, t in zip(original, template, strict=True)]
    loss = FLAT(FLATOptions(divergence=divergence), reference).forget(model, step).item()
    assert loss == pytest.approx(sum(by_hand) / len(by_hand), abs=1e-5)


def test_total_variation_and_kullback_leibler_in_closed_form(
    reference: Reference, fixed_model: Callable[[torch.Tensor], PreTrainedModel], step: Step
) -> None:
    even = fixed_model(torch.zeros(50))  # every token has p = 1/50
    losses = {
        divergence: FLAT(FLATOptions(divergence=divergence), reference).forget(even, step).item()
        for divergence in DIVERGENCES
    }
    assert losses["total_variation"] == pytest.approx(0, abs=1e-6)
    assert losses["kl"] == pytest.approx(math.exp(0.02 - 1) - 0.02, abs=1e-6)


def test_published_without_a_retain_term_or_a_reference(model: PreTrainedModel, reference: Reference) -> None:
    loss = FLAT(FLATOptions(), reference)
    assert not loss.needs_retain
    assert not loss.wants(model)
    assert loss.alternates == "unknown"
