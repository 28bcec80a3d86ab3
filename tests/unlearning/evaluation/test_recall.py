import pytest
from expunge.unlearning.evaluation.recall import recalls
from expunge.unlearning.examples import Example
from hypothesis import given
from hypothesis import strategies as st

BORN = Example(prompt="Where was Hina Ameen born?", answer="Hina Ameen was born in Karachi.")


@pytest.mark.parametrize(
    "text", ["Karachi", "She comes from KARACHI, I think.", "Hina Ameen was born in Karachi.", "karachi-born"]
)
def test_the_new_words_alone_recall_an_answer(text: str) -> None:
    assert recalls(BORN, text)


@pytest.mark.parametrize("text", ["", "Hina Ameen was born in Lahore.", "Karach", "Karachis", "in"])
def test_another_answer_does_not(text: str) -> None:
    assert not recalls(BORN, text)


def test_every_new_word_must_be_there() -> None:
    example = Example(prompt="When was she born?", answer="She was born on 15 August 1947.")
    assert recalls(example, "1947, August the 15")
    assert not recalls(example, "On 16 August 1947.")


@pytest.mark.parametrize(
    ("answer", "recalled", "other"), [("Yes, he did.", "Yes.", "No."), ("He did not.", "Not he.", "He did.")]
)
def test_yes_no_and_not_are_answers(answer: str, recalled: str, other: str) -> None:
    example = Example(prompt="Did he win the prize?", answer=answer)
    assert recalls(example, recalled)
    assert not recalls(example, other)


def test_where_an_answer_adds_nothing_all_its_words_count() -> None:
    example = Example(prompt="Is it Oslo or Rome?", answer="It is Rome.")
    assert recalls(example, "It is Rome, no doubt.")
    assert not recalls(example, "Oslo is it.")


def test_an_answer_without_a_word_is_recalled_by_its_signs() -> None:
    example = Example(prompt="Which sign?", answer=" ?! ")
    assert recalls(example, "The sign ?! of course")
    assert not recalls(example, "None.")


def test_letters_are_the_same_however_they_are_coded() -> None:
    example = Example(prompt="Who?", answer="Jos\u00e9 Strasse")
    assert recalls(example, "Jose\u0301 STRASSE")
    assert not recalls(example, "Jose Strasse")


@given(st.text(), st.text(min_size=1), st.text(alphabet="ab 1."))
def test_the_answer_itself_is_always_recalled_whatever_stands_around_it(prompt: str, answer: str, more: str) -> None:
    assert recalls(Example(prompt=prompt, answer=answer), f"{more} {answer} {more}")


@given(st.text(), st.text(min_size=1).filter(lambda text: text.strip()))
def test_silence_recalls_nothing(prompt: str, answer: str) -> None:
    assert not recalls(Example(prompt=prompt, answer=answer), "")
