from collections.abc import Callable
from typing import NamedTuple

import pytest
from expunge.unlearning.attacks import AttackSettings, benign
from expunge.unlearning.attacks.benign import Benign
from expunge.unlearning.examples import Corpus, Example
from expunge.unlearning.subject import Subject


class Training(NamedTuple):
    """What a fine-tune was given."""

    examples: list[Example]


def test_it_trains_on_what_must_stay_alone(
    told: Callable[[dict[str, str]], tuple[Subject, list[str]]], corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject, asked = told({example.prompt: example.answer for example in corpus.forget})
    seen: list[Training] = []

    def remember(subject: Subject, examples: list[Example], settings: AttackSettings) -> Subject:
        seen.append(Training(examples))
        return subject

    monkeypatch.setattr(benign, "finetune", remember)
    recovered = Benign().run(subject, corpus, AttackSettings(steps=2, batch_size=16))
    assert len(seen[0].examples) == 32
    assert all(example in corpus.retain for example in seen[0].examples)
    assert recovered.count == len(corpus.forget)
    assert recovered.recall == 1.0
    assert sorted(asked) == sorted(example.prompt for example in corpus.forget)
    Benign().run(subject, corpus, AttackSettings(steps=2, batch_size=16, seed=1))
    assert seen[0] != seen[1]


def test_it_takes_a_retain_set(demo: Subject, corpus: Corpus) -> None:
    assert not Benign().applies(demo, Corpus(forget=corpus.forget))
