import unicodedata
from random import Random

import pytest
from expunge.evals.disguises import (
    CODES,
    Code,
    Script,
    acrostic,
    homoglyphs,
    leetspeak,
    read_acrostic,
    spaced,
    transliterated,
    typo,
    zero_width,
)
from hypothesis import example, given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

NAMES = st.lists(st.from_regex(r"[A-Z][a-z]{2,9}", fullmatch=True), min_size=1, max_size=3).map(" ".join)
SEEDS = st.integers(0, 10_000)


@pytest.mark.parametrize("code", CODES, ids=lambda code: code.name)
@given(text=st.text(min_size=6, max_size=60))
def test_a_code_is_read_back(code: Code, text: str) -> None:
    assert code.decode(code.encode(text)) == text


@pytest.mark.parametrize("code", CODES[:2], ids=lambda code: code.name)
def test_a_code_is_read_among_plain_words(code: Code) -> None:
    assert code.decode(f"It is {code.encode('born in Kaunas')}, I think.") == "It is born in Kaunas, I think."


@pytest.mark.parametrize("code", CODES[:2], ids=lambda code: code.name)
@given(text=st.lists(st.text(max_size=7), max_size=9).map(" ".join))
@example(text="An unquestionably undecipherable deadbeefs.")
def test_a_text_in_no_code_comes_back_unchanged(code: Code, text: str) -> None:
    assert code.decode(text) == text


@given(NAMES, SEEDS)
def test_a_typo_is_one_slip_in_one_word(name: str, seed: int) -> None:
    mistyped = typo(name, Random(seed))
    assert OSA.distance(name, mistyped) <= 1
    assert mistyped == typo(name, Random(seed))


def test_typos_differ_and_short_names_stay() -> None:
    assert len({typo("Marlow Tennerby", Random(seed)) for seed in range(100)}) > 20
    assert typo("Li Wu", Random(0)) == "Li Wu"


@given(NAMES, SEEDS)
def test_a_name_that_looks_the_same_is_another_text(name: str, seed: int) -> None:
    assert len(homoglyphs(name)) == len(name)
    marked = zero_width(name, Random(seed))
    assert marked != name == "".join(letter for letter in marked if unicodedata.category(letter) != "Cf")


def test_names_in_disguise() -> None:
    assert homoglyphs("Cop Bud") == "\u0421\u043e\u0440 \u0412ud"
    assert spaced("Odessa Quill") == "O d e s s a   Q u i l l"
    assert leetspeak("Odessa Quill") == "0d3554 Qu1ll"
    assert transliterated("Shura Zhukov-Xin", "Cyrillic") == "Шура Жуков-Ксин"
    assert transliterated("Theo Phil\u00e9", "Greek") == "Θεο Φιλε"


@given(NAMES)
def test_a_transliterated_name_has_no_latin_letter(name: str) -> None:
    scripts: tuple[Script, ...] = ("Cyrillic", "Greek")
    for script in scripts:
        letters = [letter for letter in transliterated(name, script) if letter.isalpha()]
        assert {unicodedata.name(letter).split()[0] for letter in letters} == {script.upper()}


@given(st.lists(st.from_regex(r"[A-Za-z0-9]{1,8}", fullmatch=True), min_size=1, max_size=4))
def test_an_acrostic_is_read_back(words: list[str]) -> None:
    poem = acrostic(" ".join(words))
    assert read_acrostic(poem).lower() == " ".join(words).lower()
    assert all(len(line.split()) > 3 for line in poem.splitlines() if line)
