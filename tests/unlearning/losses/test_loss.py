"""What holds for every loss."""

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from expunge.unlearning.encoding import IGNORED, Batch
from expunge.unlearning.losses import LOSSES
from expunge.unlearning.losses.loss import Loss, LossOptions, Step, logits_of
from expunge.unlearning.losses.npo import NPO, NPOOptions
from expunge.unlearning.losses.reference import Reference, Want
from expunge.unlearning.losses.rmu import RMU
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from transformers import PreTrainedModel

TOKEN_LOSSES = [loss for loss in LOSSES.values() if loss is not RMU]


def made(kind: type[Loss[Any]], reference: Reference, **options: object) -> Loss[Any]:
    return kind(kind.options_type.model_validate(options), reference)


def log_p(model: PreTrainedModel, batch: Batch) -> float:
    """Return the log p of all answers together."""
    with torch.no_grad():
        scores = logits_of(model, batch)[:, :-1].log_softmax(-1)
    return sum(
        scores[row, at - 1, token].item()
        for row, labels in enumerate(batch.labels.tolist())
        for at, token in enumerate(labels)
        if token != IGNORED
    )


@pytest.mark.parametrize("kind", LOSSES.values(), ids=LOSSES)
def test_what_must_go_is_run_through_the_model_first(
    model: PreTrainedModel, reference: Reference, step: Step, kind: type[Loss[Any]]
) -> None:
    given: list[Any] = []
    hook = model.register_forward_pre_hook(lambda _, __, named: given.append(named["input_ids"]), with_kwargs=True)
    try:
        made(kind, reference)(model, step)
    finally:
        hook.remove()
    assert torch.equal(given[0], step.forget.input_ids)


@pytest.mark.parametrize("kind", LOSSES.values(), ids=LOSSES)
def test_padding_changes_nothing(
    model: PreTrainedModel, reference: Reference, step: Step, padded: Step, kind: type[Loss[Any]]
) -> None:
    loss = made(kind, reference)
    one, other = loss(model, step), loss(model, padded)
    assert one.forget.item() == pytest.approx(other.forget.item(), rel=1e-5, abs=1e-9)
    assert one.total.item() == pytest.approx(other.total.item(), rel=1e-5, abs=1e-9)


@pytest.mark.parametrize("kind", TOKEN_LOSSES, ids=lambda kind: kind.name)
def test_a_step_makes_what_must_go_less_likely(
    knowing: PreTrainedModel,
    step: Step,
    reference_of: Callable[[PreTrainedModel], Reference],
    kind: type[Loss[Any]],
) -> None:
    before, template = log_p(knowing, step.forget), log_p(knowing, step.replacement)
    assert before > 8 * math.log(0.9)
    weights = list(knowing.parameters())
    gradients = torch.autograd.grad(made(kind, reference_of(knowing)).forget(knowing, step), weights)
    norm = torch.stack([gradient.norm() for gradient in gradients]).norm()
    with torch.no_grad():
        for weight, gradient in zip(weights, gradients, strict=True):
            weight.sub_(0.01 * gradient / norm)
    assert log_p(knowing, step.forget) < before
    if kind.alternates != "none":
        assert log_p(knowing, step.replacement) > template


@pytest.mark.parametrize("right", [-1e4, -90.0, 90.0, 1e4])
@pytest.mark.parametrize("kind", TOKEN_LOSSES, ids=lambda kind: kind.name)
def test_very_likely_and_very_unlikely_answers_give_numbers(
    fixed_model: Callable[[torch.Tensor], PreTrainedModel],
    reference_of: Callable[[PreTrainedModel], Reference],
    kind: type[Loss[Any]],
    right: float,
) -> None:
    asked, mask, rows = torch.tensor([[1, 12, 12]]), torch.ones(1, 3, dtype=torch.long), torch.tensor([0])
    forget = Batch(asked, mask, torch.tensor([[IGNORED, 12, 12]]), rows)
    other = Batch(torch.tensor([[1, 40, 41]]), mask, torch.tensor([[IGNORED, 40, 41]]), rows, "alternate")
    scores = torch.linspace(-1, 1, 50)
    scores[12] = right
    model = fixed_model(scores)
    loss = made(kind, reference_of(fixed_model(-scores))).forget(model, Step(forget, other))
    (gradient,) = torch.autograd.grad(loss, list(model.parameters()))
    assert loss.isfinite()
    assert bool(gradient.isfinite().all())


@pytest.mark.parametrize("kind", TOKEN_LOSSES, ids=lambda kind: kind.name)
def test_is_computed_in_float32(
    step: Step,
    fixed_model: Callable[[torch.Tensor], PreTrainedModel],
    reference_of: Callable[[PreTrainedModel], Reference],
    kind: type[Loss[Any]],
) -> None:
    scores = torch.linspace(-2, 2, 50).bfloat16()
    short, whole = fixed_model(scores), fixed_model(scores.float())
    reference = reference_of(fixed_model(torch.zeros(50)))
    one, other = made(kind, reference).forget(short, step), made(kind, reference).forget(whole, step)
    assert one.dtype == torch.float32
    assert one.item() == pytest.approx(other.item(), rel=1e-6)


@pytest.mark.parametrize("kind", LOSSES.values(), ids=LOSSES)
def test_says_what_it_is(kind: type[Loss[Any]]) -> None:
    assert LOSSES[kind.name] is kind
    assert kind.title
    assert ", 20" in kind.source
    assert kind.strength in kind.options_type.model_fields


@pytest.mark.parametrize("kind", LOSSES.values(), ids=LOSSES)
def test_options_out_of_range_are_refused(kind: type[Loss[Any]]) -> None:
    for name, value in {
        "gamma": 0,
        "alpha": -1,
        "retain_loss": "all",
        "unheard_of": 1,
        **{name: -1 for name in kind.options_type.model_fields if name not in LossOptions.model_fields},
        **dict.fromkeys(("gamma", "alpha"), math.inf),
    }.items():
        with pytest.raises(ValidationError, match=name):
            kind.options_type.model_validate({name: value})


def test_the_retain_term_is_cross_entropy_or_kl(
    model: PreTrainedModel, reference: Reference, step: Step, earlier: PreTrainedModel
) -> None:
    assert step.retain is not None
    ce = NPO(NPOOptions(gamma=2, alpha=3), reference)(model, step)
    assert ce.retain is not None
    assert ce.retain.item() == pytest.approx(-log_p(model, step.retain) / 5, abs=1e-5)
    assert ce.total.item() == pytest.approx(2 * ce.forget.item() + 3 * ce.retain.item(), rel=1e-5)
    kl = NPO(NPOOptions(retain_loss="kl"), reference)
    assert kl.wants(model) == {Want("nll", "forget"), Want("logits", "retain")}
    assert kl.retain(model, step.retain).item() > 0
    assert kl.retain(earlier, step.retain).item() == pytest.approx(0, abs=1e-5)


@given(
    alpha=st.sampled_from([0.0, 1.0]),
    retain_loss=st.sampled_from(["ce", "kl", "none"]),
    kind=st.sampled_from(TOKEN_LOSSES),
)
def test_asks_for_the_retain_set_only_where_it_is_used(
    model: PreTrainedModel, reference: Reference, kind: type[Loss[Any]], alpha: float, retain_loss: str
) -> None:
    loss = made(kind, reference, alpha=alpha, retain_loss=retain_loss)
    assert loss.needs_retain == (alpha > 0 and retain_loss != "none")
    assert (Want("logits", "retain") in loss.wants(model)) == (alpha > 0 and retain_loss == "kl")
    assert loss.trainable(model) is None
