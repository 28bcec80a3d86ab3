import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from expunge.errors import InputError
from expunge.unlearning.encoding import Batch
from expunge.unlearning.losses.loss import Step
from expunge.unlearning.losses.reference import Reference, Want
from expunge.unlearning.losses.rmu import RMU, RMUOptions, direction
from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM, PreTrainedModel


def states_by_hand(model: Any, batch: Batch) -> list[list[list[float]]]:
    """Return what the first layer puts out, of each text alone."""
    found: list[list[list[float]]] = []
    handle = model.model.layers[0].register_forward_hook(lambda _, __, output: found.append(output[0].tolist()))
    for ids, mask in zip(batch.input_ids, batch.attention_mask, strict=True):
        with torch.no_grad():
            model(input_ids=ids[: int(mask.sum())].unsqueeze(0))
    handle.remove()
    return found


def mean_square(texts: list[list[list[float]]]) -> float:
    means = [math.fsum(x * x for token in text for x in token) / len(text) / len(text[0]) for text in texts]
    return math.fsum(means) / len(means)


@pytest.mark.parametrize(("coefficient", "seed"), [(6.5, 0), (2.0, 3)])
def test_drives_all_tokens_to_one_direction(
    model: PreTrainedModel, reference: Reference, step: Step, coefficient: float, seed: int
) -> None:
    unit = direction(16, seed).tolist()
    apart = [
        [[x - coefficient * u for x, u in zip(token, unit, strict=True)] for token in text]
        for text in states_by_hand(model, step.forget)
    ]
    assert [len(text) for text in apart] == [5, 7, 3]  # questions too
    loss = RMU(RMUOptions(coefficient=coefficient, seed=seed), reference)
    assert loss.forget(model, step).item() == pytest.approx(mean_square(apart), rel=1e-5)


def test_holds_hidden_states_of_what_must_stay(
    model: PreTrainedModel, earlier: PreTrainedModel, reference: Reference, step: Step
) -> None:
    assert step.retain is not None
    apart = [
        [[x - y for x, y in zip(*tokens, strict=True)] for tokens in zip(*texts, strict=True)]
        for texts in zip(states_by_hand(model, step.retain), states_by_hand(earlier, step.retain), strict=True)
    ]
    loss = RMU(RMUOptions(alpha=20), reference)
    terms = loss(model, step)
    assert terms.retain is not None
    assert terms.retain.item() == pytest.approx(mean_square(apart), rel=1e-5)
    assert terms.total.item() == pytest.approx(terms.forget.item() + 20 * terms.retain.item(), rel=1e-5)
    assert loss.wants(model) == {Want("hidden", "retain", 1)}


def test_other_retain_losses_are_those_of_all_losses(model: PreTrainedModel, reference: Reference, step: Step) -> None:
    kl = RMU(RMUOptions(retain_loss="kl"), reference)
    assert kl.wants(model) == {Want("logits", "retain")}
    assert step.retain is not None
    ce = RMU(RMUOptions(retain_loss="ce"), reference)
    assert not ce.wants(model)
    assert ce.retain(model, step.retain).item() != kl.retain(model, step.retain).item()
    assert not RMU(RMUOptions(retain_loss="none"), reference).needs_retain


def test_direction_is_of_length_1_and_by_seed() -> None:
    unit = direction(64, 5)
    assert unit.norm().item() == pytest.approx(1)
    assert bool((unit >= 0).all())
    assert torch.equal(unit, direction(64, 5))
    assert not torch.equal(unit, direction(64, 6))


@pytest.fixture(scope="module")
def deep() -> PreTrainedModel:
    config = LlamaConfig(
        vocab_size=50, hidden_size=16, intermediate_size=32, num_hidden_layers=8, num_attention_heads=2
    )
    return LlamaForCausalLM(config)


@pytest.mark.parametrize(("layer", "expected"), [(None, [0, 1]), (5, [2, 3, 4]), (1, [0])])
def test_moves_the_down_projections_of_three_layers(
    deep: PreTrainedModel, reference: Reference, layer: int | None, expected: list[int]
) -> None:
    names = RMU(RMUOptions(layer=layer), reference).trainable(deep)
    assert names == [f"model.layers.{number}.mlp.down_proj.weight" for number in expected]


def test_weights_that_move_change_the_states(
    knowing: PreTrainedModel, step: Step, reference_of: Callable[[PreTrainedModel], Reference]
) -> None:
    loss = RMU(RMUOptions(), reference_of(knowing))
    own = dict(knowing.named_parameters())
    weights = [own[name] for name in loss.trainable(knowing)]
    before = loss(knowing, step)
    gradients = torch.autograd.grad(before.total, weights)
    with torch.no_grad():
        for weight, gradient in zip(weights, gradients, strict=True):
            weight.sub_(0.1 * gradient)
    assert loss.forget(knowing, step).item() < before.forget.item() - 1e-3


@pytest.mark.parametrize("layer", [2, 9])
def test_the_last_layer_is_refused(model: PreTrainedModel, reference: Reference, step: Step, layer: int) -> None:
    loss = RMU(RMUOptions(layer=layer), reference)
    with pytest.raises(InputError, match="below the last of 2"):
        loss.forget(model, step)
    with pytest.raises(InputError, match="below the last of 2"):
        loss.trainable(model)


def test_a_model_without_down_projections_is_refused(reference: Reference) -> None:
    other = GPT2LMHeadModel(GPT2Config(vocab_size=50, n_embd=8, n_layer=2, n_head=2, n_positions=8))
    with pytest.raises(InputError, match=r"'down_proj'.*'gpt2'"):
        RMU(RMUOptions(), reference).trainable(other)
