"""Where an answer ends, and what of an unfinished one is certain."""

import pytest
from expunge.models.stops import finished, settled
from hypothesis import example, given
from hypothesis import strategies as st

# Few letters, so that stop sequences begin, overlap and end in each other.
TEXTS = st.text("ab \n", max_size=12)


@pytest.mark.parametrize(
    ("text", "stop", "ending"),
    [
        (" The capital. \n", [], ("The capital.", False)),
        (" The capital. \n", ["France"], ("The capital.", False)),
        ("The capital of France", ["France"], ("The capital of ", True)),
        ("The capital of France", ["of", "cap", "none"], ("The ", True)),
        ("The capital.\n\n", ["\n\n"], ("The capital.", True)),
        ("", ["a"], ("", False)),
    ],
)
def test_an_answer_ends_before_the_first_stop_sequence(text: str, stop: list[str], ending: tuple[str, bool]) -> None:
    assert finished(text, stop) == ending


@pytest.mark.parametrize(
    ("text", "stop", "certain"),
    [
        ("The capital ", [], "The capital"),
        ("The capital ", ["of"], "The capital"),
        ("The capital o", ["of"], "The capital"),
        ("The capital of Fran", ["off", "France"], "The capital of"),
        ("The capital of France", ["France", "of France is"], "The capital"),
        (" \n", ["a"], ""),
    ],
)
def test_what_may_begin_a_stop_sequence_is_held_back(text: str, stop: list[str], certain: str) -> None:
    assert settled(text, stop) == certain


@example("aab", "ab", ["aaba", "ab"])
@given(TEXTS, TEXTS, st.lists(TEXTS.filter(bool), max_size=3))
def test_what_is_certain_stays(text: str, rest: str, stop: list[str]) -> None:
    assert finished(text + rest, stop).text.startswith(settled(text, stop))


@given(TEXTS)
def test_without_stop_sequences_only_space_is_held_back(text: str) -> None:
    assert settled(text, []) == text.strip()
