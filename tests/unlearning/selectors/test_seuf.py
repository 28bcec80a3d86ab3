"""SEUF on three architectures: which experts it takes, what moves, and what its anchor does."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from expunge.errors import InputError
from expunge.unlearning.encoding import Batch
from expunge.unlearning.likelihood import mean_cross_entropy
from expunge.unlearning.losses.loss import logits_of
from expunge.unlearning.selectors import SEUF, SEUFOptions
from expunge.unlearning.selectors.experts import mixtures
from expunge.unlearning.training.masking import masking
from transformers import (
    LlamaConfig,
    MixtralConfig,
    MixtralForCausalLM,
    OlmoeConfig,
    OlmoeForCausalLM,
    PreTrainedModel,
    Qwen3MoeConfig,
    Qwen3MoeForCausalLM,
)

MakeBatch = Callable[..., Batch]
MakeSets = Callable[..., Any]

SHAPE: dict[str, Any] = {
    "vocab_size": 50,
    "hidden_size": 16,
    "intermediate_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 2,
    "num_experts_per_tok": 2,
}
EXPERTS = 4
HEADS: dict[str, Any] = {"head_dim": 8}


def mixtral() -> PreTrainedModel:
    return MixtralForCausalLM(MixtralConfig(num_local_experts=EXPERTS, **SHAPE))


def qwen() -> PreTrainedModel:
    return Qwen3MoeForCausalLM(Qwen3MoeConfig(num_experts=EXPERTS, moe_intermediate_size=16, **SHAPE, **HEADS))


def olmoe() -> PreTrainedModel:
    return OlmoeForCausalLM(OlmoeConfig(num_experts=EXPERTS, **SHAPE))


@pytest.fixture(params=[mixtral, qwen, olmoe])
def model(request: pytest.FixtureRequest) -> PreTrainedModel:
    """A model of four experts in each of two layers."""
    return seeded(request.param)


def seeded(make: Callable[[], PreTrainedModel]) -> PreTrainedModel:
    torch.manual_seed(0)
    made = make()
    with torch.no_grad():
        for layer in mixtures(made):
            torch.nn.init.normal_(layer.router.weight, std=0.02)  # type: ignore[arg-type]
    return made


@pytest.fixture
def sets(make_batch: MakeBatch, make_sets: MakeSets) -> Any:
    return make_sets([make_batch(1), make_batch(2, (5, 3, 6))], [make_batch(3)])


def favour(model: PreTrainedModel, layer: int, expert: int) -> None:
    """Make a router send all tokens to an expert, where hidden states share the direction of `rigged`."""
    with torch.no_grad():
        model.get_parameter(f"model.layers.{layer}.mlp.gate.weight")[expert] += 0.1


@pytest.fixture
def rigged(model: PreTrainedModel) -> PreTrainedModel:
    """Embeddings share a direction, and the second layer's router sends them to its third expert."""
    with torch.no_grad():
        model.get_parameter("model.embed_tokens.weight").add_(0.1)
    favour(model, layer=1, expert=2)
    return model


def test_mixtures_are_found(model: PreTrainedModel) -> None:
    parameters = dict(model.named_parameters())
    found = mixtures(model)
    assert [layer.experts for layer in found] == [EXPERTS, EXPERTS]
    for at, layer in enumerate(found):
        assert list(layer.router_parameters) == [f"model.layers.{at}.mlp.gate.weight"]
        prefix = f"model.layers.{at}.mlp.experts"
        assert layer.expert_parameters.keys() == {f"{prefix}.gate_up_proj", f"{prefix}.down_proj"}
        assert all(parameters[name].shape == shape for name, shape in layer.expert_parameters.items())


def test_affinities_are_the_mean_of_the_routers_softmax_over_tokens(model: PreTrainedModel, sets: Any) -> None:
    sums, tokens = torch.zeros(2, EXPERTS), 0
    for batch in sets.forget():
        for row in range(len(batch.rows)):  # one text at a time: no padding
            ids = batch.input_ids[row : row + 1, : int(batch.attention_mask[row].sum())]
            with torch.no_grad():
                logits = model.eval()(input_ids=ids, output_router_logits=True).router_logits
            sums += torch.stack([each.reshape(-1, EXPERTS).softmax(-1).sum(0) for each in logits])
            tokens += ids.numel()

    found = SEUF(SEUFOptions()).attribute(model, sets)

    assert len(found) == 2 * EXPERTS
    for expert in found:
        assert expert.affinity == pytest.approx(float(sums[expert.mixture, expert.index] / tokens), rel=1e-4)


def test_the_most_used_expert_and_its_router_may_move(rigged: PreTrainedModel, sets: Any) -> None:
    (phase,) = SEUF(SEUFOptions()).phases(rigged, sets)
    phase.close()
    masks = {name: mask for name, mask in phase.masks.items() if mask is not None}
    assert phase.masks.keys() - masks.keys() == {"model.layers.1.mlp.gate.weight"}
    assert masks.keys() == {"model.layers.1.mlp.experts.gate_up_proj", "model.layers.1.mlp.experts.down_proj"}
    for mask in masks.values():
        assert mask[2].all()
        assert not mask[[0, 1, 3]].any()


def test_several_experts_may_be_in_one_layer_or_in_several(rigged: PreTrainedModel, sets: Any) -> None:
    seuf = SEUF(SEUFOptions(experts=3))
    expected = {(expert.mixture, expert.index) for expert in seuf.attribute(rigged, sets)[:3]}
    (phase,) = seuf.phases(rigged, sets)
    phase.close()
    found = {
        (at, index)
        for at in range(2)
        if (mask := phase.masks.get(f"model.layers.{at}.mlp.experts.down_proj")) is not None
        for index in mask.flatten(1).all(1).nonzero().flatten().tolist()
    }
    assert found == expected


def test_the_anchor_is_the_formula_on_the_forget_batch_alone(
    rigged: PreTrainedModel, sets: Any, make_batch: MakeBatch
) -> None:
    forget, retain = make_batch(5, (6, 3)), make_batch(6)
    logits = rigged(
        input_ids=forget.input_ids, attention_mask=forget.attention_mask, output_router_logits=True
    ).router_logits[1]
    affinity = logits.reshape(-1, EXPERTS)[forget.attention_mask.flatten().bool()].softmax(-1)
    expected = 0.5 * (affinity - torch.tensor([0.0, 0.0, 1.0, 0.0])).square().mean()

    (phase,) = SEUF(SEUFOptions(anchor=0.5)).phases(rigged, sets)
    assert phase.penalty
    assert expected > 0.01
    for _ in range(2):  # the second time is recorded anew
        with torch.no_grad():
            logits_of(rigged, retain)  # a reference
        logits_of(rigged, forget)
        logits_of(rigged, retain)
        torch.testing.assert_close(phase.penalty(), expected, atol=0, rtol=1e-4)
    phase.close()


def test_the_anchor_shares_its_target_among_the_experts_of_a_layer(
    rigged: PreTrainedModel, sets: Any, make_batch: MakeBatch
) -> None:
    favour(rigged, layer=1, expert=0)
    batch = make_batch(5, (6,))
    (phase,) = SEUF(SEUFOptions(experts=2)).phases(rigged, sets)
    assert phase.penalty
    output = rigged(input_ids=batch.input_ids, attention_mask=batch.attention_mask, output_router_logits=True)
    affinity = output.router_logits[1].reshape(-1, EXPERTS).softmax(-1)
    expected = (affinity - torch.tensor([0.5, 0.0, 0.5, 0.0])).square().mean()
    torch.testing.assert_close(phase.penalty(), expected, atol=0, rtol=1e-4)
    phase.close()


def hooks_of(model: PreTrainedModel) -> int:
    return sum(len(module._forward_hooks) + len(module._forward_pre_hooks) for module in model.modules())


def test_closing_takes_all_hooks_away(model: PreTrainedModel, sets: Any) -> None:
    before = hooks_of(model)
    seuf = SEUF(SEUFOptions())
    seuf.attribute(model, sets)
    assert hooks_of(model) == before
    (phase,) = seuf.phases(model, sets)
    assert hooks_of(model) > before
    phase.close()
    phase.close()
    assert hooks_of(model) == before


def test_the_anchor_without_a_forward_pass_is_an_error(model: PreTrainedModel, sets: Any) -> None:
    (phase,) = SEUF(SEUFOptions()).phases(model, sets)
    assert phase.penalty
    with pytest.raises(RuntimeError, match="forward pass"):
        phase.penalty()
    phase.close()


@pytest.mark.parametrize("reentrant", [True, False])
def test_gradient_checkpointing_changes_neither_the_anchor_nor_its_gradient(
    sets: Any, make_batch: MakeBatch, reentrant: bool
) -> None:
    model = seeded(mixtral).train()
    plain = anchor_gradients(model, sets, [make_batch(5), make_batch(6)])
    model.activation_checkpointing_enable({"use_reentrant": reentrant})
    model.enable_input_require_grads()
    again = anchor_gradients(model, sets, [make_batch(5), make_batch(6)])
    assert all(gradient.any() for gradient in plain)
    assert not torch.equal(*plain)
    for one, other in zip(plain, again, strict=True):
        torch.testing.assert_close(one, other)


def anchor_gradients(model: PreTrainedModel, sets: Any, batches: list[Batch]) -> list[torch.Tensor]:
    """Return the anchor's gradient by the chosen router's weight, batch after batch."""
    (phase,) = SEUF(SEUFOptions()).phases(model, sets)
    (router,) = (name for name, mask in phase.masks.items() if mask is None)
    gradients = []
    for batch in batches:  # layers that run again in the backward pass must not be taken for the next forward pass
        model.zero_grad()
        lost = mean_cross_entropy(logits_of(model, batch), batch.labels)
        assert phase.penalty
        (0 * lost + phase.penalty()).backward()  # type: ignore[no-untyped-call]
        gradient = model.get_parameter(router).grad
        assert gradient is not None
        gradients.append(gradient)
    phase.close()
    return gradients


def test_training_moves_the_chosen_expert_and_router_and_raises_its_affinity(sets: Any) -> None:
    model = seeded(mixtral)
    seuf = SEUF(SEUFOptions(anchor=5.0))
    chosen = seuf.attribute(model, sets)[0]
    before = {name: weight.detach().clone() for name, weight in model.named_parameters()}
    (phase,) = seuf.phases(model, sets)
    assert phase.penalty
    with masking(model.train(), phase):
        optimizer = torch.optim.AdamW([each for each in model.parameters() if each.requires_grad], 1e-2, weight_decay=0)
        for step in range(8):
            forget, retain = sets.forget()[step % 2], sets.retain()[0]
            lost = -mean_cross_entropy(logits_of(model, forget), forget.labels)
            kept = mean_cross_entropy(logits_of(model, retain), retain.labels)
            (0.1 * lost + kept + phase.penalty()).backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            optimizer.zero_grad()

    prefix = f"model.layers.{chosen.mixture}.mlp"
    for name, weight in model.named_parameters():
        moved = (weight != before[name]).flatten(1).any(1) if weight.ndim > 1 else weight != before[name]
        if name.startswith(f"{prefix}.experts."):
            assert moved.nonzero().flatten().tolist() == [chosen.index], name
        else:
            assert bool(moved.any()) == (name == f"{prefix}.gate.weight"), name
    after = {(each.mixture, each.index): each.affinity for each in seuf.attribute(model, sets)}
    assert after[chosen.mixture, chosen.index] > chosen.affinity + 0.1


def test_a_model_without_experts_is_refused_before_loading() -> None:
    with pytest.raises(InputError, match="'llama' model names no experts"):
        SEUF(SEUFOptions()).check(LlamaConfig())


@pytest.mark.parametrize("config", [MixtralConfig(), Qwen3MoeConfig(), OlmoeConfig()])
def test_models_of_experts_pass(config: object) -> None:
    SEUF(SEUFOptions()).check(config)


def test_more_experts_than_there_are_is_refused(sets: Any) -> None:
    with pytest.raises(InputError, match="the model has 8"):
        SEUF(SEUFOptions(experts=9)).phases(seeded(mixtral), sets)


def test_experts_that_are_not_found_are_refused(llama: PreTrainedModel, sets: Any) -> None:
    with pytest.raises(InputError, match="No experts are found"):
        SEUF(SEUFOptions()).phases(llama, sets)
