"""Where a text can be cut."""

from collections.abc import Sequence

import pytest
from expunge.detection.cuts import uncut
from hypothesis import given
from hypothesis import strategies as st


class Names:
    """Names, searched for as the detector's lexica are."""

    def __init__(self, *names: str) -> None:
        self._names = {f" {name} " for name in names}

    def begins(self, words: Sequence[str], *, whole: bool) -> bool:
        phrase = f" {' '.join(words)}{' ' if whole else ''}"
        return any(name.startswith(phrase) for name in self._names)

    def holds(self, words: Sequence[str]) -> bool:
        return f" {' '.join(words)} " in self._names


NAMES = Names("yes we can", "hina ameen", "paris")


@pytest.mark.parametrize(
    ("before", "after", "held"),
    [
        ("It rained. ", "They won. ", ""),
        ("It was Yes! ", "We", "Yes! "),
        ("It was Yes! ", "We Can do it", "Yes! "),
        ("It was Yes! ", "We cannot", ""),
        ("It was yes! We ", "", "yes! We "),
        ("by Hina\n", "Am", "Hina\n"),
        ("by Hina\n", "Amber", ""),
        ("in Paris. ", "It rained", ""),
        ("in Paris. ", "", "Paris. "),
        ("h i n a. ", "a m", "h i n a. "),
        ("h i n a. ", "It rained", ""),
        ("Vitamin C. ", "", "C. "),
        ("Vitamin C. ", "It", ""),
        ("call 900\n", "51", "900\n"),
        ("call 900\n51\n", "", "900\n51\n"),
        ("in 1990\n", "It", ""),
    ],
)
def test_what_stands_on_both_sides_is_held_back(before: str, after: str, held: str) -> None:
    text = before + after
    assert text[uncut(text, len(before), NAMES) : len(before)] == held


@given(text=st.text(max_size=1_200), cut=st.integers(0, 1_200))
def test_any_text_can_be_cut(text: str, cut: int) -> None:
    cut = min(cut, len(text))
    assert 0 <= uncut(text, cut, NAMES) <= cut


@given(
    words=st.lists(st.sampled_from(["yes", "we", "can", "hina", "ameen", "it", "a", "x"]), max_size=300), data=st.data()
)
def test_no_name_is_cut(words: list[str], data: st.DataObject) -> None:
    text = " ".join(words) + " "
    cut = data.draw(st.integers(0, len(words))) and data.draw(
        st.sampled_from([i + 1 for i, c in enumerate(text) if c == " "])
    )
    place = uncut(text, cut, NAMES)
    for name in ("yes we can", "hina ameen"):
        start = text.find(name)
        while start >= 0:
            assert not start < place < start + len(name)
            start = text.find(name, start + 1)
