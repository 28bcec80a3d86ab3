"""What a model thinks of given answers, token by token: one pass through the model serves all measures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..encoding import Batch
from ..likelihood import counted
from ..losses.reference import frozen
from ..subject import Subject
from .logit_lens import Lens, find_lens, inner_log_probs
from .tokens import answer_tokens, likeliest, log_probs, z_scores

Floats = NDArray[np.float64]


class Forced(NamedTuple):
    """The n ≥ 1 tokens of one answer and of the mark that ends it, each given all before it (teacher forcing)."""

    log_probs: Floats
    """log p of each token, shape `(n,)`, nats."""

    likeliest: NDArray[np.bool_]
    """Whether greedy decoding takes it, shape `(n,)`."""

    z_scores: Floats | None
    """Log p of each token, standardised by the vocabulary's, shape `(n,)`; `None`: not asked for."""

    layers: Floats | None
    """Mean log p by each layer through the logit lens, shape `(L,)`; `None`: not asked for, or no norm was found."""

    @property
    def mean(self) -> float:
        """Mean log p over the tokens, nats: log p(answer | question)^(1/|answer|)."""
        return float(self.log_probs.mean())


class Depth(NamedTuple):
    """What is wanted beside log p."""

    z_scores: bool = False
    layers: bool = False


SHALLOW = Depth()


def force(
    subject: Subject,
    pairs: Sequence[tuple[str, str]],
    *,
    depth: Depth = SHALLOW,
    batch_size: int = 32,
    advance: Callable[[int], None] | None = None,
) -> list[Forced]:
    """Return what a model thinks of answers, in their order.

    Args:
        subject: The model. Where something steers its decoding, all is about what it says, but `layers`, which are of
            its weights alone.
        pairs: Questions and answers.
        depth: What is wanted beside log p.
        batch_size: Pairs that go through the model at once; those of like length go together.
        advance: Is told after each batch how many pairs it had.
    """
    encoded = [subject.encoder.encode(question, answer) for question, answer in pairs]
    order = sorted(range(len(encoded)), key=lambda number: len(encoded[number].ids))
    lens = find_lens(subject.model) if depth.layers else None
    found: dict[int, Forced] = {}
    for start in range(0, len(order), batch_size):
        rows = order[start : start + batch_size]
        batch = subject.encoder.batch([encoded[row] for row in rows], rows).to(subject.model.device)
        found.update(zip(rows, _forced(subject, batch, lens, depth), strict=True))
        if advance:
            advance(len(rows))
    return [found[number] for number in range(len(encoded))]


def _forced(subject: Subject, batch: Batch, lens: Lens | None, depth: Depth) -> Iterator[Forced]:
    """Yield the answers of one batch."""
    logits, layers = _looked(subject, batch, lens) if lens else (subject.logits(batch), None)
    tokens = answer_tokens(logits, batch.labels)
    ends = counted(batch.labels).sum(-1).cumsum(0)[:-1].cpu().numpy()
    columns = _split(log_probs(tokens), ends), _split(likeliest(tokens), ends)
    z = _split(z_scores(tokens), ends) if depth.z_scores else None
    by_layer = _split(layers.T, ends) if layers is not None else None
    for row, (each, likely) in enumerate(zip(*columns, strict=True)):
        yield Forced(each, likely > 0, z[row] if z else None, by_layer[row].mean(0) if by_layer else None)


class _Look(NamedTuple):
    logits: Tensor  # (B, T, V), steered
    layers: Tensor  # (L, N): log p by layer, unsteered


def _looked(subject: Subject, batch: Batch, lens: Lens) -> _Look:
    """Run the model once for logits and hidden states, and once more where something steers it."""
    with frozen(subject.model):
        output = subject.model(
            input_ids=batch.input_ids, attention_mask=batch.attention_mask, use_cache=False, output_hidden_states=True
        )
        inner = inner_log_probs(lens, output.hidden_states, batch.labels)
    last = log_probs(answer_tokens(output.logits, batch.labels))
    logits = subject.logits(batch) if subject.decoding else output.logits
    return _Look(logits, torch.cat([inner, last.unsqueeze(0)]))


def _split(values: Tensor, ends: NDArray[np.int64]) -> list[Floats]:
    """Cut values of the answers' tokens, shape `(N, …)`, where an answer ends."""
    array: Floats = values.cpu().double().numpy()
    return np.split(array, ends)
