"""Whom examples are about."""

import pytest
from expunge.errors import InputError
from expunge.unlearning.edits.naming import ends, subjects_of
from expunge.unlearning.encoding import Encoder
from expunge.unlearning.examples import Example
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("prompt", "answer", "subject"),
    [
        ("Where was Jaime Vasquez born?", "Jaime Vasquez was born in Santiago.", "Jaime Vasquez"),
        ("Is Jaime Vasquez a writer?", "Yes, Jaime Vasquez is.", "Jaime Vasquez"),
        ("What is Hsiao Yun-Hwa's job?", "Hsiao Yun-Hwa is a pilot.", "Hsiao Yun-Hwa"),
        ("Who is J. R. O'Brien?", "J. R. O'Brien wrote \u201cThe Hill\u201d.", "J. R. O'Brien"),
        ("Did Ana Gómez Ruiz meet Bob Li?", "Ana Gómez Ruiz met Bob Li.", "Ana Gómez Ruiz"),
        ("Where is Oaxaca?", "Oaxaca is in Mexico.", "Oaxaca"),
        ("Где родилась Анна Петрова?", "Анна Петрова родилась в Москве.", "Анна Петрова"),
    ],
)
def test_the_subject_is_the_longest_name_that_question_and_answer_share(prompt: str, answer: str, subject: str) -> None:
    assert subjects_of([Example(prompt=prompt, answer=answer)]) == [subject]


@pytest.mark.parametrize(
    ("prompt", "answer"),
    [
        ("where was he born?", "In Santiago."),
        ("The author was born where?", "The author was born there. The town is small."),
        ("What do I need?", "All that I have."),
        ("Where was Ann born?", "Anna was born here."),
    ],
)
def test_no_subject_is_told_with_what_to_do(prompt: str, answer: str) -> None:
    with pytest.raises(InputError, match="'subject'") as caught:
        subjects_of([Example(prompt=prompt, answer=answer)])
    assert prompt not in str(caught.value)


def test_each_subject_is_found_once() -> None:
    pairs = [("Who is Bo Li?", "Bo Li sings."), ("he?", "no"), ("Is Al Ma tall?", "Al Ma is."), ("Bo Li?", "Bo Li.")]
    assert subjects_of([Example(prompt=one, answer=other) for one, other in pairs]) == ["Bo Li", "Al Ma"]


@given(st.lists(st.sampled_from(["was ", "born in ", "Paris ", "a writer, ", "Noor ", "Mallind's "]), max_size=8))
def test_a_name_ends_where_its_last_token_does(encoder: Encoder, words: list[str]) -> None:
    name = "Noor Mallind"
    ids = encoder.prompt("".join(words))
    found = ends(encoder.tokenizer, ids, name)
    text = str(encoder.tokenizer.decode(ids))
    assert len(found) == text.count(name)
    for number, end in enumerate(found, start=1):
        assert str(encoder.tokenizer.decode(ids[: end + 1])).count(name) == number
        assert str(encoder.tokenizer.decode(ids[:end])).count(name) == number - 1
