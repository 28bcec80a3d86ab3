"""What a model thinks of the answers in a batch: the quantities that losses and measures are made of.

Logits at position t are about the token at t + 1, so all here have T − 1 positions.
"""

import torch
from torch import Tensor

from .encoding import IGNORED


def counted(labels: Tensor) -> Tensor:
    """Return which predictions are of an answer's token: shape `(B, T − 1)`, boolean."""
    return labels[:, 1:] != IGNORED


def token_log_probs(logits: Tensor, labels: Tensor) -> Tensor:
    """Return log p of each answer token, 0 for all others: shape `(B, T − 1)`, from logits `(B, T, V)`."""
    mask = counted(labels)
    ids = labels[:, 1:].masked_fill(~mask, 0)
    scores = logits[:, :-1].float()
    chosen = scores.gather(-1, ids.unsqueeze(-1)).squeeze(-1)
    return (chosen - scores.logsumexp(-1)).masked_fill(~mask, 0.0)


def answer_nll(logits: Tensor, labels: Tensor) -> Tensor:
    """Return −log p(answer | question), summed over the answer's tokens: shape `(B,)`, nats."""
    return -token_log_probs(logits, labels).sum(-1)


def answer_lengths(labels: Tensor) -> Tensor:
    """Return how many tokens each answer has: shape `(B,)`, at least 1."""
    return counted(labels).sum(-1).clamp(min=1)


def mean_cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """Return the mean −log p over all answer tokens of a batch, in nats: a scalar."""
    return -token_log_probs(logits, labels).sum() / counted(labels).sum().clamp(min=1)


def token_kl(logits: Tensor, reference: Tensor, labels: Tensor) -> Tensor:
    """Return the mean KL(reference ‖ model) over the answer tokens, in nats: a scalar; both logits `(B, T, V)`."""
    mask = counted(labels)
    model = logits[:, :-1][mask].float().log_softmax(-1)  # (N, V)
    known = reference[:, :-1][mask].float().log_softmax(-1)
    return torch.nn.functional.kl_div(model, known, log_target=True, reduction="sum") / mask.sum().clamp(min=1)
