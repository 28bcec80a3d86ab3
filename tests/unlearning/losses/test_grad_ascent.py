import math
from collections.abc import Callable

import pytest
import torch
from expunge.unlearning.encoding import Batch
from expunge.unlearning.losses.grad_ascent import GradAscent, GradAscentOptions
from expunge.unlearning.losses.loss import Step
from expunge.unlearning.losses.reference import Reference
from transformers import PreTrainedModel

LogP = Callable[[PreTrainedModel, Batch], list[list[float]]]


def test_is_the_mean_log_p_of_all_answer_tokens(
    model: PreTrainedModel, reference: Reference, step: Step, log_p_by_hand: LogP
) -> None:
    tokens = [log_p for answer in log_p_by_hand(model, step.forget) for log_p in answer]
    assert len(tokens) == 8
    loss = GradAscent(GradAscentOptions(), reference)
    assert loss.forget(model, step).item() == pytest.approx(math.fsum(tokens) / 8, abs=1e-5)


def test_a_cap_is_of_each_answer(model: PreTrainedModel, reference: Reference, step: Step, log_p_by_hand: LogP) -> None:
    answers = log_p_by_hand(model, step.forget)
    means = [-math.fsum(answer) / len(answer) for answer in answers]
    cap = sorted(means)[1] + 0.01  # the highest of three is over it
    by_hand = sum(min(mean, cap) * len(answer) for mean, answer in zip(means, answers, strict=True)) / 8
    loss = GradAscent(GradAscentOptions(cap=cap), reference)
    assert loss.forget(model, step).item() == pytest.approx(-by_hand, abs=1e-5)
    assert by_hand < sum(mean * len(answer) for mean, answer in zip(means, answers, strict=True)) / 8 - 1e-3


def test_an_answer_over_the_cap_is_left_alone(model: PreTrainedModel, reference: Reference, step: Step) -> None:
    model.zero_grad()
    GradAscent(GradAscentOptions(cap=1e-3), reference).forget(model, step).backward()  # type: ignore[no-untyped-call]
    assert all(not weight.grad.any() for weight in model.parameters() if weight.grad is not None)
    model.zero_grad()


def test_asks_for_nothing_but_the_forget_set(model: PreTrainedModel, reference: Reference, step: Step) -> None:
    loss = GradAscent(GradAscentOptions(), reference)
    assert not loss.needs_retain
    assert not loss.wants(model)
    terms = loss(model, Step(step.forget))
    assert terms.retain is None
    assert torch.equal(terms.total, terms.forget)
