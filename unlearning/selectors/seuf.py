"""SEUF: in a mixture of experts, the one that what must go is sent to."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor
from torch.nn.functional import mse_loss
from transformers import PreTrainedModel

from ...errors import InputError
from ..losses.loss import logits_of
from ..losses.reference import frozen
from ..skeleton import skeleton_of
from .experts import Mixture, Routing, check_experts, mixtures
from .selector import Data, Phase, Selector, SelectorOptions


class SEUFOptions(SelectorOptions):
    """Options of SEUF."""

    experts: int = Field(default=1, ge=1)
    """How many experts may move: those with the highest affinity over all layers. Small models may need 2."""

    anchor: float = Field(default=1.0, ge=0)
    """λ: weight of the loss that keeps the routers at these experts, or others would take their place."""


@dataclass(frozen=True)
class Expert:
    """An expert, and how much of what must go is sent to it."""

    mixture: int
    """Which of the layers with experts, from below."""

    index: int
    """Which of the layer's experts."""

    affinity: float
    """Mean of the router's softmax over all tokens of what must go, 0 to 1."""


class SEUF(Selector[SEUFOptions]):
    """The expert with the highest affinity, and its layer's router, may move (Zhuang et al., 2024; also called UOE).

    Affinity is the mean of the router's softmax over all tokens of what must go, questions as well as answers. While
    training, λ·MSE(onehot(expert), softmax) of the forget batch is added, summed over the layers of chosen experts;
    where a layer has several, the target is shared out among them evenly.
    """

    name: ClassVar[str] = "seuf"
    title: ClassVar[str] = "SEUF"
    source: ClassVar[str] = "Zhuang et al., 2024, SEUF: Is Unlearning One Expert Enough for Mixture-of-Experts LLMs?"
    options_type: ClassVar[type[SelectorOptions]] = SEUFOptions

    def check(self, config: object) -> None:
        """See to it that the model has experts, and as many as asked for.

        Raises:
            InputError: It has none, not so many, or they are built in a way that is not known here.
        """
        check_experts(config)
        self._check_count(mixtures(skeleton_of(config)))

    def candidates(self, model: PreTrainedModel) -> AbstractSet[str]:
        """Return the names of the parameters of all experts and routers.

        Raises:
            InputError: The model's experts are not found.
        """
        return {name for layer in mixtures(model) for name in (*layer.router_parameters, *layer.expert_parameters)}

    def phases(self, model: PreTrainedModel, data: Data) -> Sequence[Phase]:
        """Return one phase; until it is closed, the routers of its layers are listened to.

        Raises:
            InputError: The model's experts are not found, or there are fewer than asked for.
        """
        layers = mixtures(model)
        chosen: dict[int, list[int]] = defaultdict(list)
        for expert in self.attribute(model, data)[: self.options.experts]:
            chosen[expert.mixture].append(expert.index)
        masks: dict[str, Tensor | None] = {}
        for at, indices in chosen.items():
            masks |= _masks(layers[at], indices, model.device)
        routing = Routing(model, [layers[at] for at in chosen], gradient=True)
        targets = [_target(layers[at].experts, indices) for at, indices in chosen.items()]
        return [Phase(masks, partial(_anchor, routing, targets, self.options.anchor), routing.close)]

    def attribute(self, model: PreTrainedModel, data: Data) -> list[Expert]:
        """Return all experts of all layers, the highest affinity first.

        Raises:
            InputError: The model's experts are not found, or there are fewer than asked for.
        """
        layers = mixtures(model)
        self._check_count(layers)
        affinities = _affinities(model, layers, data)
        experts = [
            Expert(at, index, value)
            for at, affinity in enumerate(affinities)
            for index, value in enumerate(affinity.tolist())
        ]
        return sorted(experts, key=lambda expert: -expert.affinity)

    def _check_count(self, layers: Sequence[Mixture]) -> None:
        if self.options.experts > (count := sum(layer.experts for layer in layers)):
            raise InputError(
                f"{self.options.experts:,} experts are asked for, and the model has {count:,}.",
                fix="Ask for fewer: the method is meant for one or a few.",
            )


def _affinities(model: PreTrainedModel, layers: Sequence[Mixture], data: Data) -> list[Tensor]:
    """Return the mean affinities of each layer's experts, shape `(experts,)`."""
    sums: list[Tensor] = [torch.zeros(layer.experts) for layer in layers]
    tokens = 0
    routing = Routing(model, layers, gradient=False)
    try:
        with frozen(model):
            for batch in data.forget():
                logits_of(model, batch.to(model.device))
                taken = routing.take()
                tokens += len(taken[0])
                sums = [each + affinity.sum(0).cpu() for each, affinity in zip(sums, taken, strict=True)]
    finally:
        routing.close()
    return [each / max(tokens, 1) for each in sums]


def _masks(layer: Mixture, indices: Sequence[int], device: torch.device) -> Mapping[str, Tensor | None]:
    masks: dict[str, Tensor | None] = dict.fromkeys(layer.router_parameters)
    for name, shape in layer.expert_parameters.items():
        masks[name] = mask = torch.zeros(shape, dtype=torch.bool, device=device)
        mask[list(indices)] = True
    return masks


def _target(experts: int, indices: Sequence[int]) -> Tensor:
    target = torch.zeros(experts)
    target[list(indices)] = 1 / len(indices)
    return target


def _anchor(routing: Routing, targets: Sequence[Tensor], weight: float) -> Tensor:
    errors = [
        mse_loss(affinity, target.to(affinity.device).expand_as(affinity))
        for affinity, target in zip(routing.take(), targets, strict=True)
    ]
    return weight * torch.stack([error.to(errors[0].device) for error in errors]).sum()
