"""Quantisation: rounding undoes changes of weights that are smaller than half a step."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn.functional import pad
from transformers import PreTrainedModel

from ..examples import Corpus
from ..subject import Subject
from .attack import Attack, AttackSettings, Recovered, ask

GROUP = 64
"""Neighbouring inputs that share a scale at 4 bits."""


class Quantise8(Attack):
    """Rounds weights to 8 bits, one scale for each output channel, and asks the forget set.

    Weight-only, round to nearest, symmetric: activations and the rest of the computation stay as they are.
    """

    name: ClassVar[str] = "quantise8"
    title: ClassVar[str] = "weights rounded to 8 bits"
    source: ClassVar[str] = "Zhang et al., 2024, Catastrophic Failure of LLM Unlearning via Quantization"
    bits: ClassVar[int] = 8
    group: ClassVar[int | None] = None

    def run(self, subject: Subject, corpus: Corpus, settings: AttackSettings) -> Recovered:
        """Ask a rounded copy."""
        model = quantise(subject.model, self.bits, self.group)
        return ask(replace(subject, model=model), corpus.forget, settings)


class Quantise4(Quantise8):
    """Rounds weights to 4 bits, one scale for each group of 64 inputs of an output channel, and asks the forget set."""

    name: ClassVar[str] = "quantise4"
    title: ClassVar[str] = "weights rounded to 4 bits"
    bits: ClassVar[int] = 4
    group: ClassVar[int | None] = GROUP


def quantise(model: PreTrainedModel, bits: int, group: int | None) -> PreTrainedModel:
    """Return a copy of a model whose matrices are rounded, in the model's precision.

    All parameters of two dimensions or more are rounded, the stacked matrices of experts among them, along their last
    dimension. Embeddings and the head are left, as the usual quantisers leave them.
    """
    rounded = deepcopy(model)
    left = {id(weight) for module in rounded.modules() if _is_left(rounded, module) for weight in module.parameters()}
    with torch.no_grad():
        for weight in rounded.parameters():
            if weight.dim() >= 2 and id(weight) not in left:
                weight.copy_(round_to_nearest(weight, bits, group))
    return rounded


def round_to_nearest(weight: Tensor, bits: int, group: int | None = None) -> Tensor:
    """Return s·round(w/s) with s = max|w| / (2^(bits − 1) − 1) for each row, or for each group of a row.

    No entry moves by more than s/2.

    Args:
        weight: Of any shape `(…, in)`, a floating type.
        bits: At least 2.
        group: Entries of a row that share a scale; the last group of a row may be smaller. `None`: the whole row.

    Returns:
        A tensor like `weight`.
    """
    width = weight.shape[-1]
    size = group or width
    padded = pad(weight.float(), (0, -width % size)).reshape(*weight.shape[:-1], -1, size)
    scale = padded.abs().amax(-1, keepdim=True) / (2 ** (bits - 1) - 1)
    scale = scale.clamp(min=torch.finfo(torch.float32).tiny)  # a group of zeros has none
    rounded: Tensor = ((padded / scale).round() * scale).flatten(-2)
    return rounded[..., :width].to(weight.dtype)


def _is_left(model: PreTrainedModel, module: torch.nn.Module) -> bool:
    return isinstance(module, torch.nn.Embedding) or module is model.get_output_embeddings()
