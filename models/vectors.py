"""What all embedding models share: the default's name, and how texts go in and vectors come out."""

import numpy as np

from ..schema import Vectors

DEFAULT = "all-MiniLM-L6-v2"


def encodable(text: str) -> str:
    """Return the text with each lone surrogate, which UTF-8 cannot encode, replaced by a question mark."""
    return text.encode("utf-8", "replace").decode("utf-8")


def unit_rows(rows: Vectors) -> Vectors:
    """Scale each row of `(n, d)` to unit length; a row of zeros stays as it is."""
    lengths: Vectors = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: Vectors = rows / lengths.clip(min=1e-12)
    return unit
