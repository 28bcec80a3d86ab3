"""Fine-tuning as an attacker does it: a copy of the model, all of its weights, plain AdamW."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import replace
from random import Random

import torch

from ..encoding import Batch, Encoded
from ..examples import Example
from ..likelihood import mean_cross_entropy
from ..losses.loss import logits_of
from ..subject import Subject
from .attack import AttackSettings

CLIP = 1.0
"""Norm of the gradient at most."""


def finetune(subject: Subject, examples: Sequence[Example], settings: AttackSettings) -> Subject:
    """Return the subject with a copy of its model that was trained on the answers of the examples.

    The copy is in float32 whatever the model is in, and stays so: in bfloat16 a step of a usual learning rate is less
    than half of the distance to the next number, and the attack would do nothing. All weights are trained, those too
    that an unlearning method left frozen. Dropout is off, so the seed settles the outcome. What steers the subject
    at decoding time stays in place.

    Args:
        subject: The model, which is left as it is.
        examples: What to train on, at least one.
        settings: Steps, learning rate, batch size and seed.
    """
    model = torch.nn.Module.float(deepcopy(subject.model))
    torch.nn.Module.eval(model)
    model.requires_grad_(True)
    encoded = [subject.encoder.encode(example.prompt, example.answer) for example in examples]
    optimizer = torch.optim.AdamW(model.parameters(), lr=settings.learning_rate, weight_decay=0.0)
    with torch.enable_grad():
        for batch in _batches(subject, encoded, settings):
            loss = mean_cross_entropy(logits_of(model, batch), batch.labels)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP)
            optimizer.step()
    model.requires_grad_(False)
    optimizer.zero_grad(set_to_none=True)
    return replace(subject, model=model)


def _batches(subject: Subject, encoded: Sequence[Encoded], settings: AttackSettings) -> Iterator[Batch]:
    """Yield one batch a step; the examples are gone through in a new order each time."""
    random = Random(settings.seed)  # noqa: S311 - chance that can be repeated is what is wanted
    size = min(settings.batch_size, len(encoded))
    rows: list[int] = []
    for _ in range(settings.steps):
        while len(rows) < size:
            rows += random.sample(range(len(encoded)), len(encoded))
        taken, rows = rows[:size], rows[size:]
        yield subject.encoder.batch([encoded[row] for row in taken], taken).to(subject.model.device)
