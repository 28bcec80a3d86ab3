import json
from pathlib import Path

import pytest
import torch
from expunge.models import DEMO
from expunge.models.checkpoint import load_checkpoint
from expunge.unlearning.encoding import Encoder
from expunge.unlearning.subject import Subject


@pytest.fixture(scope="module")
def subject() -> Subject:
    checkpoint = load_checkpoint(Path(DEMO), device="cpu")
    return Subject(checkpoint.model, Encoder(checkpoint.tokenizer))


@pytest.fixture(scope="module")
def questions() -> list[str]:
    lines = (Path(DEMO) / "facts.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line)["questions"][0] for line in lines[:3]]


def test_samples_are_the_same_for_a_seed_and_leave_chance_as_it_was(subject: Subject, questions: list[str]) -> None:
    state = torch.random.get_rng_state()
    first = subject.samples(questions, count=4, temperature=1.5, seed=0)
    assert torch.equal(state, torch.random.get_rng_state())
    torch.rand(1)
    assert subject.samples(questions, count=4, temperature=1.5, seed=0) == first
    assert subject.samples(questions, count=4, temperature=1.5, seed=1) != first
    assert [len(texts) for texts in first] == [4, 4, 4]
    assert any(len(set(texts)) > 1 for texts in first)


def test_cold_samples_are_the_greedy_answers_in_order(subject: Subject, questions: list[str]) -> None:
    cold = subject.samples(questions, count=2, temperature=1e-3, seed=0, batch_size=4)
    assert cold == [[answer, answer] for answer in subject.answers(questions)]
    assert subject.samples([], count=2, temperature=1.0, seed=0) == []
