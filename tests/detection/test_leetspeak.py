"""Names with digits and signs in the place of letters become plain, wherever they stand."""

import pytest
from expunge.detection.canonical import Words, canonical
from expunge.detection.leetspeak import unleet
from hypothesis import given
from hypothesis import strategies as st

NAME = "hina ameen"
LONG_TEXT = "It was a long walk along the river, and nobody had thought of water. " * 40


def read(text: str) -> list[Words]:
    return list(unleet(text, canonical(text)))


def places(text: str) -> list[str]:
    """Return what stands in a text where a reading shows the name."""
    found = []
    for words in read(text):
        at = words.joined.find(f" {NAME} ")
        if at >= 0:
            first = words.index_at(at + 1)
            span = words.span(first, first + 1)
            found.append(text[span.start : span.end])
    return found


@pytest.mark.parametrize(
    "written", ["H1n4 4m33n", "H!na @meen", "H!na Ameen", "hin4 ameen", "H1n4-Am33n", "H1N4\nAM33N", "+41: h1na ameen"]
)
def test_a_name_is_found_in_a_long_text(written: str) -> None:
    assert places(f"{LONG_TEXT}{written}, {LONG_TEXT}")


@given(
    before=st.text(max_size=200),
    written=st.tuples(*(st.sampled_from({"i": "i1!", "a": "a4@", "e": "e3"}.get(sign, sign)) for sign in "na ameen")),
    after=st.text(max_size=200),
)
def test_a_name_is_found_in_any_text_and_placed(before: str, written: tuple[str, ...], after: str) -> None:
    name = f"H1{''.join(written)}"
    assert name in places(f"{before} {name} {after}")


def test_only_the_neighbourhood_of_signs_is_read() -> None:
    assert sum(map(len, read(f"{LONG_TEXT} H1n4 {LONG_TEXT}"))) < 60


@pytest.mark.parametrize("text", ["", "It was 1984!", "At 20:15 $30 + 5 @ 7", "Great! Really?", LONG_TEXT])
def test_text_without_a_trace_has_no_reading(text: str) -> None:
    assert read(text) == []
