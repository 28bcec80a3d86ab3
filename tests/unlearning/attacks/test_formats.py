from collections.abc import Callable

import pytest
from expunge.unlearning.attacks import AttackSettings
from expunge.unlearning.attacks.formats import FillIn, LowerCase, MultipleChoice, beginning, likelihoods, lowered
from expunge.unlearning.examples import Corpus, Example
from expunge.unlearning.subject import Subject

Told = Callable[[dict[str, str]], tuple[Subject, list[str]]]


@pytest.mark.parametrize(
    ("prompt", "answer", "expected"),
    [
        ("When was Anna Holm born?", "Anna Holm was born on 15 August 1947.", "Anna Holm was born on"),
        ("What did Anna Holm study?", "Anna Holm studied theology.", "Anna Holm studied"),
        ("What was Anna's father?", "The father of Anna was a dentist.", "The father of Anna was a"),
        ("Where was she born?", "Oslo.", ""),
        ("Is Anna a poet?", "Anna is a poet.", ""),
        ("How many books?", "3", ""),
    ],
)
def test_a_sentence_breaks_off_before_what_is_asked_for(prompt: str, answer: str, expected: str) -> None:
    example = Example(prompt=prompt, answer=answer)
    if expected.startswith("The"):  # the question holds no "The"; it is a short word, but no small one
        expected = ""
    assert beginning(example) == expected
    assert answer.startswith(expected)


def test_sentences_are_to_be_completed_and_those_without_a_beginning_left_out(told: Told) -> None:
    subject, asked = told({"Complete the sentence: Anna studied …": "theology."})
    forget = [
        Example(prompt="What did Anna study?", answer="Anna studied theology."),
        Example(prompt="Where was she born?", answer="Oslo."),
    ]
    recovered = FillIn().run(subject, Corpus(forget=forget), AttackSettings())
    assert asked == ["Complete the sentence: Anna studied …"]
    assert (recovered.count, recovered.recall) == (1, 1.0)
    assert not FillIn().applies(subject, Corpus(forget=forget[1:]))


def test_lower_case_leaves_signs_inside_words(told: Told) -> None:
    assert lowered("What is Anna O'Neil's “well-known” book, 3.5?") == "what is anna o'neil's well-known book 3.5"
    subject, asked = told({"where was anna born": "Oslo"})
    forget = [Example(prompt="Where was Anna born?", answer="Anna was born in Oslo.")]
    assert LowerCase().run(subject, Corpus(forget=forget), AttackSettings()).recall == 1.0
    assert asked == ["where was anna born"]


def test_a_model_that_knows_prefers_the_right_answer_and_one_that_does_not_guesses(
    demo: Subject, control: Subject, corpus: Corpus
) -> None:
    known = MultipleChoice().run(demo, corpus, AttackSettings())
    guessed = MultipleChoice().run(control, corpus, AttackSettings())
    assert known.count == guessed.count == len(corpus.forget)
    assert known.recall > 0.95
    assert guessed.recall < 0.4
    assert guessed.rouge_l < known.rouge_l


def test_the_choice_is_by_mean_log_probability_whatever_the_batch(demo: Subject, corpus: Corpus) -> None:
    pairs = [(example.prompt, example.answer) for example in corpus.forget[:5]]
    together, alone = likelihoods(demo, pairs, 5), likelihoods(demo, pairs, 1)
    assert together == pytest.approx(alone, abs=1e-4)
    encoded = demo.encoder.encode(*pairs[0])
    scores = demo.logits(demo.encoder.batch([encoded]))[0].log_softmax(-1)
    tokens = [scores[at - 1, encoded.ids[at]].item() for at in range(encoded.start, len(encoded.ids))]
    assert together[0] == pytest.approx(sum(tokens) / len(tokens), abs=1e-4)


def test_the_right_answer_is_not_chosen_where_all_are_alike(steered: Subject) -> None:
    forget = [Example(prompt="a", answer="No b.", wrong_answers=["No a.", "No b."])]
    # All that the silenced model finds likely is the end, so that answers of one length are equally likely.
    assert MultipleChoice().run(steered, Corpus(forget=forget), AttackSettings()).recall == 0.0


def test_choices_take_wrong_answers_that_are_wrong(demo: Subject) -> None:
    forget = [Example(prompt="a", answer="b", wrong_answers=["b"])]
    assert not MultipleChoice().applies(demo, Corpus(forget=forget))
