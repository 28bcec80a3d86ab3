"""What a layer's last projection is given, and what it makes of it."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor
from transformers import PreTrainedModel

from ...errors import InputError
from ..encoding import Batch
from ..losses.loss import logits_of
from ..losses.reference import frozen


class Block(NamedTuple):
    """A layer whose feed-forward part ends in `mlp.down_proj`."""

    layer: torch.nn.Module
    projection: torch.nn.Linear


class Glimpse(NamedTuple):
    """What a layer makes of a batch, float32 on the CPU."""

    keys: Tensor
    """What `down_proj` is given, shape `(…, F)`."""

    values: Tensor
    """What it puts out, shape `(…, D)`."""

    states: Tensor
    """The hidden state that leaves the layer, shape `(…, D)`."""


def blocks_of(model: PreTrainedModel) -> list[Block]:
    """Return a model's layers, from the first up.

    Raises:
        InputError: They have no single `mlp.down_proj`, as those of a mixture of experts have not.
    """
    blocks = [
        Block(module, projection)
        for name, module in model.named_modules()
        if name.rpartition(".")[2].isdigit()
        and isinstance(projection := getattr(getattr(module, "mlp", None), "down_proj", None), torch.nn.Linear)
    ]
    if not blocks:
        raise InputError(
            f"A model of the type {model.config.model_type!r} has no 'mlp.down_proj' in its layers.",
            fix="Take another method, or a model built like Llama, Mistral or Qwen.",
        )
    return blocks


def glimpse(model: PreTrainedModel, block: Block, batch: Batch) -> Glimpse:
    """Return what a layer makes of a batch, at all positions."""
    seen: dict[str, Tensor] = {}

    def project(_: torch.nn.Module, given: tuple[Tensor, ...], output: Tensor) -> None:
        seen.update(keys=given[0], values=output)

    def leave(_: torch.nn.Module, given: tuple[Tensor, ...], output: Any) -> None:
        seen.update(states=output[0] if isinstance(output, tuple) else output)

    hooks = [block.projection.register_forward_hook(project), block.layer.register_forward_hook(leave)]
    try:
        with frozen(model):
            logits_of(model, batch.to(model.device))
    finally:
        for hook in hooks:
            hook.remove()
    return Glimpse(*(seen[name].float().cpu() for name in Glimpse._fields))
