from dataclasses import replace

import pytest
import torch
from expunge.unlearning.attacks import AttackSettings
from expunge.unlearning.attacks.finetuning import finetune
from expunge.unlearning.examples import Corpus, Example
from expunge.unlearning.likelihood import mean_cross_entropy
from expunge.unlearning.subject import Subject

QUICK = AttackSettings(steps=6, learning_rate=1e-3, batch_size=4)


def loss(subject: Subject, examples: list[Example]) -> float:
    batch = subject.encoder.batch([subject.encoder.encode(each.prompt, each.answer) for each in examples])
    return mean_cross_entropy(subject.logits(batch), batch.labels).item()


def test_training_lowers_the_loss_of_a_copy_alone(control: Subject, corpus: Corpus) -> None:
    examples = corpus.forget[:4]
    before = loss(control, examples)
    trained = finetune(control, examples, QUICK)
    assert loss(trained, examples) < 0.6 * before
    assert loss(control, examples) == before
    assert trained.model is not control.model
    assert trained.encoder is control.encoder


def test_a_seed_settles_the_outcome(demo: Subject, corpus: Corpus) -> None:
    def weights(seed: int) -> torch.Tensor:
        settings = QUICK.model_copy(update={"seed": seed, "steps": 2})
        return torch.cat([weight.flatten() for weight in finetune(demo, corpus.forget, settings).model.parameters()])

    first = weights(0)
    torch.manual_seed(1)
    assert torch.equal(first, weights(0))
    assert not torch.equal(first, weights(1))


def test_weights_that_were_left_frozen_are_trained_too(demo: Subject, corpus: Corpus) -> None:
    wanted = [weight.requires_grad for weight in demo.model.parameters()]
    demo.model.requires_grad_(False)
    try:
        trained = finetune(demo, corpus.forget[:4], QUICK.model_copy(update={"steps": 1}))
    finally:
        for weight, was in zip(demo.model.parameters(), wanted, strict=True):
            weight.requires_grad = was
    pairs = zip(demo.model.parameters(), trained.model.parameters(), strict=True)
    assert all(not torch.equal(old, new) for old, new in pairs)


def test_it_works_where_the_caller_wants_no_gradients(demo: Subject, corpus: Corpus) -> None:
    with torch.no_grad():
        trained = finetune(demo, corpus.forget[:4], QUICK.model_copy(update={"steps": 1}))
    assert loss(trained, corpus.forget[:4]) != loss(demo, corpus.forget[:4])
    assert not any(weight.requires_grad or weight.grad is not None for weight in trained.model.parameters())


def test_a_model_in_bfloat16_is_trained_in_float32(control: Subject, corpus: Corpus) -> None:
    rate = 1e-5  # less than half of the distance between most weights and the next number in bfloat16
    half = replace(control, model=torch.nn.Module.to(finetune(control, corpus.forget[:1], QUICK).model, torch.bfloat16))
    trained = finetune(half, corpus.forget[:4], QUICK.model_copy(update={"learning_rate": rate, "steps": 1}))
    assert half.model.dtype == torch.bfloat16
    assert trained.model.dtype == torch.float32
    pairs = zip(half.model.parameters(), trained.model.parameters(), strict=True)
    moved = [(new - old.float()).abs().max().item() for old, new in pairs]
    assert max(moved) == pytest.approx(rate, rel=0.01)  # what AdamW's first step is


def test_fewer_examples_than_a_batch_are_no_trouble(demo: Subject, corpus: Corpus) -> None:
    trained = finetune(demo, corpus.forget[:1], AttackSettings(steps=3, batch_size=16, learning_rate=1e-3))
    assert loss(trained, corpus.forget[:1]) != loss(demo, corpus.forget[:1])
