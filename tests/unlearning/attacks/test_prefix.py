import pytest
from expunge.unlearning.attacks import AttackSettings
from expunge.unlearning.attacks.prefix import Prefix, opening
from expunge.unlearning.examples import Corpus, Example
from expunge.unlearning.subject import Subject


def test_the_first_third_is_given_and_the_rest_is_what_counts(demo: Subject) -> None:
    example = Example(prompt="When was Matteo Pelbrandt born?", answer="Matteo Pelbrandt was born on 3 November 1940.")
    opened = opening(demo.encoder, example)
    assert opened is not None
    assert opened.rest.prompt == "When was Matteo Pelbrandt born? Matteo Pelbrandt"
    assert opened.rest.answer == "was born on 3 November 1940."
    asked = demo.encoder.prompt(example.prompt)
    whole = demo.encoder.encode(example.prompt, example.answer)
    assert opened.ids[: len(asked)] == asked
    assert opened.ids == whole.ids[: len(opened.ids)]
    given = demo.encoder.tokenizer.decode(opened.ids[len(asked) :])
    assert str(given).strip() == "Matteo Pelbrandt"
    assert len(opened.ids) + opened.length == len(whole.ids)


@pytest.mark.parametrize("answer", ["Oslo.", "Oslo it is.", "Oslo is where Matteo was born."])
def test_a_beginning_that_gives_the_answer_away_is_not_given(demo: Subject, answer: str) -> None:
    assert opening(demo.encoder, Example(prompt="Where was Matteo born?", answer=answer)) is None
    assert not Prefix().applies(demo, Corpus(forget=[Example(prompt="Where was Matteo born?", answer=answer)]))


def test_a_model_that_knows_goes_on_and_one_that_does_not_guesses(
    demo: Subject, control: Subject, corpus: Corpus
) -> None:
    known, guessed = (Prefix().run(each, corpus, AttackSettings.small()) for each in (demo, control))
    assert known.count == guessed.count <= len(corpus.forget)
    assert known.recall > 0.9
    assert guessed.recall < 0.1
