"""How much of an answer a model writes by itself once it is led to it."""

import numpy as np
from numpy.typing import NDArray


def extraction_strength(likeliest: NDArray[np.bool_]) -> float:
    """Return 1 − k/n, 0 to 1: the share of an answer, from its end, that greedy decoding gives (Carlini et al., 2021).

    k is the least number of the answer's first tokens after which the likeliest token is the right one to the end;
    where not even the last one is, k = n.

    Args:
        likeliest: Whether each of the n tokens is the likeliest, given all before it, shape `(n,)`.
    """
    misses = np.flatnonzero(~likeliest)
    k = int(misses[-1]) + 1 if len(misses) else 0
    return 1 - k / len(likeliest)


def exact_memorisation(likeliest: NDArray[np.bool_]) -> float:
    """Return the share of an answer's tokens that are the likeliest, 0 to 1 (Tirumala et al., 2022).

    Args:
        likeliest: Whether each of the n tokens is the likeliest, given all before it, shape `(n,)`.
    """
    return float(likeliest.mean())
