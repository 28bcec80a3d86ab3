"""Against loops in numpy, one example at a time and without padding."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch
from expunge.unlearning.evaluation.forcing import Depth, Floats, force
from expunge.unlearning.examples import Example
from expunge.unlearning.subject import Subject
from torch import Tensor
from transformers import LogitsProcessorList

ALL = Depth(z_scores=True, layers=True)


class Louder:
    """Steers towards one token."""

    def combine(self, input_ids: Tensor, attention_mask: Tensor, logits: Tensor) -> Tensor:
        louder = logits.clone()
        louder[..., 7] += 3.0
        return louder

    def processors(self) -> LogitsProcessorList:
        return LogitsProcessorList()


@pytest.fixture(scope="module")
def pairs(examples: Sequence[Example]) -> list[tuple[str, str]]:
    return [(each.prompt, answer) for each in examples for answer in (each.answer, *each.wrong_answers)]


def by_hand(subject: Subject, pair: tuple[str, str]) -> list[tuple[int, list[Floats]]]:
    """Return each token of the answer with log p of the vocabulary by layer, the last one last."""
    encoded = subject.encoder.encode(*pair)
    base = subject.model.get_decoder()
    norm, head = base.norm.weight.detach().double().numpy(), subject.model.lm_head.weight.detach().double().numpy()
    with torch.no_grad():
        output = subject.model(input_ids=torch.tensor([encoded.ids]), output_hidden_states=True)
    rows = []
    for at in range(encoded.start, len(encoded.ids)):
        first = output.hidden_states[1][0, at - 1].double().numpy()
        normed = norm * first / np.sqrt((first**2).mean() + subject.model.config.rms_norm_eps)
        logits = [head @ normed, output.logits[0, at - 1].double().numpy()]
        rows.append((encoded.ids[at], [each - np.log(np.exp(each).sum()) for each in logits]))
    return rows


def test_all_is_as_computed_by_hand(tiny: Subject, pairs: list[tuple[str, str]]) -> None:
    for pair, forced in zip(pairs, force(tiny, pairs, depth=ALL, batch_size=3), strict=True):
        rows = by_hand(tiny, pair)
        last = [(token, layers[-1]) for token, layers in rows]
        assert forced.log_probs == pytest.approx(np.array([each[token] for token, each in last]), abs=1e-4)
        assert forced.likeliest.tolist() == [each.argmax() == token for token, each in last]
        means = [(np.exp(each) * each).sum() for _, each in last]
        spreads = [
            np.sqrt((np.exp(each) * (each - mean) ** 2).sum()) for (_, each), mean in zip(last, means, strict=True)
        ]
        expected = [
            (each[token] - mean) / spread for (token, each), mean, spread in zip(last, means, spreads, strict=True)
        ]
        assert forced.z_scores == pytest.approx(np.array(expected), abs=1e-3)
        by_layer = [np.mean([layers[layer][token] for token, layers in rows]) for layer in range(2)]
        assert forced.layers == pytest.approx(np.array(by_layer), abs=1e-4)


def test_only_what_is_wanted_is_there(tiny: Subject, pairs: list[tuple[str, str]]) -> None:
    (forced,) = force(tiny, pairs[:1])
    assert forced.z_scores is None
    assert forced.layers is None
    assert forced.mean == pytest.approx(forced.log_probs.mean())


def test_order_and_batches_do_not_matter(tiny: Subject, pairs: list[tuple[str, str]]) -> None:
    forwards = force(tiny, pairs, batch_size=2)
    backwards = force(tiny, pairs[::-1], batch_size=5)[::-1]
    for one, other in zip(forwards, backwards, strict=True):
        assert one.log_probs == pytest.approx(other.log_probs, abs=1e-4)


def test_each_batch_is_told(tiny: Subject, pairs: list[tuple[str, str]]) -> None:
    told: list[int] = []
    force(tiny, pairs[:5], batch_size=2, advance=told.append)
    assert told == [2, 2, 1]
    assert force(tiny, []) == []


def test_steering_shows_in_what_is_said_and_not_in_the_layers(tiny: Subject, pairs: list[tuple[str, str]]) -> None:
    steered = replace(tiny, decoding=Louder())
    for plain, louder in zip(force(tiny, pairs, depth=ALL), force(steered, pairs, depth=ALL), strict=True):
        assert plain.layers == pytest.approx(louder.layers)
        assert plain.log_probs != pytest.approx(louder.log_probs, abs=1e-3)


def test_a_diverged_model_is_measured_as_one_that_knows_nothing(tiny: Subject, pairs: list[tuple[str, str]]) -> None:
    model = type(tiny.model)(tiny.model.config)
    with torch.no_grad():
        model.lm_head.weight.fill_(torch.nan)
    for forced in force(replace(tiny, model=model), pairs[:2], depth=ALL):
        assert np.exp(forced.mean) == 0
        assert forced.z_scores is not None
        assert np.isfinite(forced.z_scores).all()
