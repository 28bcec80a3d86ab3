"""Hashed words and n-grams."""

import numpy as np
from expunge.detection.canonical import canonical
from expunge.detection.grams import BINS, grams
from hypothesis import given
from hypothesis import strategies as st

TEXTS = st.lists(st.text(max_size=60).map(lambda text: canonical(text).joined), max_size=5)


@given(TEXTS)
def test_rows_have_unit_length_and_a_text_without_words_is_zero(texts: list[str]) -> None:
    rows = grams(texts)
    assert rows.shape == (len(texts), BINS)
    assert np.allclose(np.linalg.norm(rows, axis=1), [float(bool(text.strip())) for text in texts], atol=1e-5)


@given(TEXTS)
def test_a_text_counts_the_same_alone_and_among_others(texts: list[str]) -> None:
    for row, text in zip(grams(texts), texts, strict=True):
        assert np.allclose(row, grams([text])[0], atol=1e-6)


def test_the_order_of_words_says_nothing() -> None:
    one, other = grams([" pick a lock ", " lock a pick "])
    assert np.allclose(one, other)


def test_inflected_words_are_alike() -> None:
    lock, locks, banana = grams([" picking locks ", " pick lock ", " ripe banana "])
    assert lock @ locks > 0.2 > 0.1 > lock @ banana
