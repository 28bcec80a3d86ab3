"""The reference: what is kept of the model as it was, and what is asked of it with its adapter switched off."""

from collections.abc import Callable
from typing import Any, cast

import peft
import psutil
import pytest
import torch
from expunge.errors import InputError
from expunge.unlearning.encoding import Batch, Encoded, Encoder
from expunge.unlearning.examples import Corpus
from expunge.unlearning.likelihood import answer_nll, counted
from expunge.unlearning.losses.reference import Want
from expunge.unlearning.training.remembering import Remembered
from transformers import LlamaForCausalLM

WANTS = {Want("nll", "forget"), Want("logits", "forget"), Want("hidden", "forget", 1)}


@pytest.fixture
def encoded(corpus: Corpus, encoder: Encoder) -> list[Encoded]:
    return [encoder.encode(example.prompt, example.answer) for example in corpus.forget]


@pytest.fixture
def batch(encoded: list[Encoded], encoder: Encoder) -> Batch:
    rows = [4, 1, 1, 3]
    return encoder.batch([encoded[row] for row in rows], rows)


def shift(model: torch.nn.Module) -> None:
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(0.3)


def test_what_is_kept_is_what_the_model_said_before_it_was_changed(
    make_model: Callable[[], LlamaForCausalLM], encoder: Encoder, encoded: list[Encoded], batch: Batch
) -> None:
    model = make_model().eval()
    with torch.no_grad():
        known = model(input_ids=batch.input_ids, attention_mask=batch.attention_mask, output_hidden_states=True)
    reference = Remembered(model, encoder, {"forget": encoded}, WANTS, batch_size=2)
    shift(model)
    mask, real = counted(batch.labels), batch.attention_mask.bool()
    torch.testing.assert_close(reference.nll(batch), answer_nll(known.logits, batch.labels))
    torch.testing.assert_close(reference.logits(batch)[:, :-1][mask], known.logits[:, :-1][mask])
    hidden = reference.hidden(batch, 1)
    assert hidden.shape == known.hidden_states[1].shape
    torch.testing.assert_close(hidden[real], known.hidden_states[1][real])


def test_under_lora_the_adapter_is_switched_off_and_nothing_is_kept(
    make_model: Callable[[], LlamaForCausalLM], encoder: Encoder, encoded: list[Encoded], batch: Batch
) -> None:
    base = make_model().eval()
    with torch.no_grad():
        known = base(input_ids=batch.input_ids, attention_mask=batch.attention_mask, output_hidden_states=True)
    config = peft.LoraConfig(r=2, target_modules="all-linear", task_type="CAUSAL_LM")
    model = cast("LlamaForCausalLM", peft.get_peft_model(base, config))
    reference = Remembered(model, encoder, {"forget": encoded}, WANTS, batch_size=2)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "lora" in name:
                weight.add_(0.3)
        moved = model(input_ids=batch.input_ids, attention_mask=batch.attention_mask).logits
    assert not torch.allclose(moved, known.logits)
    torch.testing.assert_close(reference.nll(batch), answer_nll(known.logits, batch.labels))
    torch.testing.assert_close(reference.logits(batch), known.logits)
    torch.testing.assert_close(reference.hidden(batch, 1), known.hidden_states[1])
    assert not cast("Any", reference)._logits


def test_what_does_not_fit_into_memory_is_refused_with_a_way_out(
    make_model: Callable[[], LlamaForCausalLM],
    encoder: Encoder,
    encoded: list[Encoded],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Little:
        available = 1000

    monkeypatch.setattr(psutil, "virtual_memory", Little)
    with pytest.raises(InputError, match="LoRA"):
        Remembered(make_model(), encoder, {"forget": encoded}, {Want("logits", "forget")}, batch_size=2)
    Remembered(make_model(), encoder, {"forget": encoded}, {Want("nll", "forget")}, batch_size=2)
