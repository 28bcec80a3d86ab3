"""Going through examples step by step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from transformers import PreTrainedModel

from ..encoding import Batch, Encoder
from ..examples import Example


@dataclass
class Progress:
    """Counts steps, and tells of them."""

    tell: Callable[[int, int], None]
    """Is told the steps done and their number; raises where the job is cancelled."""

    total: int
    """How many there will be."""

    done: int = 0
    """How many there were."""

    def step(self) -> None:
        """Tell of one more."""
        self.done += 1
        self.tell(self.done, self.total)


@contextmanager
def undropped(model: PreTrainedModel) -> Iterator[None]:
    """Run a model without dropout, gradients or not; it is in its former mode afterwards."""
    training = model.training
    torch.nn.Module.eval(model)
    try:
        yield
    finally:
        torch.nn.Module.train(model, training)


def batches_of(encoder: Encoder, examples: Sequence[Example], size: int) -> list[Batch]:
    """Return examples as batches of this size, the last one smaller, in their order."""
    encoded = [encoder.encode(example.prompt, example.answer) for example in examples]
    rows = range(len(encoded))
    return [
        encoder.batch(encoded[start : start + size], rows[start : start + size])
        for start in range(0, len(encoded), size)
    ]


def shuffled(encoder: Encoder, examples: Sequence[Example], size: int, generator: torch.Generator) -> Iterator[Batch]:
    """Yield examples in batches of this size for ever, in a new order each time they have all been seen."""
    encoded = [encoder.encode(example.prompt, example.answer) for example in examples]
    while True:
        rows = torch.randperm(len(encoded), generator=generator).tolist()
        for start in range(0, len(rows), size):
            chosen = rows[start : start + size]
            yield encoder.batch([encoded[row] for row in chosen], chosen)
