"""What a phase allows to move, and nothing else: by gradients that others never get."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import torch
from torch import Tensor
from transformers import PreTrainedModel

from ..selectors.selector import Phase


@contextmanager
def masking(model: PreTrainedModel, phase: Phase) -> Iterator[None]:
    """Let only what a phase names move; all else stays bit for bit.

    Parameters that are not named need no gradient, so an optimizer passes them over. Entries outside a mask get a
    gradient of exactly 0 before anything looks at it, so that clipping by norm counts only what may move, and an
    optimizer that started within the phase takes a step of exactly 0: its momentum was never anything else. So begin
    each phase with a new optimizer, and without weight decay, which shrinks weights whatever their gradient.

    Afterwards `requires_grad` is what it was, no parameter has a gradient, and the phase is closed.

    Raises:
        ValueError: The phase names a parameter that the model does not have, or a mask is of another shape.
    """
    parameters = dict(model.named_parameters())
    _check(parameters, phase)
    required = {name: parameter.requires_grad for name, parameter in parameters.items()}
    hooks = []
    try:
        for name, parameter in parameters.items():
            parameter.requires_grad_(name in phase.masks)
            parameter.grad = None  # an optimizer would step by one that is left over
            if (mask := phase.masks.get(name)) is not None:
                clear = partial(_clear, mask)
                hooks.append(parameter.register_post_accumulate_grad_hook(clear))  # type: ignore[no-untyped-call]
        yield
    finally:
        for hook in hooks:
            hook.remove()
        for name, parameter in parameters.items():
            parameter.requires_grad_(required[name])
            parameter.grad = None
        phase.close()


def _clear(mask: Tensor, parameter: Tensor) -> None:
    if parameter.grad is not None:
        # Filled, not multiplied: 0 · ∞ is no number, and −0 could turn the sign of a weight that is 0.
        parameter.grad.masked_fill_(~mask.to(parameter.grad.device), 0)


def _check(parameters: dict[str, torch.nn.Parameter], phase: Phase) -> None:
    for name, mask in phase.masks.items():
        if name not in parameters:
            raise ValueError(f"The phase names {name!r}, which is no parameter of the model.")
        if mask is not None and mask.shape != parameters[name].shape:
            raise ValueError(
                f"The mask of {name!r} has shape {tuple(mask.shape)}, not {tuple(parameters[name].shape)}."
            )
