"""Where the experts of a mixture are, and how its routers weigh them.

transformers keeps the experts of a layer in stacked tensors, expert by expert along dimension 0, in a module `experts`;
its router is a module beside it whose weight has a row for each expert. Mixtral, the Qwen mixtures, OLMoE, gpt-oss and
others are all found by this structure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import torch
from torch import Tensor, nn
from transformers import PretrainedConfig, PreTrainedModel

from ...errors import InputError

COUNTS = ("num_local_experts", "num_experts", "n_routed_experts")
"""What configurations call the number of experts of a layer."""


@dataclass(frozen=True)
class Mixture:
    """The mixture of experts of one layer."""

    router: nn.Module
    """Has a weight of shape `(experts, D)`, and is given hidden states whose last dimension is D."""

    experts: int
    """How many there are."""

    router_parameters: Sequence[str]
    """Names of the router's parameters."""

    expert_parameters: Mapping[str, torch.Size]
    """Names and shapes of the stacked parameters; dimension 0 is the expert."""


def check_experts(config: object) -> None:
    """See to it that models of a configuration have experts.

    Raises:
        InputError: They have not.
    """
    text = cast(PretrainedConfig, config).get_text_config()
    counts = [getattr(text, name, None) for name in COUNTS]
    if not any(isinstance(count, int) and count > 1 for count in counts):
        raise InputError(
            f"The configuration of a {text.model_type!r} model names no experts, and SEUF chooses among experts.",
            fix="Give a mixture of experts, such as Mixtral, Qwen3-MoE or OLMoE, or take another selector.",
        )


def mixtures(model: PreTrainedModel) -> list[Mixture]:
    """Return the mixtures of a model's layers, from below; layers without experts are left out.

    Raises:
        InputError: None is built in the way that is known here.
    """
    found = [_mixture(name, module) for name, module in model.named_modules()]
    known = [mixture for mixture in found if mixture]
    if not known:
        raise InputError(
            f"No experts are found in a model of type {model.config.model_type!r}: it has no module 'experts' of "
            "stacked weights with a router beside it.",
            fix="Take another selector for this model, for example 'wagle'.",
        )
    return known


def _mixture(name: str, block: nn.Module) -> Mixture | None:
    experts = getattr(block, "experts", None)
    if not isinstance(experts, nn.Module):
        return None
    stacked = {f"{name}.experts.{each}": weight.shape for each, weight in experts.named_parameters()}
    count = max((shape[0] for shape in stacked.values() if len(shape) == 3), default=0)
    for child, router in block.named_children():
        weight = getattr(router, "weight", None)
        if router is not experts and isinstance(weight, Tensor) and weight.ndim == 2 and len(weight) == count > 1:
            own = [f"{name}.{child}.{each}" for each, _ in router.named_parameters()]
            return Mixture(router, count, own, {each: shape for each, shape in stacked.items() if shape[0] == count})
    return None


class Routing:
    """Records how routers weigh their experts, in the first forward pass of a model since it was last asked.

    A loss runs the forget batch first, so in training that is the one recorded; passes on other data after it are not.
    Nor are passes with gradients where those without are wanted and the other way round, so a reference or an
    evaluation in between is no trouble; nor the layers that gradient checkpointing runs again in the backward pass.

    Args:
        model: The model.
        mixtures: Whose routers.
        gradient: Whether passes with gradients are recorded, or those without.
    """

    def __init__(self, model: PreTrainedModel, mixtures: Sequence[Mixture], *, gradient: bool) -> None:
        self._routers = [mixture.router for mixture in mixtures]
        self._gradient = gradient
        self._given: dict[int, Tensor] = {}
        self._tokens: Tensor | None = None
        self._open = False
        self._hooks = [
            model.register_forward_pre_hook(self._begin, with_kwargs=True),
            model.register_forward_hook(self._end),
            *(router.register_forward_hook(partial(self._read, at)) for at, router in enumerate(self._routers)),
        ]

    def take(self) -> list[Tensor]:
        """Return the softmax over the experts for each token that is no padding, and record the next pass.

        Returns:
            Of each mixture, shape `(tokens, experts)`, in float32.

        Raises:
            RuntimeError: There was no forward pass since the last call.
        """
        if not self._given:
            raise RuntimeError("Routers are read after a forward pass, and there was none since the last reading.")
        given, self._given = self._given, {}
        with torch.set_grad_enabled(self._gradient):
            return [self._affinity(router, given[at]) for at, router in enumerate(self._routers)]

    def close(self) -> None:
        """Take the hooks away; may be called twice."""
        for hook in self._hooks:
            hook.remove()

    def _begin(self, model: nn.Module, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
        self._open = not self._given and torch.is_grad_enabled() == self._gradient
        mask = named.get("attention_mask")
        if self._open:
            self._tokens = mask.reshape(-1).bool() if isinstance(mask, Tensor) else None

    def _end(self, model: nn.Module, arguments: tuple[Any, ...], output: object) -> None:
        self._open = False

    def _read(self, at: int, router: nn.Module, arguments: tuple[Tensor, ...], output: object) -> None:
        # What it was given, not what it put out: that differs from model to model. Nor is anything computed here, as
        # checkpointing counts what a layer computes.
        if self._open:
            self._given[at] = arguments[0]

    def _affinity(self, router: nn.Module, given: Tensor) -> Tensor:
        weight, bias = cast(Tensor, router.weight), cast("Tensor | None", getattr(router, "bias", None))
        affinity = nn.functional.linear(given.reshape(-1, weight.shape[1]), weight, bias).float().softmax(-1)
        return affinity if self._tokens is None else affinity[self._tokens.to(affinity.device)]
