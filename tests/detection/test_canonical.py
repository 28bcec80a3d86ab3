"""Canonical text: equal words for equal names, every word placed in the original."""

import re
import unicodedata
from time import process_time

import pytest
from anyascii import anyascii
from expunge.detection.canonical import LOOKALIKES, canonical
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


SIGNS = st.one_of(
    st.sampled_from("abzAZ09_-.' \t\n\x00\x0b\x1c\x1f\x7f\x85"),
    st.sampled_from("éÜßİıſﬁ\u0301\u200b\u00adАеВασ王田金ก\u3000\ud800𝓗①"),
    st.characters(exclude_categories=()),
)


def sign_by_sign(text: str) -> list[tuple[str, int, int]]:
    """The canonical words by the letter of the rules, one character at a time, without a way that is faster."""
    found: list[tuple[str, int, int]] = []
    for run in re.finditer(r"\S+", text):
        latin = any(sign.isascii() and sign.isalpha() for sign in run.group())
        word, first, last = "", 0, 0
        for index, sign in enumerate(run.group(), run.start()):
            for letter in mapped(sign, latin=latin):
                if letter.isascii() and letter.isalnum():
                    word, first, last = word + letter, first if word else index, index + 1
                elif word:
                    found.append((word, first, last))
                    word = ""
        if word:
            found.append((word, first, last))
    return found


def mapped(sign: str, *, latin: bool) -> str:
    if unicodedata.category(sign) in {"Cf", "Mn", "Me", "Cs", "Cc"}:
        return ""
    sign = sign.translate(LOOKALIKES) if latin else sign
    plain = anyascii(unicodedata.normalize("NFKC", sign)).lower()
    return f" {plain} " if re.match(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]", sign) else plain


@given(st.text(SIGNS, max_size=60))
def test_words_are_those_of_a_plain_loop_over_the_signs(text: str) -> None:
    words = canonical(text)
    ours = list(zip(words.words, words.starts, words.ends, strict=True))
    if not re.search(r"[\u1000-\u109f\u1780-\u17ff\U00020000-\U0003ffff]", text):
        assert ours == sign_by_sign(text)


@given(st.text(SIGNS, max_size=40), st.sampled_from(["é", "王", "\u2014", "И"]))
def test_a_sign_of_another_script_elsewhere_changes_no_word(text: str, sign: str) -> None:
    alone, beside = canonical(text), canonical(f"{text} {sign}")
    assert beside.words[: len(alone)] == alone.words
    assert (beside.starts[: len(alone)], beside.ends[: len(alone)]) == (alone.starts, alone.ends)


@pytest.mark.parametrize("piece", ["a-", "a\x00", "é", "a é ", "王", "\x7f"])
def test_much_text_takes_linear_time(piece: str) -> None:
    text = piece * (200_000 // len(piece))
    start = process_time()
    canonical(text)
    assert process_time() - start < 2
