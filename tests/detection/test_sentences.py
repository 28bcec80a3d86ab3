"""Sentences, back references and other people."""

from itertools import pairwise

import pytest
from expunge.detection.sentences import is_elliptic, is_headless, people, refers_back, sentences
from hypothesis import given
from hypothesis import strategies as st


def split(text: str) -> list[str]:
    return [text[span.start : span.end] for span in sentences(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It rained. Bob won! Why?", ["It rained.", "Bob won!", "Why?"]),
        ("Dr. Ray met J. Smith in St. Ives. It rained.", ["Dr. Ray met J. Smith in St. Ives.", "It rained."]),
        ('He said "No." Then he left.', ['He said "No."', "Then he left."]),
        ("One line\nand another\n\n- an item", ["One line", "and another", "- an item"]),
        ("It cost 3.50 in all. Yes.", ["It cost 3.50 in all.", "Yes."]),
        ("她出生于北京。她是作家。", ["她出生于北京。", "她是作家。"]),
        ("", []),
    ],
)
def test_sentences_are_split(text: str, expected: list[str]) -> None:
    assert split(text) == expected


@given(st.text(max_size=300))
def test_sentences_cover_all_but_white_space(text: str) -> None:
    spans = sentences(text)
    assert all(one.end <= other.start for one, other in pairwise(spans))
    covered = "".join(text[span.start : span.end] for span in spans)
    assert "".join(covered.split()) == "".join(text.split())


@pytest.mark.parametrize("text", ["Where was she born?", "What did the author write?", "Their work?"])
def test_back_references(text: str) -> None:
    assert refers_back(text)


@pytest.mark.parametrize("text", ["Where is Paris?", "How do I bake bread?", "The theory holds."])
def test_no_back_reference(text: str) -> None:
    assert not refers_back(text)


@pytest.mark.parametrize("text", ["Birthplace?", "Are you sure? Try again.", "yes you do, go on", "And her father?"])
def test_elliptic_questions(text: str) -> None:
    assert is_elliptic(text)


@pytest.mark.parametrize(
    "text", ["Born in Rome.", "Marine biologist.", "Job: painter", "Studied in Paris with friends."]
)
def test_headless_sentences(text: str) -> None:
    assert is_headless(text)


@pytest.mark.parametrize("text", ["The festival lasted three days.", "It rained."])
def test_sentences_with_a_head_of_their_own(text: str) -> None:
    assert not is_headless(text)


def test_people_are_capitalised_words_in_a_row() -> None:
    text = "Did Jane Smith meet Khalid ibn al-Walid? What Karachi saw. Professor Tennerby. Bob Ray's. ALL IN CAPITALS."
    assert [text[span.start : span.end] for span in people(text)] == ["Jane Smith", "Khalid ibn al-Walid", "Bob Ray"]
