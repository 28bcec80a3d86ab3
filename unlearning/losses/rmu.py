"""RMU: hidden states of what must go driven to a fixed random direction."""

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor
from transformers import PreTrainedModel

from ...errors import InputError
from ..encoding import Batch
from ..skeleton import skeleton_of
from .loss import Loss, LossOptions, Step
from .reference import Want

TRAINED_LAYERS = 3
"""Layers whose weights move: that of the hidden states and the two below it."""


class RMUOptions(LossOptions):
    """Options of RMU."""

    layer: int | None = Field(default=None, ge=1)
    """Which layer's output is driven away, counted from 1, below the last; `None`: at a quarter of the depth, at least
    1. The paper's layer 7 of 32, counted from 0, is 8 here."""

    coefficient: float = Field(default=6.5, gt=0)
    """c: the length of what hidden states are driven to."""

    alpha: float = Field(default=1200.0, ge=0)
    """Weight α of the term that retains; published for 7 billion parameters, and for retain texts that have nothing in
    common with what must go. A small model, or retain texts of the same form, take 1 to 20: with more nothing moves."""

    retain_loss: Literal["hidden", "ce", "kl", "none"] = "hidden"  # type: ignore[assignment]  # one more than others
    """What keeps the rest; published: `hidden`, hidden states as they were. The others are those of all losses."""

    seed: int = Field(default=0, ge=0)
    """What the random direction comes from."""


class RMU(Loss[RMUOptions]):
    """mean‖h − c·u‖² + α·mean‖h′ − h′_ref‖², means over features, tokens and texts (Li et al., 2024, section 4).

    h are the outputs of one layer for what must go, h′ for what must stay; u is a random vector, its entries drawn
    uniformly from [0, 1), of length 1. As in the paper all tokens of a text count, here those of the question and of
    the answer; padding does not. Only the `down_proj` weights of three layers move. Under LoRA it is otherwise: its
    matrices beside all linear layers are trained, those above the layer too where the retain loss is `ce` or `kl`.
    """

    name: ClassVar[str] = "rmu"
    title: ClassVar[str] = "RMU"
    source: ClassVar[str] = "Li et al., 2024, The WMDP Benchmark: Measuring and Reducing Malicious Use with Unlearning"
    options_type: ClassVar[type[LossOptions]] = RMUOptions

    def check(self, config: object) -> None:
        """See to it that the model has the layer, and weights that move.

        Raises:
            InputError: It has not.
        """
        self.trainable(skeleton_of(config))

    def forget(self, model: PreTrainedModel, step: Step) -> Tensor:
        """Return the mean over features, tokens and texts."""
        outputs = _outputs(model, step.forget)
        states = outputs[self._layer(len(outputs) - 1)].float()
        away = self.options.coefficient * direction(states.shape[-1], self.options.seed).to(states.device)
        return _mean_square(states - away, step.forget.attention_mask)

    def retain(self, model: PreTrainedModel, batch: Batch) -> Tensor:
        """Return the mean over features, tokens and texts; of other retain losses, theirs."""
        if self.options.retain_loss != "hidden":
            return super().retain(model, batch)
        outputs = _outputs(model, batch)
        layer = self._layer(len(outputs) - 1)
        return _mean_square(outputs[layer].float() - self.reference.hidden(batch, layer).float(), batch.attention_mask)

    def wants(self, model: PreTrainedModel) -> AbstractSet[Want]:
        """Add the reference's hidden states of what must stay."""
        if self.options.retain_loss != "hidden" or not self.needs_retain:
            return super().wants(model)
        return {Want("hidden", "retain", self.layer(model))}

    def trainable(self, model: PreTrainedModel) -> list[str]:
        """Return the `down_proj` weights of the layer and of the two below it."""
        layer = self.layer(model)
        moved = range(layer - TRAINED_LAYERS, layer)  # counted from 0, as parameters are
        names = [name for name, _ in model.named_parameters() if _layer_of_down_projection(name) in moved]
        if not names:
            raise InputError(
                f"RMU trains weights that are called 'down_proj', and a {model.config.model_type!r} model has none.",
                fix="Take another method, NPO for example.",
            )
        return names

    def layer(self, model: PreTrainedModel) -> int:
        """Return which layer's output is driven away, counted from 1.

        Raises:
            InputError: The model has no such layer below its last, whose output goes through the final norm.
        """
        return self._layer(model.config.get_text_config().num_hidden_layers)

    def _layer(self, depth: int) -> int:
        layer = self.options.layer or max(1, depth // 4)
        if depth < 2:
            raise InputError(
                "RMU drives the output of a layer below the last one away, and a model of one layer has none.",
                fix="Take another method, NPO for example.",
            )
        if layer >= depth:
            raise InputError(
                f"RMU was asked to drive layer {layer} away, and must take one below the last of {depth}.",
                fix="Take a lower 'layer', or leave it out: a quarter of the depth.",
            )
        return layer


def _outputs(model: PreTrainedModel, batch: Batch) -> Sequence[Tensor]:
    """Return the embeddings and every layer's output, shape `(B, T, D)` each.

    A model that is wrapped for several GPUs has no configuration: its depth is that of what it puts out.
    """
    output = model(
        input_ids=batch.input_ids, attention_mask=batch.attention_mask, use_cache=False, output_hidden_states=True
    )
    states: Sequence[Tensor] = output.hidden_states
    return states


def direction(width: int, seed: int) -> Tensor:
    """Return a random vector of length 1, none of its entries negative: shape `(width,)`, on the CPU."""
    drawn = torch.rand(width, generator=torch.Generator().manual_seed(seed))
    unit: Tensor = drawn / drawn.norm()
    return unit


def _mean_square(difference: Tensor, mask: Tensor) -> Tensor:
    """Return the mean square of `(B, T, D)` over features, then over a text's tokens, then over texts: a scalar."""
    tokens = difference.square().mean(-1) * mask
    return (tokens.sum(-1) / mask.sum(-1).clamp(min=1)).mean()


def _layer_of_down_projection(name: str) -> int | None:
    """Return the layer of a parameter, counted from 0; `None`: it is no down projection."""
    found = re.search(r"\blayers\.(\d+)\..*\bdown_proj\b", name)
    return int(found[1]) if found else None
