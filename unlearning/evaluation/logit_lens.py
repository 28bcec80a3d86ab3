"""The logit lens: what each layer would answer if it were the last (nostalgebraist, 2020)."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import Module
from transformers import PreTrainedModel

from ..likelihood import counted
from .tokens import Tokens, log_probs


class Lens(NamedTuple):
    """What a model's last layer goes through on its way to logits."""

    norm: Module
    """The final norm."""

    head: Module
    """The output embeddings."""


def find_lens(model: PreTrainedModel) -> Lens | None:
    """Return a model's final norm and head, by its modules; `None`: it has no norm or no head of its own.

    The final norm is the last module whose type is called a norm and that lies in no list of layers; so it is found in
    Llama, Mistral, Mixtral, Qwen, Gemma, Phi, GPT-2 and GPT-NeoX alike, and inside what PEFT wraps.
    """
    outside = [
        module
        for name, module in model.named_modules()
        if "norm" in type(module).__name__.casefold() and not any(part.isdigit() for part in name.split("."))
    ]
    head = model.get_output_embeddings()
    return Lens(outside[-1], head) if outside and head is not None else None


def inner_log_probs(lens: Lens, hidden_states: Sequence[Tensor], labels: Tensor) -> Tensor:
    """Return log p of the answers' tokens by each inner layer, shape `(L − 1, N)`, nats.

    Args:
        lens: Norm and head.
        hidden_states: What transformers gives for a model of L layers: L + 1 tensors `(B, T, D)`, first the embeddings,
            which say nothing yet, and last those of layer L, which have gone through the norm already. Both are left
            out; the last layer's log p is that of the model's own logits, soft caps and all.
        labels: The answers, shape `(B, T)`.
    """
    mask = counted(labels)
    ids = labels[:, 1:][mask]
    inner = (states[:, :-1][mask] for states in hidden_states[1:-1])  # (N, D) each
    found = [log_probs(Tokens(lens.head(lens.norm(states)).float(), ids)) for states in inner]
    return torch.stack(found) if found else torch.empty(0, len(ids), device=ids.device)


def logit_lens(layers: Sequence[NDArray[np.float64]]) -> float:
    """Return the highest mean p(answer | question)^(1/|answer|) that any layer gives, the last included, 0 to 1.

    Since the last layer is one of them it is never below what the model says aloud; where it is above, inner layers
    hold what the last one hides. It is about the weights alone, whatever steers decoding.

    Args:
        layers: For each example the mean log p over its answer's tokens by each layer, shape `(L,)`.
    """
    return float(np.exp(np.stack(layers)).mean(0).max())
