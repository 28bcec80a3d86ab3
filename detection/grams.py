"""Words and character n-grams: what a text is about by its wording, for a hundredth of the cost of an embedding."""

from collections.abc import Iterator, Sequence
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from ..models.vectors import unit_rows
from ..schema import Vectors

BINS = 2**14
"""Dimensions of the vectors: words and n-grams share them by hash."""

_LENGTHS = range(2, 6)
_SPACE = ord(" ")
# Fibonacci hashing: the upper bits of a product with an odd number near 2^64 / golden ratio.
_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(64 - 14)
_BATCH = 64

Bins = NDArray[np.intp]


def grams(texts: Sequence[str]) -> Vectors:
    """Count words, and the character n-grams (2 to 5) in them and at their edges, in hashed bins.

    The hashing trick (Weinberger et al. 2009, without signs): a bin may stand for several. Of the counts the square
    roots are taken, and words and n-grams weigh the same. Linear in the length of the texts.

    Args:
        texts: Lower-case ASCII words with one space before, between and after them, as `Words.joined` is.

    Returns:
        Vectors of unit length, shape `(len(texts), BINS)`; zeros for a text without words.
    """
    rows = np.zeros((len(texts), BINS), dtype=np.float32)
    for start in range(0, len(texts), _BATCH):
        batch = texts[start : start + _BATCH]
        both = _rows(_of_words(batch), len(batch)) + _rows(_of_letters(batch), len(batch))
        rows[start : start + len(batch)] = unit_rows(both)
    return rows


def _rows(cells: Bins, count: int) -> Vectors:
    """Count cells (row times `BINS` plus bin) in rows of unit length, shape `(count, BINS)`."""
    counts = np.bincount(cells, minlength=count * BINS).reshape(count, BINS)
    return unit_rows(np.sqrt(counts, dtype=np.float32))


def _of_words(texts: Sequence[str]) -> Bins:
    words = [text.split() for text in texts]
    codes = np.array([crc32(word.encode()) for part in words for word in part], dtype=np.uint64)
    return np.repeat(np.arange(len(texts)) * BINS, [len(part) for part in words]) + _bins(codes)


def _of_letters(texts: Sequence[str]) -> Bins:
    """Take all texts in one go: where one ends and the next begins stand two spaces, which no n-gram reaches over."""
    letters = np.frombuffer("".join(texts).encode("ascii"), dtype=np.uint8)
    rows = np.repeat(np.arange(len(texts)) * BINS, [len(text) for text in texts])
    return np.concatenate([rows[places] + _bins(codes) for places, codes in _n_grams(letters)])


def _n_grams(letters: NDArray[np.uint8]) -> Iterator[tuple[Bins, NDArray[np.uint64]]]:
    """Yield, for each length, where n-grams start and their letters as one number."""
    values = letters.astype(np.uint64)
    space = letters == _SPACE
    code, within = values, np.ones(len(letters), dtype=bool)
    for length in _LENGTHS:
        count = max(0, len(letters) - length + 1)
        # A space may open or close an n-gram, but not stand inside it.
        within = within[:count] & ~space[length - 2 :][:count] if length > 2 else ~(space[:count] & space[1:][:count])
        code = (code[:count] << np.uint64(8)) | values[length - 1 :]
        places = np.flatnonzero(within)
        yield places, code[places]


def _bins(codes: NDArray[np.uint64]) -> Bins:
    return ((codes * _FACTOR) >> _SHIFT).astype(np.intp)
