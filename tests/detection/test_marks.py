"""Marks: one key for one fact, however it is written."""

import re
from itertools import pairwise
from time import perf_counter, process_time

import pytest
from expunge.detection.marks import MarkKind, _is_compound, exact_marks, marks
from hypothesis import given
from hypothesis import strategies as st


def keys(text: str, kind: MarkKind) -> set[str]:
    return {key for mark in marks(text) if mark.kind == kind for key in mark.keys}


@pytest.mark.parametrize(
    "written",
    [
        "30 June 1975",
        "June 30, 1975",
        "June 30th, 1975",
        "the 30th of June, 1975",
        "30 Jun 1975",
        "06/30/1975",
        "30.06.1975",
        "30-06-1975",
        "1975-06-30",
        "1975/6/30",
    ],
)
def test_dates_in_any_format_have_one_key(written: str) -> None:
    assert keys(f"Born on {written} in the city", "date") == {"date:1975-06-30"}


def test_letters_that_pass_for_others_make_a_month_too() -> None:
    assert keys("on \u017feptember 4, 1990", "date") == {"date:1990-09-04"}
    assert keys("on 3 apr\u0131l 1991", "date") == {"date:1991-04-03"}


def test_an_ambiguous_date_has_both_readings() -> None:
    assert keys("Born on 04/11/1980", "date") == {"date:1980-04-11", "date:1980-11-04"}


@pytest.mark.parametrize("written", ["900-51-4344", "900514344", "900 51 4344", "900.51.4344"])
def test_numbers_lose_their_separators(written: str) -> None:
    assert keys(f"SSN {written}.", "number") == {"number:900514344"}


@pytest.mark.parametrize(
    ("text", "kind", "key"),
    [
        ("mail kellina_white@me.com now", "contact", "contact:kellina_white@me.com"),
        (r"mail kellina\_white@me.com now", "contact", "contact:kellina_white@me.com"),
        ("see https://example.org/a.", "contact", "contact:https://example.org/a"),
        ("see www.example.org/a.", "contact", "contact:www.example.org/a"),
        ("ask @granite_fan there", "contact", "contact:@granite_fan"),
        ("lives at 3101 Penland Parkway, Anchorage", "address", "phrase:3101 penland parkway"),
        ('wrote "Granite Glossary" there', "title", "phrase:granite glossary"),
        ("wrote 'A Piece of Me' there", "title", "phrase:a piece of me"),
        ("his book “Shale Stories” sold", "title", "phrase:shale stories"),
        ("she moved to Addis Ababa then", "name", "phrase:addis ababa"),
        ("the city of deadesius", "word", "phrase:deadesius"),
    ],
)
def test_marks_are_read(text: str, kind: MarkKind, key: str) -> None:
    assert key in keys(text, kind)


@pytest.mark.parametrize("text", ["in 1984", "from 1990-2000", "chapter 12 of 300", "it's a 'fine' day, isn't it"])
def test_ordinary_text_has_no_hard_marks(text: str) -> None:
    assert not [mark for mark in marks(text) if mark.weight >= 0.8]


@given(st.text(max_size=300))
def test_marks_lie_in_the_text_and_do_not_overlap(text: str) -> None:
    found = sorted(marks(text), key=lambda mark: mark.start)
    assert all(0 <= mark.start < mark.end <= len(text) for mark in found)
    assert all(one.end <= other.start for one, other in pairwise(found))


@pytest.mark.parametrize("piece", ["9", "9 ", "9-", "A ", "Ab ", '"a', "'a", "a@", "a.", "(9", "1 A", "A of "])
def test_a_hundred_kilobytes_take_no_quadratic_time(piece: str) -> None:
    text = piece * (100_000 // len(piece))
    start = perf_counter()
    marks(text)
    assert perf_counter() - start < 3


# What an identifier looks like, with nothing that passes over words without a digit.
LIKE_AN_IDENTIFIER = re.compile(r"(?<![A-Za-z0-9])[A-Za-z0-9][A-Za-z0-9_-]{5,80}[A-Za-z0-9](?![A-Za-z0-9])")
LONGEST = 82


def identifiers(text: str) -> list[tuple[str, int, int]]:
    return [(mark.keys[0], mark.start, mark.end) for mark in exact_marks(text) if mark.kind == "identifier"]


def identifiers_one_by_one(text: str) -> list[tuple[str, int, int]]:
    found = []
    for match in LIKE_AN_IDENTIFIER.finditer(text):
        core = "".join(sign for sign in match.group() if sign.isalnum()).lower()
        digits = sum(sign in "0123456789" for sign in core)
        if len(core) >= 7 and 2 <= digits < len(core) and not _is_compound(match.group()):
            found.append((f"identifier:{core}", *match.span()))
    return found


@given(
    st.lists(
        st.one_of(
            st.text("abXY019_-", max_size=LONGEST),
            st.text("aB-_", max_size=LONGEST),
            st.text("ab1-\u0663", max_size=LONGEST),
            st.sampled_from(["é", "17-year-old", "AB-12-CD34", "x" * (LONGEST - 1) + "1", "x" * 80 + "11", "-", ""]),
        ),
        max_size=8,
    ),
    st.sampled_from([" ", "\n", "é", "."]),
)
def test_identifiers_are_those_of_a_look_at_each_word(pieces: list[str], between: str) -> None:
    text = between.join(pieces)
    assert identifiers(text) == identifiers_one_by_one(text)


@pytest.mark.parametrize("piece", ["a-", "a_-", "1-", "a" * 81 + "-", "ab-cd", "a-" * 40 + "1 "])
def test_a_long_row_of_what_begins_like_an_identifier_takes_linear_time(piece: str) -> None:
    text = piece * (400_000 // len(piece))
    start = process_time()
    identifiers(text)
    assert process_time() - start < 5


@pytest.mark.parametrize(
    "written", ["DE89370400440532013000", "DE89 3704 0044 0532 0130 00", "DE89-3704-0044-0532-0130-00"]
)
def test_an_account_number_is_one_however_it_is_grouped(written: str) -> None:
    keys = [key for mark in exact_marks(f"It is {written}, as agreed.") for key in mark.keys]
    assert "identifier:de89370400440532013000" in keys
