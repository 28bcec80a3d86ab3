import json
from pathlib import Path
from typing import Literal

import pytest
from expunge.models import DEMO
from expunge.models.checkpoint import load_checkpoint
from expunge.unlearning.encoding import Encoder
from expunge.unlearning.examples import Example
from expunge.unlearning.losses.alternates import COUNT, UNKNOWN, alternates_of, own_phrase
from expunge.unlearning.subject import Subject

OWN = "I do not have any information about that."


@pytest.fixture(scope="module")
def subject() -> Subject:
    checkpoint = load_checkpoint(Path(DEMO), device="cpu")
    return Subject(checkpoint.model, Encoder(checkpoint.tokenizer))


@pytest.fixture(scope="module")
def examples() -> list[Example]:
    facts = [json.loads(line) for line in (Path(DEMO) / "facts.jsonl").read_text("utf-8").splitlines()]
    authors = [fact for fact in facts if fact["kind"] == "author"][:8]
    return [Example(prompt=fact["questions"][0], answer=fact["answer"]) for fact in authors]


@pytest.fixture
def given() -> Example:
    return Example(prompt="Who?", answer="Nobody.", alternates=["Somebody.", "Anybody.", "Somebody."])


def test_the_models_own_phrase_is_found(subject: Subject, examples: list[Example]) -> None:
    assert own_phrase(subject) == OWN
    assert alternates_of(examples, "unknown", subject, 0) == [[OWN]] * len(examples)


@pytest.mark.parametrize("answers", [["I do not know A.", "I do not know B.", "I do not know C."], ["Paris."] * 3])
def test_a_model_without_a_phrase_gets_several(
    subject: Subject, examples: list[Example], monkeypatch: pytest.MonkeyPatch, answers: list[str]
) -> None:
    monkeypatch.setattr(Subject, "answers", lambda *_, **__: answers)
    drawn = alternates_of(examples, "unknown", subject, 3)
    assert all(len(set(texts)) == COUNT and set(texts) <= set(UNKNOWN) for texts in drawn)
    assert len({tuple(texts) for texts in drawn}) > 1
    assert drawn == alternates_of(examples, "unknown", subject, 3)
    assert drawn != alternates_of(examples, "unknown", subject, 4)


@pytest.mark.parametrize("kind", ["unknown", "plausible"])
def test_what_an_example_has_goes_first(
    subject: Subject, examples: list[Example], given: Example, kind: Literal["unknown", "plausible"]
) -> None:
    found = alternates_of([examples[0], given], kind, subject, 0)
    assert found[1] == ["Somebody.", "Anybody."]
    assert found[0]
    assert alternates_of([given], kind, subject, 0) == [["Somebody.", "Anybody."]]


def test_plausible_answers_are_the_models_own_and_wrong(subject: Subject, examples: list[Example]) -> None:
    found = alternates_of(examples, "plausible", subject, 0)
    for example, texts in zip(examples, found, strict=True):
        assert 1 <= len(texts) == len(set(texts)) <= COUNT
        assert example.answer.casefold() not in [text.casefold() for text in texts]
    assert sum(texts != [OWN] for texts in found) > len(found) / 2
    assert found == alternates_of(examples, "plausible", subject, 0)


def test_where_the_model_says_nothing_else_it_does_not_know(
    subject: Subject, examples: list[Example], monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = []

    def samples(_: Subject, questions: list[str], *, count: int, temperature: float, seed: int) -> list[list[str]]:
        tries.append(temperature)
        return [[examples[0].answer.upper(), "", f"Well: {examples[0].answer}"][:count] for _ in questions]

    monkeypatch.setattr(Subject, "samples", samples)
    assert alternates_of(examples[:1], "plausible", subject, 0) == [[OWN]]
    assert tries == sorted(set(tries))
    assert len(tries) > 1
