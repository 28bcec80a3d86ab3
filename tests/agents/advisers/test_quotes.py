"""Quotes are found where they stand, however they are written, and nowhere else."""

import pytest
from expunge.agents.advisers.quotes import places
from expunge.detection.canonical import canonical
from hypothesis import given
from hypothesis import strategies as st

TEXT = "She lives at 14 Ostler Lane, Dunmere. In  DUNMERE she is known; dunmere's baker knows her."


@pytest.mark.parametrize(
    ("quote", "found"),
    [
        ("14 Ostler Lane", ["14 Ostler Lane"]),
        ("14  OSTLER\nlane", ["14 Ostler Lane"]),
        ("“Ostler, Lane.”", ["Ostler Lane"]),
        ("Dunmere", ["Dunmere", "DUNMERE"]),
        ("In Dunmere she", ["In  DUNMERE she"]),
        ("Ostler Lane Graz", []),
        ("Ostle", []),
        ("Lane at", []),
        ("", []),
        (" .,! ", []),
    ],
)
def test_a_quote_is_found_in_any_case_and_spacing(quote: str, found: list[str]) -> None:
    told = [TEXT[span.start : span.end] for span in places(canonical(TEXT), quote)]
    assert told[: len(found)] == found
    assert bool(told) == bool(found)


def test_of_very_many_places_some_are_enough() -> None:
    assert len(places(canonical("tick " * 1_000), "tick")) == 10


@given(before=st.text("ab .", max_size=20), quote=st.sampled_from(["Ada", "ada lived", "Zoë"]), after=st.text("ab ."))
def test_offsets_are_those_of_the_original(before: str, quote: str, after: str) -> None:
    text = f"{before} {quote} {after}"
    assert any(text[span.start : span.end] == quote for span in places(canonical(text), quote))


@given(text=st.text(), quote=st.text())
def test_whatever_is_quoted_the_places_lie_in_the_text(text: str, quote: str) -> None:
    assert all(0 <= span.start < span.end <= len(text) for span in places(canonical(text), quote))
