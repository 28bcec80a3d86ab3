"""WAGLE against its formula, computed by numpy."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from expunge.errors import InputError
from expunge.unlearning.encoding import Batch
from expunge.unlearning.selectors import WAGLE, WAGLEOptions
from expunge.unlearning.selectors.gradients import mean_gradients
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from transformers import PreTrainedModel

MakeBatch = Callable[..., Batch]
MakeSets = Callable[..., Any]


@pytest.fixture
def sets(make_batch: MakeBatch, make_sets: MakeSets) -> Any:
    return make_sets([make_batch(1), make_batch(2, (5,))], [make_batch(3), make_batch(4, (6, 6, 3))])


@pytest.mark.parametrize("mu", [1e-6, 0.3, 1e6])
def test_scores_and_masks_are_those_of_the_formula(llama: PreTrainedModel, sets: Any, mu: float) -> None:
    forget, retain = mean_gradients(llama, sets.forget()), mean_gradients(llama, sets.retain())
    expected = {
        name: np.abs((weight.detach().numpy() - retain[name].numpy() / np.float32(mu)) * forget[name].numpy())
        for name, weight in llama.named_parameters()
    }
    wagle = WAGLE(WAGLEOptions(mu=mu, keep=0.8))

    for name, score in wagle.scores(llama, sets).items():
        np.testing.assert_allclose(score.numpy(), expected[name], rtol=1e-4)
    (phase,) = wagle.phases(llama, sets)
    kept = np.concatenate([np.asarray(phase.masks[name]).ravel() for name in expected])
    scores = np.concatenate([score.ravel() for score in expected.values()])
    assert kept.sum() == round(0.8 * len(scores))
    assert scores[kept].min() >= scores[~kept].max() * (1 - 1e-4)


def test_tied_weights_are_ranked_once(llama: PreTrainedModel, sets: Any) -> None:
    (phase,) = WAGLE(WAGLEOptions()).phases(llama, sets)
    assert phase.masks.keys() == dict(llama.named_parameters()).keys()
    assert "lm_head.weight" not in phase.masks
    assert not phase.alone
    assert phase.penalty is None


def test_where_mu_is_large_what_must_stay_no_longer_counts(
    llama: PreTrainedModel, sets: Any, make_batch: MakeBatch, make_sets: MakeSets
) -> None:
    others = make_sets(sets.forget(), [make_batch(9)])

    def chosen(mu: float, data: Any) -> list[bool]:
        (phase,) = WAGLE(WAGLEOptions(mu=mu, keep=0.5)).phases(llama, data)
        return [entry for mask in phase.masks.values() if mask is not None for entry in mask.flatten().tolist()]

    assert chosen(1e12, sets) == chosen(1e12, others)
    assert chosen(1e-6, sets) != chosen(1e-6, others)


@settings(max_examples=10)
@given(st.floats(min_value=0.001, max_value=1))
def test_the_share_is_exact(llama: PreTrainedModel, sets: Any, keep: float) -> None:
    (phase,) = WAGLE(WAGLEOptions(keep=keep)).phases(llama, sets)
    kept = sum(int(mask.sum()) for mask in phase.masks.values() if mask is not None)
    assert kept == round(keep * sum(weight.numel() for weight in llama.parameters()))


def test_nothing_that_must_stay_is_refused(llama: PreTrainedModel, sets: Any, make_sets: MakeSets) -> None:
    with pytest.raises(InputError, match="retain set is empty"):
        WAGLE(WAGLEOptions()).phases(llama, make_sets(sets.forget()))


def test_gradients_that_are_no_numbers_are_refused(llama: PreTrainedModel, sets: Any) -> None:
    with torch.no_grad():
        llama.model.norm.weight[0] = torch.inf
    with pytest.raises(InputError, match="infinite or no numbers"):
        WAGLE(WAGLEOptions()).phases(llama, sets)


@pytest.mark.parametrize("wrong", [{"mu": 0}, {"mu": float("nan")}, {"keep": 0}, {"keep": 1.1}, {"share": 0.5}])
def test_options_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        WAGLEOptions.model_validate(wrong)
