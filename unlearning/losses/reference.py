"""The model as it was before unlearning: what losses compare with, computed once or with the adapter switched off."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

import torch
from torch import Tensor

from ..encoding import Batch, Side

if TYPE_CHECKING:
    from transformers import PreTrainedModel

Quantity = Literal["nll", "logits", "hidden"]
"""What of the reference a loss needs: −log p of whole answers, logits of their tokens, or a layer's hidden states."""


class Want(NamedTuple):
    """What a loss needs of the reference, and of which examples."""

    quantity: Quantity
    side: Side
    layer: int = 0
    """Of hidden states: which layer's (0: the embeddings)."""


class Reference(Protocol):
    """What the model was before anything was trained. All tensors are without gradient, on the batch's device."""

    def nll(self, batch: Batch) -> Tensor:
        """Return −log p(answer | question) by the reference, shape `(B,)`, nats."""

    def logits(self, batch: Batch) -> Tensor:
        """Return its logits, shape `(B, T, V)`; only those that predict an answer's tokens need be right."""

    def hidden(self, batch: Batch, layer: int) -> Tensor:
        """Return what layer `layer` puts out (0: the embeddings), shape `(B, T, D)`."""


@contextmanager
def frozen(model: PreTrainedModel) -> Iterator[None]:
    """Run the model as it answers: no dropout and no gradients; it is in its former mode afterwards."""
    training = model.training
    torch.nn.Module.eval(model)
    try:
        with torch.no_grad():
            yield
    finally:
        torch.nn.Module.train(model, training)
