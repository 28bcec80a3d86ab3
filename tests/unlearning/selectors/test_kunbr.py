"""KUnBR: densities by hand, and which blocks are trained."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from expunge.errors import InputError
from expunge.unlearning.encoding import Batch
from expunge.unlearning.selectors import KUnBR, KUnBROptions
from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM, PreTrainedModel

MakeBatch = Callable[..., Batch]
MakeSets = Callable[..., Any]


@pytest.fixture(scope="module")
def deep() -> PreTrainedModel:
    """Six layers."""
    torch.manual_seed(1)
    shape: dict[str, Any] = {"vocab_size": 50, "hidden_size": 8, "intermediate_size": 8, "num_attention_heads": 2}
    return LlamaForCausalLM(LlamaConfig(num_hidden_layers=6, **shape))


@pytest.fixture(scope="module")
def sets(make_batch: MakeBatch, make_sets: MakeSets) -> Any:
    return make_sets([make_batch(1), make_batch(2, (5, 3, 6))])


def shares_by_hand(model: PreTrainedModel, batches: list[Batch], layers: int) -> list[float]:
    """E‖∇_l‖₁ by plain autograd and transformers' own loss, example by example, as shares."""
    norms = [0.0] * layers
    for batch in batches:
        for row in range(len(batch.rows)):
            length = int(batch.attention_mask[row].sum())
            ids, labels = batch.input_ids[row : row + 1, :length], batch.labels[row : row + 1, :length]
            model.zero_grad()
            model.eval()(input_ids=ids, labels=labels).loss.backward()
            for at in range(layers):
                norms[at] += sum(
                    float(weight.grad.abs().sum())
                    for weight in model.model.layers[at].parameters()
                    if weight.grad is not None
                )
    model.zero_grad()
    return [norm / sum(norms) for norm in norms]


def test_densities_are_those_by_hand(deep: PreTrainedModel, sets: Any) -> None:
    expected = shares_by_hand(deep, sets.forget(), 4)
    blocks = KUnBR(KUnBROptions()).densities(deep, sets)
    assert {block.layers.start: block.density for block in blocks} == pytest.approx(dict(enumerate(expected)), rel=1e-4)
    densities = [block.density for block in blocks]
    assert densities == sorted(densities, reverse=True)


def test_blocks_of_several_layers_have_the_mean_of_their_shares(deep: PreTrainedModel, sets: Any) -> None:
    expected = shares_by_hand(deep, sets.forget(), 5)
    blocks = KUnBR(KUnBROptions(skip_last=1, blocks=2)).densities(deep, sets)
    assert {tuple(block.layers): block.density for block in blocks} == pytest.approx(
        {(0, 1): sum(expected[:2]) / 2, (2, 3, 4): sum(expected[2:]) / 3}, rel=1e-4
    )


def test_the_densest_half_is_trained_block_by_block_inside_the_original(deep: PreTrainedModel, sets: Any) -> None:
    kunbr = KUnBR(KUnBROptions())
    dense = [block.layers.start for block in kunbr.densities(deep, sets)][:2]
    phases = kunbr.phases(deep, sets)
    assert len(phases) == 2
    for phase, layer in zip(phases, dense, strict=True):
        own = {f"model.layers.{layer}.{name}" for name, _ in deep.model.layers[layer].named_parameters()}
        assert phase.masks == dict.fromkeys(own)
        assert phase.alone


def test_the_one_layer_that_does_anything_comes_first(sets: Any) -> None:
    torch.manual_seed(1)
    shape: dict[str, Any] = {"vocab_size": 50, "hidden_size": 8, "intermediate_size": 8, "num_attention_heads": 2}
    model = LlamaForCausalLM(LlamaConfig(num_hidden_layers=6, **shape))
    with torch.no_grad():
        for at in (0, 1, 3):
            model.model.layers[at].input_layernorm.weight.zero_()
            model.model.layers[at].post_attention_layernorm.weight.zero_()
    (phase,) = KUnBR(KUnBROptions(top=1)).phases(model, sets)
    assert all(name.startswith("model.layers.2.") for name in phase.masks)


@pytest.mark.parametrize(
    ("options", "layers"),
    [
        ({}, [[0], [1], [2], [3]]),
        ({"skip_last": 0, "blocks": 4}, [[0], [1, 2], [3], [4, 5]]),
        ({"skip_last": 9}, [[0]]),
        ({"skip_last": 5, "blocks": 1}, [[0]]),
    ],
)
def test_layers_are_divided_evenly_and_one_always_stays(
    deep: PreTrainedModel, sets: Any, options: dict[str, int], layers: list[list[int]]
) -> None:
    blocks = KUnBR(KUnBROptions(**options)).densities(deep, sets)
    assert sorted(list(block.layers) for block in blocks) == layers


def test_two_layers_leave_one_phase(llama: PreTrainedModel, sets: Any) -> None:
    (phase,) = KUnBR(KUnBROptions()).phases(llama, sets)
    assert all(name.startswith("model.layers.0.") for name in phase.masks)


@pytest.mark.parametrize("options", [{"blocks": 5}, {"top": 5}, {"blocks": 2, "top": 3}])
def test_more_than_there_are_is_refused_before_loading(deep: PreTrainedModel, options: dict[str, int]) -> None:
    with pytest.raises(InputError, match="KUnBR's option"):
        KUnBR(KUnBROptions(**options)).check(deep.config)


def test_other_architectures_are_found_by_their_structure(make_batch: MakeBatch, make_sets: MakeSets) -> None:
    model = GPT2LMHeadModel(GPT2Config(vocab_size=50, n_embd=8, n_layer=3, n_head=2, n_positions=16))
    (phase,) = KUnBR(KUnBROptions()).phases(model, make_sets([make_batch(1)]))
    assert all(name.startswith("transformer.h.0.") for name in phase.masks)


def test_a_model_without_layers_is_refused(llama: PreTrainedModel, sets: Any) -> None:
    llama.config.num_hidden_layers = 7
    with pytest.raises(InputError, match="are not found"):
        KUnBR(KUnBROptions()).phases(llama, sets)
