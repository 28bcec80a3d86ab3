"""Gradients of cross entropy over a whole set, handed over one parameter at a time so that few are held at once."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import torch
from torch import Tensor
from transformers import PreTrainedModel

from ..encoding import Batch
from ..likelihood import counted, mean_cross_entropy
from ..losses.loss import logits_of

Take = Callable[[str, Tensor], None]
"""Is given a parameter's name and its gradient, which is gone afterwards."""


@contextmanager
def differentiable(model: PreTrainedModel) -> Iterator[None]:
    """Let all parameters have gradients, without dropout.

    Afterwards `requires_grad`, `.grad` and the mode of every module are what they were.
    """
    modes = [(module, module.training) for module in model.modules()]
    states = [(parameter, parameter.requires_grad, parameter.grad) for parameter in model.parameters()]
    try:
        torch.nn.Module.eval(model)
        for parameter, _, _ in states:
            parameter.requires_grad_(True)
            parameter.grad = None
        with torch.enable_grad():
            yield
    finally:
        for module, training in modes:
            module.training = training
        for parameter, required, gradient in states:
            parameter.requires_grad_(required)
            parameter.grad = gradient


def backward(model: PreTrainedModel, batch: Batch, take: Take) -> None:
    """Hand over the gradient of a batch's mean cross entropy, parameter by parameter, in `differentiable`.

    Tied weights are one parameter, and come once, with the sum over all their uses.
    """
    hooks = [
        parameter.register_post_accumulate_grad_hook(partial(_hand_over, take, name))  # type: ignore[no-untyped-call]
        for name, parameter in model.named_parameters()
    ]
    try:
        batch = batch.to(model.device)
        mean_cross_entropy(logits_of(model, batch), batch.labels).backward()  # type: ignore[no-untyped-call]
    finally:
        for hook in hooks:
            hook.remove()


def mean_gradients(model: PreTrainedModel, batches: Sequence[Batch]) -> dict[str, Tensor]:
    """Return the gradient of the mean cross entropy over all answer tokens, however they are cut into batches.

    Args:
        model: The model; it is left as it is.
        batches: All of a set. None: the gradients are 0.

    Returns:
        By parameter name, in float32 whatever the model's precision: 4 bytes for each weight.
    """
    sums = {name: torch.zeros_like(each, dtype=torch.float32) for name, each in model.named_parameters()}
    tokens = [int(counted(batch.labels).sum()) for batch in batches]
    with differentiable(model):
        for batch, count in zip(batches, tokens, strict=True):
            backward(model, batch, partial(_add, sums, count / max(sum(tokens), 1)))
    return sums


def _hand_over(take: Take, name: str, parameter: Tensor) -> None:
    if parameter.grad is not None:
        take(name, parameter.grad)
        parameter.grad = None


def _add(sums: dict[str, Tensor], weight: float, name: str, gradient: Tensor) -> None:
    sums[name].add_(gradient, alpha=weight)
