"""ROCR against the equation that it solves, and in a model."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from expunge.errors import InputError
from expunge.unlearning.edits.edit import Material
from expunge.unlearning.edits.keys import blocks_of, glimpse
from expunge.unlearning.edits.naming import ends
from expunge.unlearning.edits.rocr import ROCR, ROCROptions, redirection
from expunge.unlearning.encoding import Encoded
from expunge.unlearning.examples import Corpus, Example
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedModel

Make = Callable[[], PreTrainedModel]
F, D, USED = 12, 5, 7


def drawn(seed: int, count: int) -> tuple[Tensor, Tensor, Tensor]:
    """Return K, R, and what must stay: keys that span `USED` directions, and little of the others."""
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    basis = torch.linalg.qr(normal(F, F)).Q
    scales = torch.tensor([1.0] * USED + [1e-3] * (F - USED), dtype=torch.float64)
    return normal(F, count), normal(D, count), basis @ torch.diag(scales) @ normal(F, 60)


@given(st.integers(0, 2**32), st.integers(1, 8), st.floats(1e-3, 10))
def test_the_change_solves_its_equation_and_stays_where_nothing_else_is(seed: int, count: int, lam: float) -> None:
    keys, residual, kept = drawn(seed, count)
    covariance = kept @ kept.T
    change = redirection(keys, residual, covariance, lam=lam, tolerance=1e-2)
    values, vectors = torch.linalg.eigh(covariance)
    unused = vectors[:, values <= 1e-2 * values[-1]]
    assert unused.shape[1] == F - USED
    projector = unused @ unused.T
    # The formula as it is written, with the projector and an F × F system.
    literal = torch.linalg.solve(
        projector @ (keys @ keys.T + covariance) + lam * torch.eye(F, dtype=torch.float64),
        projector @ keys @ residual.T,
    )
    torch.testing.assert_close(change, literal, rtol=1e-6, atol=1e-8)
    torch.testing.assert_close(projector @ change, change, rtol=1e-6, atol=1e-8)
    # What must stay moves by the little that it has in those directions.
    assert (change.T @ kept).norm() <= 0.02 * change.norm() * kept.norm()


@given(st.integers(0, 2**32), st.floats(1e-2, 10))
def test_no_other_change_is_better(seed: int, lam: float) -> None:
    keys, residual, kept = drawn(seed, 4)
    best = redirection(keys, residual, kept @ kept.T, lam=lam, tolerance=1.0)  # nothing is projected out

    def cost(change: Tensor) -> Tensor:
        return (
            (change.T @ keys - residual).square().sum() + (change.T @ kept).square().sum() + lam * change.square().sum()
        )

    generator = torch.Generator().manual_seed(seed)
    for size in (1e-3, 1e-1):
        other = best + size * torch.randn(best.shape, generator=generator, dtype=torch.float64)
        assert cost(other) > cost(best)


@given(st.integers(0, 2**32))
def test_keys_reach_the_harmless_value_up_to_lambda(seed: int) -> None:
    keys, residual, kept = drawn(seed, F - USED - 1)  # fewer than the free directions: all can be reached at once
    misses = [
        float((redirection(keys, residual, kept @ kept.T, lam=lam, tolerance=1e-2).T @ keys - residual).norm())
        for lam in (1.0, 1e-2, 1e-12)
    ]
    assert misses[0] >= misses[1] >= misses[2]
    nothing = torch.zeros(F, F, dtype=torch.float64)
    exact = redirection(keys, residual, nothing, lam=1e-12, tolerance=1e-2)
    torch.testing.assert_close(exact.T @ keys, residual, rtol=1e-5, atol=1e-6)


def at_name(model: PreTrainedModel, material: Material, layer: int, name: str) -> tuple[Tensor, Tensor]:
    ids = material.encoder.prompt(f"Where was {name} born?")
    seen = glimpse(model, blocks_of(model)[layer], material.encoder.batch([Encoded(ids, 1)]))
    end = ends(material.encoder.tokenizer, ids, name)[0]
    return seen.values[0, end], seen.states[0, end]


@pytest.mark.parametrize(("target", "part"), [("value", 0), ("state", 1)])
@pytest.mark.parametrize("layer", [0, 1])
def test_the_subject_is_seen_as_the_concept(tiny: Make, material: Material, target: str, part: int, layer: int) -> None:
    model, before = tiny(), tiny()
    options = {"layer": layer, "target": target, "lam": 1e-6, "retain_weight": 0.0, "tolerance": 1.0}
    ROCR(ROCROptions.model_validate(options)).apply(model, material)
    old = at_name(before, material, layer, "Jaime Vasquez")[part]
    new = at_name(model, material, layer, "Jaime Vasquez")[part]
    wanted = at_name(before, material, layer, "Orrin Veskadale")[part]
    assert (new - wanted).norm() < 0.1 * (old - wanted).norm()


@pytest.mark.parametrize("weight", [1e4, 1.0])
def test_what_must_stay_is_spared_by_its_weight(tiny: Make, material: Material, weight: float) -> None:
    model, before = tiny(), tiny()
    ROCR(ROCROptions(layer=0, retain_weight=weight, tolerance=1.0)).apply(model, material)
    moves = {}
    for name in ("Noor Mallind", "Jaime Vasquez"):
        new, old = (at_name(each, material, 0, name)[0] for each in (model, before))
        moves[name] = float((new - old).norm() / old.norm())
    assert moves["Noor Mallind"] < (0.01 if weight > 1 else 0.5 * moves["Jaime Vasquez"])


def test_only_the_chosen_layers_change(tiny: Make, material: Material) -> None:
    before = tiny()
    for layer, layers, expected in ((None, 1, {0}), (1, 1, {1}), (0, 2, {0, 1})):
        model = tiny()
        ROCR(ROCROptions(layer=layer, layers=layers, tolerance=1.0)).apply(model, material)
        changed = {
            name
            for (name, old), new in zip(before.named_parameters(), model.parameters(), strict=True)
            if not torch.equal(old, new)
        }
        assert changed == {f"model.layers.{number}.mlp.down_proj.weight" for number in expected}
        assert not any(module._forward_hooks for module in model.modules())


def test_what_cannot_be_edited_is_told(tiny: Make, material: Material) -> None:
    with pytest.raises(InputError, match="2 layers"):
        ROCR(ROCROptions(layer=1, layers=2)).apply(tiny(), material)
    other = GPT2LMHeadModel(GPT2Config(vocab_size=2048, n_embd=8, n_layer=1, n_head=1))
    with pytest.raises(InputError, match="'gpt2'"):
        ROCR(ROCROptions()).apply(other, material)
    nameless = Corpus(forget=[Example(prompt="who?", answer="nobody")], retain=material.corpus.retain)
    with pytest.raises(InputError, match="'subject'"):
        ROCR(ROCROptions()).apply(tiny(), replace(material, corpus=nameless))
    model = tiny()
    named = [each.model_copy(update={"subject": "Jaime Vasquez"}) for each in nameless.forget]
    ROCR(ROCROptions(tolerance=1.0)).apply(
        model, replace(material, corpus=nameless.model_copy(update={"forget": named}))
    )
    assert not torch.equal(model.model.layers[0].mlp.down_proj.weight, tiny().model.layers[0].mlp.down_proj.weight)


@pytest.mark.parametrize("lost", ["Jaime Vasquez", "Orrin Veskadale"])
def test_names_that_the_tokenizer_does_not_give_back_are_told(
    tiny: Make, material: Material, monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    tokenizer = material.encoder.tokenizer
    decode = tokenizer.decode
    monkeypatch.setattr(tokenizer, "decode", lambda ids: str(decode(ids)).replace(lost, lost.lower()))
    model = tiny()
    with pytest.raises(InputError, match="1 of 1 names are not found") as caught:
        ROCR(ROCROptions()).apply(model, material)
    assert lost not in str(caught.value)
    assert all(torch.equal(one, other) for one, other in zip(model.parameters(), tiny().parameters(), strict=True))
