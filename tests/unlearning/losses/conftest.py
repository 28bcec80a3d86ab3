"""A tiny model, one that knows its batch, a reference in memory, and log p by hand."""

import copy
import math
from collections.abc import Callable
from types import SimpleNamespace
from typing import cast

import pytest
import torch
from expunge.unlearning.encoding import IGNORED, Batch, Side
from expunge.unlearning.likelihood import mean_cross_entropy
from expunge.unlearning.losses.loss import Step, logits_of
from expunge.unlearning.losses.reference import Reference
from torch import Tensor
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedModel

VOCABULARY = 50


def random_model(seed: int) -> PreTrainedModel:
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        initializer_range=0.5,  # far from uniform, so that a mistake shows
    )
    model = LlamaForCausalLM(config)
    torch.nn.Module.eval(model)
    return model


def batch_of(texts: list[list[int]], starts: list[int], side: Side, padding: int = 0) -> Batch:
    """Return texts as a batch whose answers begin at `starts`, with `padding` more columns than it needs."""
    width = max(map(len, texts)) + padding
    ids = [text + [7] * (width - len(text)) for text in texts]
    mask = [[1] * len(text) + [0] * (width - len(text)) for text in texts]
    labels = [
        [IGNORED] * start + text[start:] + [IGNORED] * (width - len(text))
        for text, start in zip(texts, starts, strict=True)
    ]
    return Batch(torch.tensor(ids), torch.tensor(mask), torch.tensor(labels), torch.arange(len(texts)), side)


def step_of(padding: int) -> Step:
    return Step(
        batch_of([[1, 5, 9, 12, 13], [2, 6, 30, 31, 32, 33, 34], [3, 40, 41]], [3, 2, 2], "forget", padding),
        batch_of([[1, 5, 9, 44, 45, 46], [2, 6, 47], [3, 40, 48, 49]], [3, 2, 2], "alternate", padding),
        batch_of([[4, 8, 20, 21], [10, 11, 22, 23, 24, 25]], [2, 3], "retain", padding),
    )


class Copied:
    """A reference: a copy of a model, asked each time."""

    def __init__(self, model: PreTrainedModel) -> None:
        self._model = copy.deepcopy(model)

    def nll(self, batch: Batch) -> Tensor:
        log_p = self.logits(batch)[:, :-1].log_softmax(-1)
        labels = batch.labels[:, 1:]
        return torch.stack(
            [
                -sum((row[at, label] for at, label in enumerate(right.tolist()) if label != IGNORED), torch.tensor(0.0))
                for row, right in zip(log_p, labels, strict=True)
            ]
        )

    def logits(self, batch: Batch) -> Tensor:
        with torch.no_grad():
            return logits_of(self._model, batch)

    def hidden(self, batch: Batch, layer: int) -> Tensor:
        with torch.no_grad():
            output = self._model(
                input_ids=batch.input_ids, attention_mask=batch.attention_mask, output_hidden_states=True
            )
        return cast("Tensor", output.hidden_states[layer])


class Fixed(torch.nn.Module):
    """A model that says one thing whatever it is asked: its logits at every position are a parameter."""

    def __init__(self, logits: Tensor) -> None:
        super().__init__()
        self.logits = torch.nn.Parameter(logits)

    def forward(self, input_ids: Tensor, **_: object) -> SimpleNamespace:
        return SimpleNamespace(logits=self.logits.expand(*input_ids.shape, -1))


@pytest.fixture(scope="package")
def model() -> PreTrainedModel:
    """A model of random weights."""
    return random_model(0)


@pytest.fixture(scope="package")
def reference() -> Reference:
    """Another one, of before."""
    return Copied(random_model(1))


@pytest.fixture(scope="package")
def reference_of() -> Callable[[PreTrainedModel], Reference]:
    """What makes a reference of a model as it is now."""
    return Copied


@pytest.fixture(scope="package")
def fixed_model() -> Callable[[Tensor], PreTrainedModel]:
    """What makes a model of its logits, shape `(V,)`."""
    return lambda logits: cast("PreTrainedModel", Fixed(logits))


@pytest.fixture(scope="package")
def step() -> Step:
    """Batches of texts of unequal lengths."""
    return step_of(0)


@pytest.fixture(scope="package")
def padded() -> Step:
    """The same, with more padding."""
    return step_of(3)


@pytest.fixture(scope="package")
def _knowing(step: Step) -> PreTrainedModel:
    known = random_model(2)
    optimizer = torch.optim.Adam(known.parameters(), lr=1e-2)
    assert step.retain is not None
    for _ in range(40):
        loss = sum(mean_cross_entropy(logits_of(known, each), each.labels) for each in (step.forget, step.retain))
        optimizer.zero_grad()
        cast("Tensor", loss).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return known


@pytest.fixture
def knowing(_knowing: PreTrainedModel) -> PreTrainedModel:
    """A model that gives all right answers, to be changed at will."""
    return copy.deepcopy(_knowing)


def answer_logits(model: PreTrainedModel, batch: Batch) -> list[list[list[float]]]:
    found = []
    for ids, mask, labels in zip(batch.input_ids, batch.attention_mask, batch.labels, strict=True):
        text = ids[: int(mask.sum())]  # alone and without padding
        with torch.no_grad():
            scores: list[list[float]] = model(input_ids=text.unsqueeze(0)).logits[0].double().tolist()
        found.append([scores[at - 1] for at, label in enumerate(labels.tolist()) if label != IGNORED])
    return found


@pytest.fixture(scope="package")
def logits_by_hand() -> Callable[[PreTrainedModel, Batch], list[list[list[float]]]]:
    """What returns the logits before each token of each answer, every text run alone."""
    return answer_logits


@pytest.fixture(scope="package")
def log_p_by_hand() -> Callable[[PreTrainedModel, Batch], list[list[float]]]:
    """What returns log p of each token of each answer, by loops over raw logits."""

    def log_p(model: PreTrainedModel, batch: Batch) -> list[list[float]]:
        return [
            [
                scores[token] - math.log(math.fsum(math.exp(score) for score in scores))
                for scores, token in zip(
                    positions, [token for token in labels.tolist() if token != IGNORED], strict=True
                )
            ]
            for positions, labels in zip(answer_logits(model, batch), batch.labels, strict=True)
        ]

    return log_p


@pytest.fixture(scope="package")
def earlier() -> PreTrainedModel:
    """The model that `reference` is of."""
    return random_model(1)
