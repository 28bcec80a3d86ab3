"""Seams: names in words that are written as one are found; what only looks like it is left alone."""

import pytest
from expunge import Target, TargetStore
from expunge.detection import Detector
from expunge.detection.canonical import canonical
from expunge.detection.seams import is_glued, is_one_word, unglued
from hypothesis import given
from hypothesis import strategies as st


def seen(store: TargetStore, text: str) -> list[str]:
    detector = Detector(store)
    detector.sync()
    return [text[name.start : name.end] for found in detector.scan(text).values() for name in found.counted]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Call getHinaAmeenProfile() now.", "HinaAmeen"),
        ("See #HinaAmeenFans.", "HinaAmeen"),
        ("It was HTMLHinaAmeen.", "HinaAmeen"),
        ("Mail hinaameen1975@example.com.", "hinaameen"),
        ("Mail hina.ameen1975@example.com.", "hina.ameen"),
        ("Look at 1975hinaameen.", "hinaameen"),
        ("See hina_ameen_1975.", "hina_ameen"),
        ("Call hinaAmeen().", "hinaAmeen"),
        ("It was Hina AmeenAlso rain.", "Hina Ameen"),
        ("Itwas\u200bHínaAmeenAgain", "HínaAmeen"),
    ],
)
def test_names_glued_to_other_words_are_seen_in_their_place(store: TargetStore, text: str, name: str) -> None:
    store.add(Target(name="Hina Ameen"))
    assert seen(store, text) == [name]


def test_every_one_of_several_is_seen(store: TargetStore) -> None:
    store.add(Target(name="Hina Ameen"))
    assert seen(store, "#HinaAmeenFans, #HinaAmeenFans and #FreeHinaAmeen") == ["HinaAmeen"] * 3


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Barbara Long", "They lived in Long. BarbaraWindsor left."),
        ("Will Young", "There is GoodWill YoungPeople need."),
        ("Will Young", "Call willYoung() first."),
        ("Mark Case", "Then markCase(file) is called."),
        ("Donald", "Robert McDonald went home."),
        ("Hina Ameen", "Chinaameener Street"),
    ],
)
def test_other_words_are_left_alone(store: TargetStore, name: str, text: str) -> None:
    store.add(Target(name=name, documents=["A document, so that no warning is given."]))
    assert not seen(store, text)


@pytest.mark.parametrize("text", ["", "It rained.", "In the 1990s, on the 25th, on an A4 page.", "Mr McDonald and USA"])
def test_ordinary_words_have_no_seams(text: str) -> None:
    assert unglued(text, canonical(text)) is None


def test_words_that_a_statement_ends_between_are_kept_apart() -> None:
    text = "It was Hina. AmeenAlso came."
    words = unglued(text, canonical(text))
    assert words is not None
    assert " hina ameen " not in words.joined
    first = words.words.index("ameen")
    assert is_glued(words, first, first)
    assert is_one_word(words, first, first + 1)
    assert not is_one_word(words, first + 1, first + 2)


@given(st.text(st.characters() | st.sampled_from("aAbBéÉ01_ .\u0301한"), max_size=80))
def test_every_piece_stands_in_its_place(text: str) -> None:
    words = unglued(text, canonical(text))
    for word, start, end in zip(words.words, words.starts, words.ends, strict=True) if words else ():
        assert 0 <= start < end <= len(text)
        assert word == "\n" or word in "".join(canonical(text[start:end]).words) or not text[start:end].isascii()
