"""What logits say about the tokens of given answers, with all questions and padding left out.

Logits at position t are about the token at t + 1. N is the number of answer tokens in a batch, V the vocabulary's.
"""

from typing import NamedTuple

from torch import Tensor

from ..likelihood import counted

LEAST = -1e4
"""Log p, in nats, of a token that has none: a diverged model's NaN, or the −∞ of one that decoding rules out."""


class Tokens(NamedTuple):
    """The tokens of a batch's answers, one answer after another."""

    scores: Tensor
    """The logits that predict them, shape `(N, V)`, float32."""

    ids: Tensor
    """What they are, shape `(N,)`."""


def answer_tokens(logits: Tensor, labels: Tensor) -> Tokens:
    """Return the answers' tokens, from logits `(B, T, V)` and labels `(B, T)`."""
    mask = counted(labels)
    return Tokens(logits[:, :-1][mask].float(), labels[:, 1:][mask])


def log_probs(tokens: Tokens) -> Tensor:
    """Return log p of each token, shape `(N,)`, nats, finite."""
    chosen = tokens.scores.gather(-1, tokens.ids.unsqueeze(-1)).squeeze(-1)
    return _finite(chosen - tokens.scores.logsumexp(-1))


def likeliest(tokens: Tokens) -> Tensor:
    """Return whether each token is the one that greedy decoding takes, shape `(N,)`, boolean."""
    return tokens.scores.argmax(-1) == tokens.ids


def z_scores(tokens: Tokens) -> Tensor:
    """Return (log p − μ) / σ of each token, shape `(N,)` (Zhang et al., 2024, Min-K%++, equation 3).

    μ and σ are mean and standard deviation of log p over the vocabulary, weighted by p itself.
    """
    spread = _finite(tokens.scores.log_softmax(-1))
    weights = spread.exp()
    mean = (weights * spread).sum(-1)
    deviation = (weights * (spread - mean.unsqueeze(-1)).square()).sum(-1).sqrt()
    # Of a distribution that is all on one token nothing deviates; σ of 0 would make its z-score no number.
    return (log_probs(tokens) - mean) / deviation.clamp(min=1e-6)


def _finite(values: Tensor) -> Tensor:
    return values.nan_to_num(nan=LEAST, neginf=LEAST).clamp(min=LEAST)
