"""Gradients of whole sets: right however they are cut, and nothing is left behind."""

from collections.abc import Callable

import torch
from expunge.unlearning.encoding import Batch
from expunge.unlearning.likelihood import mean_cross_entropy
from expunge.unlearning.losses.loss import logits_of
from expunge.unlearning.selectors.gradients import mean_gradients
from transformers import PreTrainedModel

MakeBatch = Callable[..., Batch]


def part(batch: Batch, rows: slice) -> Batch:
    return Batch(batch.input_ids[rows], batch.attention_mask[rows], batch.labels[rows], batch.rows[rows])


def test_they_are_those_of_the_mean_over_all_tokens_however_the_set_is_cut(
    llama: PreTrainedModel, make_batch: MakeBatch
) -> None:
    whole = make_batch(1, (7, 3, 5))
    mean_cross_entropy(logits_of(llama.eval(), whole), whole.labels).backward()  # type: ignore[no-untyped-call]
    expected = {name: weight.grad.clone() for name, weight in llama.named_parameters() if weight.grad is not None}
    for batches in ([whole], [part(whole, slice(0, 1)), part(whole, slice(1, 3))]):
        found = mean_gradients(llama, batches)
        assert found.keys() == expected.keys()
        for name, gradient in found.items():
            torch.testing.assert_close(gradient, expected[name], atol=1e-7, rtol=1e-4)


def test_the_model_is_left_as_it_was(llama: PreTrainedModel, make_batch: MakeBatch) -> None:
    llama.train()
    llama.model.layers[0].eval()
    llama.model.norm.weight.requires_grad_(False)
    llama.lm_head.weight.grad = kept = torch.ones_like(llama.lm_head.weight)
    weights = {name: weight.clone() for name, weight in llama.named_parameters()}
    modes = [module.training for module in llama.modules()]

    mean_gradients(llama, [make_batch(1)])

    assert [module.training for module in llama.modules()] == modes
    assert not llama.model.norm.weight.requires_grad
    assert llama.lm_head.weight.grad is kept
    assert all(weight.grad is None for name, weight in llama.named_parameters() if "layers" in name)
    assert all(torch.equal(weight, weights[name]) for name, weight in llama.named_parameters())


def test_they_are_without_dropout(llama: PreTrainedModel, make_batch: MakeBatch) -> None:
    expected = mean_gradients(llama, [make_batch(1)])
    for layer in llama.train().model.layers:
        layer.self_attn.attention_dropout = 0.5
    found = mean_gradients(llama, [make_batch(1)])
    assert all(torch.equal(gradient, expected[name]) for name, gradient in found.items())


def test_an_empty_set_has_none(llama: PreTrainedModel) -> None:
    assert not any(gradient.any() for gradient in mean_gradients(llama, []).values())


def test_they_are_float32_in_a_bfloat16_model(llama: PreTrainedModel, make_batch: MakeBatch) -> None:
    gradients = mean_gradients(llama.bfloat16(), [make_batch(1)])
    assert {gradient.dtype for gradient in gradients.values()} == {torch.float32}
