"""Canonical text: equal words for equal names, every word placed in the original."""

import pytest
from expunge.detection.canonical import canonical
from hypothesis import given
from hypothesis import strategies as st


def key(text: str) -> str:
    """The canonical words of a text: equal for two spellings of one name."""
    return " ".join(canonical(text).words)


@pytest.mark.parametrize(
    "written",
    [
        "Hina Ameen",
        "HINA  ameen",
        "Hína Améen",
        "Hi\u200bna A\u00admeen",
        "Нina Аmeen",  # Cyrillic capitals that look Latin
        "Ｈｉｎａ Ａｍｅｅｎ",
        "𝓗𝓲𝓷𝓪 𝔸𝕞𝕖𝕖𝕟",
        "Hi\ud800na Ameen",
        "Hi\x00na Ameen",
        "hina_ameen",
        "Hina-Ameen",
    ],
)
def test_spellings_of_one_name_have_one_key(written: str) -> None:
    assert key(written) == "hina ameen"


def test_each_ideograph_is_a_word() -> None:
    assert key("王伟出生于北京").startswith("wang wei ")


@pytest.mark.parametrize("text", ["김민수는", "タナカさん", "คุณสมชาย", "王伟出生"])
def test_scripts_without_spaces_are_cut_into_signs(text: str) -> None:
    assert len(canonical(text)) >= 3


def test_other_scripts_are_transliterated() -> None:
    assert key("Иван Петров") == "ivan petrov"


def test_words_know_their_place() -> None:
    text = "Who is Hína  Ameen's father?"
    words = canonical(text)
    assert [text[start:end] for start, end in zip(words.starts, words.ends, strict=True)][2:4] == ["Hína", "Ameen"]
    assert words.span(2, 3).start == text.index("Hína")
    assert words.span(2, 3).end == text.index("'s")


@given(st.text(max_size=300))
def test_places_lie_in_the_text_in_order(text: str) -> None:
    words = canonical(text)
    assert all(word and word.isascii() and word.isalnum() and word == word.lower() for word in words.words)
    assert all(0 <= start < end <= len(text) for start, end in zip(words.starts, words.ends, strict=True))
    assert words.starts == sorted(words.starts)


@given(st.text(max_size=200))
def test_canonical_words_stay_as_they_are(text: str) -> None:
    level = key(text)
    assert key(level) == level


@given(st.lists(st.text(alphabet="abc1", min_size=1, max_size=4), min_size=1, max_size=20))
def test_positions_of_the_joined_text_lead_back_to_words(words: list[str]) -> None:
    text = canonical(" ".join(words))
    position = 1
    for index, word in enumerate(text.words):
        assert text.index_at(position) == text.index_at(position + len(word) - 1) == index
        position += len(word) + 1
