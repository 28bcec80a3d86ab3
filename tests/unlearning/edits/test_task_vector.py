"""Task-vector negation against its formula."""

from collections.abc import Callable
from dataclasses import replace

import torch
from expunge.unlearning.edits.edit import Material
from expunge.unlearning.edits.task_vector import TaskVector, TaskVectorOptions
from expunge.unlearning.encoding import Batch, Encoder
from expunge.unlearning.examples import Corpus, Example
from expunge.unlearning.likelihood import mean_cross_entropy
from expunge.unlearning.losses.loss import logits_of
from torch import Tensor
from transformers import PreTrainedModel

Make = Callable[[], PreTrainedModel]


def batch_of(encoder: Encoder, examples: list[Example]) -> Batch:
    return encoder.batch([encoder.encode(each.prompt, each.answer) for each in examples])


def edited(make: Make, material: Material, **options: float) -> list[Tensor]:
    model = make()
    TaskVector(TaskVectorOptions.model_validate(options)).apply(model, material)
    return [weight.detach() for weight in model.parameters()]


def test_one_step_goes_against_the_step_that_adamw_takes(tiny: Make, material: Material) -> None:
    one = replace(material, corpus=Corpus(forget=material.corpus.forget[:2]))
    tuned = tiny()
    batch = batch_of(one.encoder, one.corpus.forget)
    mean_cross_entropy(logits_of(tuned, batch), batch.labels).backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_(tuned.parameters(), 1.0)
    torch.optim.AdamW(tuned.parameters(), lr=0.01, weight_decay=0.0).step()

    for strength in (1.0, 2.5):
        new = edited(tiny, one, learning_rate=0.01, epochs=1, strength=strength)
        for old, then, now in zip(tiny().parameters(), tuned.parameters(), new, strict=True):
            torch.testing.assert_close(now, (old - strength * (then - old)).detach(), rtol=0, atol=2e-4)


def test_what_must_go_becomes_less_likely(tiny: Make, material: Material) -> None:
    model, batch = tiny(), batch_of(material.encoder, material.corpus.forget)
    with torch.no_grad():
        before = mean_cross_entropy(logits_of(model, batch), batch.labels)
        TaskVector(TaskVectorOptions(learning_rate=0.01)).apply(model, material)
        assert mean_cross_entropy(logits_of(model, batch), batch.labels) > before + 0.5


def test_the_seed_settles_the_outcome(tiny: Make, material: Material) -> None:
    first, again = (edited(tiny, material, learning_rate=0.01) for _ in range(2))
    other = edited(tiny, replace(material, seed=1), learning_rate=0.01)
    assert all(map(torch.equal, first, again))
    assert not all(map(torch.equal, first, other))


def test_a_model_in_half_precision_stays_in_it(tiny: Make, material: Material) -> None:
    model = torch.nn.Module.to(tiny(), torch.bfloat16)
    before = [weight.detach().clone() for weight in model.parameters()]
    TaskVector(TaskVectorOptions(learning_rate=0.01)).apply(model, material)
    assert {weight.dtype for weight in model.parameters()} == {torch.bfloat16}
    assert not any(map(torch.equal, before, model.parameters()))
