"""Sentences, back references and other people."""

from itertools import pairwise

import pytest
from expunge.detection.sentences import (
    is_elliptic,
    is_headless,
    last_sentence,
    may_end,
    people,
    refers_back,
    sentences,
)
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


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ("It rained. They", "They"),
        ("It rained. ", "It rained. "),
        ("the sea is wide. boats go", "boats go"),
        ("It is here. iPhone sales rose. eBay", "eBay"),
        ("Dr. Smith", "Dr. Smith"),
        ("It is 3.14 or", "It is 3.14 or"),
        ("So… then", "then"),
        ("\u0935\u0930\u094d\u0937\u093e\u0964 \u0926\u093f\u0928", "\u0926\u093f\u0928"),
        ("\u4eca\u65e5\u306f\u3002\u660e\u65e5", "\u660e\u65e5"),
        ("a: 1\nb: 2", "b: 2"),
        ("", ""),
    ],
)
def test_the_last_sentence_is_the_one_that_may_go_on(text: str, last: str) -> None:
    assert text[last_sentence(text) :] == last


def test_what_goes_on_for_long_without_an_end_is_cut_at_a_word() -> None:
    text = "word " * 300 + "wor"
    assert text[last_sentence(text) :] == "wor"
    assert may_end(text)
    assert last_sentence("x" * 2_000) == 0
