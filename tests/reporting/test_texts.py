"""Texts and amounts as reports write them."""

from datetime import UTC, datetime, timedelta, timezone

from expunge.reporting.texts import cut, cut_path, duration, moment, number, plain
from hypothesis import given
from hypothesis import strategies as st

ANY_TEXT = st.text(st.characters(codec=None))  # halves of surrogate pairs and control characters too


@given(text=ANY_TEXT, limit=st.integers(1, 40))
def test_any_text_can_be_shown_and_is_no_longer_than_it_may_be(text: str, limit: int) -> None:
    for shown in (cut(text, limit), cut_path(text, limit)):
        assert len(shown) <= limit
        shown.encode("utf-8")
    assert len(plain(text)) == len(text)
    assert plain(plain(text)) == plain(text)


def test_what_is_cut_ends_in_an_ellipsis_and_of_a_path_the_end_is_kept() -> None:
    assert cut("one two\nthree", 20) == "one two three"
    assert cut("one two three", 8) == "one two…"
    assert cut("x" * 10_000, 5) == "xxxx…"
    assert cut_path("logs/november.jsonl", 10) == "…ber.jsonl"


def test_amounts_and_times_are_written_out() -> None:
    assert number(1, "entry", "entries") == "1 entry"
    assert number(2_000, "exchange") == "2,000 exchanges"
    assert [duration(seconds) for seconds in (0.04, 59.9, 90, 7_500)] == ["0.0 s", "59.9 s", "1 min 30 s", "2 h 5 min"]
    at = datetime(2025, 11, 30, 23, 5, tzinfo=timezone(timedelta(hours=-2)))
    assert moment(at) == "1 December 2025, 01:05 UTC"
    assert moment(at.replace(tzinfo=None)) == moment(at.replace(tzinfo=UTC))
