"""KUnBR: the blocks that hold most of what must go, each trained inside the original model."""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, cast

import torch
from pydantic import Field
from torch import Tensor, nn
from transformers import PretrainedConfig, PreTrainedModel

from ...errors import InputError
from ..encoding import Batch
from .gradients import backward, differentiable
from .selector import Data, Phase, Selector, SelectorOptions


class KUnBROptions(SelectorOptions):
    """Options of KUnBR."""

    skip_last: int = Field(default=2, ge=0)
    """How many layers at the end are left out: their gradients are large whatever is asked. One layer always stays."""

    blocks: int | None = Field(default=None, ge=1)
    """Into how many blocks of consecutive layers the others are divided, as evenly as can be; `None`: a layer each."""

    top: int | None = Field(default=None, ge=1)
    """How many blocks are trained, the densest first; `None`: half of them, at least one."""


@dataclass(frozen=True)
class Block:
    """Consecutive layers, and how much of what must go they hold."""

    layers: range
    """Which, counted from 0."""

    density: float
    """Mean of its layers' shares of knowledge density; the shares of all layers that are not left out sum to 1."""


class KUnBR(Selector[KUnBROptions]):
    """The blocks with the highest K_l = E‖∇_l‖₁ on what must go, one after the other (Guo et al., 2025).

    The expectation is over single examples, of the gradient of their mean cross entropy by all parameters of a decoder
    layer. Each block has a phase of its own, inside the original model; what they changed is put together at the end.
    """

    name: ClassVar[str] = "kunbr"
    title: ClassVar[str] = "KUnBR"
    source: ClassVar[str] = (
        "Guo et al., 2025, Beyond Superficial Forgetting: Thorough Unlearning through Knowledge Density Estimation and "
        "Block Re-insertion"
    )
    options_type: ClassVar[type[SelectorOptions]] = KUnBROptions

    def check(self, config: object) -> None:
        """See to it that there are as many blocks as asked for.

        Raises:
            InputError: There are fewer layers than `blocks`, or fewer blocks than `top`.
        """
        blocks = len(self._blocks(cast(PretrainedConfig, config).get_text_config().num_hidden_layers))
        for what, asked in (("blocks", self.options.blocks), ("top", self.options.top)):
            if asked is not None and asked > blocks:
                raise InputError(
                    f"KUnBR's option {what!r} is {asked:,}, and the model has {blocks:,} blocks without its last "
                    f"{self.options.skip_last:,} layers.",
                    fix=f"Give at most {blocks:,}, or a smaller 'skip_last'.",
                )

    def candidates(self, model: PreTrainedModel) -> AbstractSet[str]:
        """Return the names of the parameters of all blocks.

        Raises:
            InputError: The model's layers are not found.
        """
        layers = _layers(model)
        return {name for block in self._blocks(len(layers)) for at in block for name in layers[at]}

    def phases(self, model: PreTrainedModel, data: Data) -> Sequence[Phase]:
        """Return a phase for each of the densest blocks, the densest first.

        Raises:
            InputError: The model's layers are not found, or there are too few.
        """
        blocks = self.densities(model, data)
        layers = _layers(model)
        return [
            Phase({name: None for at in block.layers for name in layers[at]}, alone=True)
            for block in blocks[: self.options.top or max(1, len(blocks) // 2)]
        ]

    def densities(self, model: PreTrainedModel, data: Data) -> list[Block]:
        """Return all blocks, the densest first.

        Raises:
            InputError: The model's layers are not found, or there are too few.
        """
        self.check(model.config)
        layers = _layers(model)
        blocks = self._blocks(len(layers))
        norms = _norms(model, layers, data.forget())[: blocks[-1].stop]
        shares = norms / norms.sum().clamp(min=torch.finfo(norms.dtype).tiny)
        found = [Block(block, float(shares[block.start : block.stop].mean())) for block in blocks]
        return sorted(found, key=lambda block: -block.density)

    def _blocks(self, layers: int) -> list[range]:
        usable = max(1, layers - self.options.skip_last)
        count = min(self.options.blocks or usable, usable)
        return [range(usable * at // count, usable * (at + 1) // count) for at in range(count)]


def _layers(model: PreTrainedModel) -> list[list[str]]:
    """Return the parameter names of each decoder layer, from below.

    Raises:
        InputError: No list of layers is found.
    """
    count = model.config.get_text_config().num_hidden_layers
    for name, module in model.named_modules():
        if isinstance(module, nn.ModuleList) and len(module) == count:
            return [[f"{name}.{at}.{own}" for own, _ in layer.named_parameters()] for at, layer in enumerate(module)]
    raise InputError(
        f"The layers of a model of type {model.config.model_type!r} are not found: no list has {count:,} of them.",
        fix="Take another selector for this model, for example 'wagle'.",
    )


def _norms(model: PreTrainedModel, layers: Sequence[Sequence[str]], batches: Sequence[Batch]) -> Tensor:
    """Return E‖∇_l‖₁ of each layer, shape `(layers,)`, in float64."""
    of = {name: at for at, names in enumerate(layers) for name in names}
    norms = torch.zeros(len(layers), dtype=torch.float64)
    examples = [example for batch in batches for example in _examples(batch)]
    with differentiable(model):
        for example in examples:
            backward(model, example, partial(_measure, norms, of))
    return norms / max(len(examples), 1)


def _measure(norms: Tensor, of: dict[str, int], name: str, gradient: Tensor) -> None:
    if name in of:
        norms[of[name]] += torch.linalg.vector_norm(gradient, 1, dtype=torch.float32).cpu()


def _examples(batch: Batch) -> Iterator[Batch]:
    for at in range(len(batch.rows)):
        one = slice(at, at + 1)
        ids, mask, labels, rows = (
            tensor[one] for tensor in (batch.input_ids, batch.attention_mask, batch.labels, batch.rows)
        )
        yield Batch(ids, mask, labels, rows, batch.side)
