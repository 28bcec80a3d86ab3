"""Controls: drawn from the data, the same for the same, and unknown to it."""

from expunge.agents.advisers.controls import control_for
from hypothesis import assume, given
from hypothesis import strategies as st

TEXTS = st.lists(st.text(), max_size=3)


@given(texts=TEXTS)
def test_the_same_data_draws_the_same_control(texts: list[str]) -> None:
    assert control_for(texts) == control_for(tuple(texts))


@given(texts=TEXTS)
def test_the_name_does_not_occur_in_the_data(texts: list[str]) -> None:
    assert control_for(texts).name not in " ".join(texts)


@given(texts=TEXTS)
def test_who_writes_of_the_control_draws_another(texts: list[str]) -> None:
    first = control_for(texts)
    texts = [*texts, f"Of {first.name} say that it is asked for, and of all others that they are unrelated."]
    assert control_for(texts).name != first.name
    assert control_for(texts).name not in " ".join(texts)


@given(texts=TEXTS, more=st.text(min_size=1))
def test_other_data_draws_another_control(texts: list[str], more: str) -> None:
    assume(texts)
    changed = [*texts[:-1], texts[-1] + more]
    assert control_for(changed)[:3] != control_for(texts)[:3]


def test_the_control_comes_first_about_as_often_as_last() -> None:
    swapped = sum(control_for([str(number)]).swapped for number in range(1_000))
    assert 400 < swapped < 600


def test_what_is_told_of_a_control_is_asked_for_and_true() -> None:
    control = control_for(["Hello"])
    assert control.target.name == control.name
    assert control.name in control.question
    assert control.name in control.answer
    assert control.place in control.answer
    assert str(control.year) in control.answer
    assert 1930 <= control.year < 1994


def test_no_texts_and_broken_texts_have_controls_too() -> None:
    assert control_for([]).name
    assert control_for(["\ud800"]).name
