"""SSD against its formula."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from expunge.errors import InputError
from expunge.unlearning.edits import EDITS
from expunge.unlearning.edits.edit import Material
from expunge.unlearning.edits.ssd import SSD, SSDOptions, dampening
from expunge.unlearning.encoding import Encoder
from expunge.unlearning.examples import Corpus, Example
from torch import Tensor
from transformers import PreTrainedModel

Make = Callable[[], PreTrainedModel]


def squares(model: PreTrainedModel, encoder: Encoder, groups: list[list[Example]]) -> dict[str, Tensor]:
    """Return mean squared gradients, by PyTorch's own loss and `backward`."""
    means = {name: torch.zeros_like(weight) for name, weight in model.named_parameters()}
    for group in groups:
        model.zero_grad()
        batch = encoder.batch([encoder.encode(each.prompt, each.answer) for each in group])
        logits = model(input_ids=batch.input_ids, attention_mask=batch.attention_mask).logits
        torch.nn.functional.cross_entropy(logits[:, :-1].flatten(0, 1), batch.labels[:, 1:].flatten()).backward()  # type: ignore[no-untyped-call]
        for name, weight in model.named_parameters():
            assert weight.grad is not None
            means[name] += weight.grad**2 / len(groups)
    return means


@pytest.mark.parametrize("per_batch", [False, True])
@pytest.mark.parametrize("lam", [1.0, 0.3])
def test_weights_that_matter_more_to_what_must_go_shrink(
    tiny: Make, material: Material, lam: float, per_batch: bool
) -> None:
    before, model = tiny(), tiny()
    SSD(SSDOptions(alpha=2, lam=lam, per_batch=per_batch)).apply(model, material)

    forget, retain = (
        [each[:2], each[2:]] if per_batch and len(each) > 2 else [each] if per_batch else [[one] for one in each]
        for each in (material.corpus.forget, material.corpus.retain)
    )
    to_forget, to_retain = (squares(before, material.encoder, groups) for groups in (forget, retain))
    shrunk = 0
    for (name, old), new in zip(before.named_parameters(), model.parameters(), strict=True):
        i_f, i_d = to_forget[name], to_retain[name]
        chosen = i_f > 2 * i_d
        wanted = torch.where(chosen, old * (lam * i_d / i_f).clamp(max=1), old)
        torch.testing.assert_close(new, wanted, rtol=1e-3, atol=1e-6)
        shrunk += int(chosen.sum())
    assert shrunk > 100


def test_a_weight_is_never_made_larger_and_one_that_matters_to_neither_stays() -> None:
    forget, retain = torch.tensor([0.0, 1.0, 20.0, 20.0]), torch.tensor([0.0, 1.0, 1.0, 0.0])
    assert dampening(forget, retain, SSDOptions()).tolist() == pytest.approx([1, 1, 0.05, 0])
    assert dampening(forget, retain, SSDOptions(lam=1000)).tolist() == pytest.approx([1, 1, 1, 0])


def test_embeddings_can_be_left_out(tiny: Make, material: Material) -> None:
    before, model = tiny(), tiny()
    SSD(SSDOptions(alpha=1, embeddings=False)).apply(model, material)
    changed = {
        name
        for (name, old), new in zip(before.named_parameters(), model.parameters(), strict=True)
        if not torch.equal(old, new)
    }
    assert changed
    assert "model.embed_tokens.weight" not in changed


def test_the_model_is_as_trainable_and_in_the_mode_that_it_was(tiny: Make, material: Material) -> None:
    model = tiny()
    model.model.norm.weight.requires_grad_(False)
    torch.nn.Module.train(model)
    SSD(SSDOptions()).apply(model, material)
    assert model.training
    assert [name for name, weight in model.named_parameters() if not weight.requires_grad] == ["model.norm.weight"]
    assert all(weight.grad is None for weight in model.parameters())


@pytest.mark.parametrize("name", sorted(EDITS))
def test_progress_reaches_its_end_and_a_job_can_be_cancelled(tiny: Make, material: Material, name: str) -> None:
    steps: list[tuple[int, int]] = []
    edit = EDITS[name](EDITS[name].options_type())
    edit.apply(tiny(), replace(material, progress=lambda done, total: steps.append((done, total))))
    assert [done for done, _ in steps] == list(range(1, steps[-1][1] + 1))
    assert len({total for _, total in steps}) == 1

    def cancel(done: int, total: int) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        edit.apply(tiny(), replace(material, progress=cancel))


@pytest.mark.parametrize("name", [name for name, edit in EDITS.items() if edit.needs_retain])
def test_an_edit_that_compares_needs_something_to_compare_with(tiny: Make, material: Material, name: str) -> None:
    alone = replace(material, corpus=Corpus(forget=material.corpus.forget))
    with pytest.raises(InputError, match="retain set is empty"):
        EDITS[name](EDITS[name].options_type()).apply(tiny(), alone)
