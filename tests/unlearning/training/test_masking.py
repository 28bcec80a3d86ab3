"""What is masked stays bit for bit, whatever trains the rest."""

from collections.abc import Callable

import pytest
import torch
from expunge.unlearning.selectors.selector import Phase
from expunge.unlearning.training.masking import masking
from torch import Tensor
from torch.optim import SGD, Adafactor, AdamW, Optimizer
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedModel

NORM = "model.norm.weight"
DOWN = "model.layers.1.mlp.down_proj.weight"
EMBEDDINGS = "model.embed_tokens.weight"


def small(precision: torch.dtype = torch.float32) -> PreTrainedModel:
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=50,
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        tie_word_embeddings=True,
    )
    model: PreTrainedModel = LlamaForCausalLM(config)
    torch.nn.Module.to(model, precision)
    with torch.no_grad():
        for weight in model.parameters():
            weight.flatten()[:2] = torch.tensor([0.0, -0.0])  # the sign of a zero is a bit too
    return model


def half(weight: Tensor) -> Tensor:
    """A mask of random entries, about half of them, and of neither zero that `small` sets."""
    mask = torch.rand(weight.shape, generator=torch.Generator().manual_seed(weight.numel())) < 0.5
    mask.view(-1)[:2] = False
    return mask


def bits(weight: Tensor) -> Tensor:
    return weight.detach().clone().view(torch.int32 if weight.dtype == torch.float32 else torch.int16)


def backward(model: PreTrainedModel, seed: int) -> None:
    ids = torch.randint(50, (2, 6), generator=torch.Generator().manual_seed(seed))
    model(input_ids=ids, labels=ids).loss.backward()


def train(model: PreTrainedModel, optimizer: Optimizer) -> None:
    """Five steps of three batches each, clipped."""
    for step in range(5):
        for batch in range(3):
            backward(model, 3 * step + batch)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 0.5)
        optimizer.step()
        optimizer.zero_grad()


OPTIMIZERS: dict[str, Callable[[PreTrainedModel], Optimizer]] = {
    "adamw": lambda model: AdamW(model.parameters(), 1e-2, weight_decay=0),
    "adamw, one by one": lambda model: AdamW(model.parameters(), 1e-2, weight_decay=0, foreach=False),
    "adamw, fused": lambda model: AdamW(model.parameters(), 1e-2, weight_decay=0, fused=True),
    "sgd with momentum": lambda model: SGD(model.parameters(), 1e-1, momentum=0.9, nesterov=True),
    "adafactor": lambda model: Adafactor(model.parameters(), 1e-2, weight_decay=0),
}


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16], ids=["float32", "bfloat16"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_masked_weights_stay_bit_for_bit(optimizer: str, precision: torch.dtype) -> None:
    model = small(precision)
    masks = {name: half(weight) for name, weight in model.named_parameters() if "q_proj" not in name}
    before = {name: bits(weight) for name, weight in model.named_parameters()}

    with masking(model, Phase({**masks, NORM: None})):
        train(model, OPTIMIZERS[optimizer](model))

    free = {**masks, NORM: torch.ones(16, dtype=torch.bool)}
    moved = 0
    for name, weight in model.named_parameters():
        changed = bits(weight) != before[name]
        allowed = free.get(name, torch.zeros_like(changed))
        assert not changed[~allowed].any(), name
        moved += int(changed.sum())
    assert moved > 100  # bfloat16 rounds most of the small steps of SGD away


def test_without_a_mask_the_same_training_moves_everything() -> None:
    model = small()
    before = {name: bits(weight) for name, weight in model.named_parameters()}
    train(model, OPTIMIZERS["adamw"](model))
    assert all((bits(weight) != before[name]).any() for name, weight in model.named_parameters())


def test_clipping_counts_only_what_may_move() -> None:
    model = small()
    mask = half(model.get_parameter(DOWN))
    backward(model, 0)
    whole = model.get_parameter(DOWN).grad
    assert whole is not None
    expected = whole[mask].norm()
    with masking(model, Phase({DOWN: mask})):
        backward(model, 0)
        torch.testing.assert_close(torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0), expected)


def test_gradients_that_are_no_numbers_stay_out_of_masked_entries() -> None:
    model = small()
    mask = half(model.get_parameter(DOWN))
    with masking(model, Phase({DOWN: mask})):
        (model.get_parameter(DOWN) * torch.inf).sum().backward()  # type: ignore[no-untyped-call]
        gradient = model.get_parameter(DOWN).grad
        assert gradient is not None
        assert not gradient[~mask].any()


def test_a_mask_of_tied_weights_holds_in_both_their_uses() -> None:
    model = small()
    mask = half(model.get_parameter(EMBEDDINGS))
    before = bits(model.get_parameter(EMBEDDINGS))
    with masking(model, Phase({EMBEDDINGS: mask})):
        train(model, OPTIMIZERS["adamw"](model))
    assert model.lm_head.weight is model.get_parameter(EMBEDDINGS)
    assert (bits(model.lm_head.weight) == before)[~mask].all()


def test_afterwards_the_model_is_as_free_as_before_and_the_phase_is_closed() -> None:
    model, closed = small(), []
    model.get_parameter(NORM).requires_grad_(False)
    backward(model, 0)  # leaves gradients that an optimizer would step by

    def interrupted() -> None:
        phase = Phase({DOWN: half(model.get_parameter(DOWN)), NORM: None}, close=lambda: closed.append(True))
        with masking(model, phase):
            assert {name for name, weight in model.named_parameters() if weight.requires_grad} == {DOWN, NORM}
            assert all(weight.grad is None for weight in model.parameters())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert closed == [True]
    assert {name for name, weight in model.named_parameters() if not weight.requires_grad} == {NORM}
    backward(model, 1)
    free = model.get_parameter(DOWN).grad
    assert free is not None
    assert free.all()


def test_phases_that_do_not_fit_the_model_are_refused() -> None:
    model = small()
    with pytest.raises(ValueError, match="no parameter of the model"), masking(model, Phase({"lm_head.bias": None})):
        pass
    with pytest.raises(ValueError, match="has shape"), masking(model, Phase({DOWN: torch.ones(1, dtype=torch.bool)})):
        pass
    assert all(weight.requires_grad for weight in model.parameters())


def test_weight_decay_moves_what_is_held() -> None:
    model = small()
    mask = half(model.get_parameter(DOWN))
    before = bits(model.get_parameter(DOWN))
    with masking(model, Phase({DOWN: mask})):
        train(model, AdamW(model.parameters(), 1e-2, weight_decay=0.1))
    assert (bits(model.get_parameter(DOWN)) != before)[~mask].any()  # why selectors refuse it


def test_weight_decay_leaves_parameters_that_are_not_named() -> None:
    model = small()
    before = {name: bits(weight) for name, weight in model.named_parameters()}
    with masking(model, Phase({DOWN: None})):
        train(model, AdamW(model.parameters(), 1e-2, weight_decay=0.1))
    moved = {name for name, weight in model.named_parameters() if (bits(weight) != before[name]).any()}
    assert moved == {DOWN}
