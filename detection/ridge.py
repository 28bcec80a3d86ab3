"""Ridge regression on labelled vectors: one for all targets of a kind, and what a single target adds to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]

_SHARED_RIDGE = 0.3
_OWN_RIDGE = 1.0
# The constant of the shared regression is all but free.
_CONSTANT_RIDGE = 1e-3
# Texts of its own that weigh as much as the assumption that a target is like the others.
_PRIOR = 2.0


@dataclass(frozen=True)
class Labelled:
    """Vectors with labels.

    Attributes:
        x: One vector a row, the last column a constant 1: shape `(n, d + 1)`.
        y: 1 for what must go, -1 for what stays: shape `(n,)`.
    """

    x: Matrix
    y: Matrix

    @classmethod
    def of(cls, forget: Matrix, keep: Matrix) -> Self:
        """Label vectors of shapes `(n, d)` and `(m, d)`."""
        x = np.vstack([forget, keep])
        return cls(np.hstack([x, np.ones((len(x), 1))]), np.repeat([1.0, -1.0], [len(forget), len(keep)]))

    @classmethod
    def together(cls, parts: Sequence["Labelled"]) -> Self:
        """Put the vectors of several targets, one at least, together."""
        return cls(np.vstack([part.x for part in parts]), np.concatenate([part.y for part in parts]))

    @property
    def forget(self) -> Matrix:
        """The vectors of what must go, shape `(n, d)`."""
        return self.x[self.y > 0, :-1]

    @property
    def contrasts(self) -> bool:
        """Whether both labels occur."""
        return bool((self.y > 0).any() and (self.y < 0).any())

    def weights(self) -> Matrix:
        """Return weights with which both labels count the same, 1 in the mean: shape `(n,)`."""
        if not self.contrasts:
            return np.ones(len(self.y))
        share = float((self.y > 0).mean())
        return np.where(self.y > 0, 0.5 / share, 0.5 / (1 - share))


class SharedRidge:
    """The regression of all targets of a kind, out of which a single one's part can be taken.

    Args:
        texts: The labelled vectors of all.
    """

    def __init__(self, texts: Labelled) -> None:
        self._texts = texts
        self._weights = texts.weights()
        self._penalty = np.diag([_SHARED_RIDGE] * (texts.x.shape[1] - 1) + [_CONSTANT_RIDGE])
        self._gram, self._moment = _normal_equations(texts, self._weights)

    def without(self, rows: slice) -> Matrix | None:
        """Return the coefficients, shape `(d + 1,)`, without these vectors; `None` where the rest does not contrast."""
        kept = np.delete(self._texts.y, rows)
        if len(set(kept.tolist())) < 2:
            return None
        part = Labelled(self._texts.x[rows], self._texts.y[rows])
        gram, moment = _normal_equations(part, self._weights[rows])
        return _solve(self._gram - gram + self._penalty, self._moment - moment)

    def left_out_scores(self) -> Matrix:
        """Return the score of each vector under the regression of all others, shape `(n,)` (PRESS, Allen 1974)."""
        inverse = np.linalg.inv(self._gram + self._penalty)
        leverage = self._weights * np.einsum("ij,jk,ik->i", self._texts.x, inverse, self._texts.x, optimize=True)
        fitted = self._texts.x @ (inverse @ self._moment)
        scores: Matrix = (fitted - leverage * self._texts.y) / np.maximum(1 - leverage, 1e-6)
        return scores


def adapt(shared: Matrix | None, own: Labelled) -> Matrix:
    """Return the coefficients of one target, shape `(d + 1,)`: those of the others as far as they fit, and its own.

    The others' regression is scaled by how well it tells this target's texts apart, and the rest is learned from these
    (a prior mean in ridge regression; Evgeniou and Pontil 2004 for the shared and the own part).

    Args:
        shared: The coefficients of the others; `None` when there are none.
        own: The target's labelled vectors.
    """
    weights = own.weights()
    prior = np.zeros(own.x.shape[1]) if shared is None else shared * _agreement(own.x @ shared, own.y, weights)
    rest = Labelled(own.x, own.y - own.x @ prior)
    gram, moment = _normal_equations(rest, weights)
    return prior + _solve(gram + _OWN_RIDGE * np.eye(len(gram)), moment)


def _agreement(scores: Matrix, y: Matrix, weights: Matrix) -> float:
    """Return the factor of the scores that fits the labels best, drawn towards 1, never below 0."""
    return max(0.0, float((weights @ (scores * y) + _PRIOR) / (weights @ scores**2 + _PRIOR)))


def _normal_equations(texts: Labelled, weights: Matrix) -> tuple[Matrix, Matrix]:
    weighted = texts.x * weights[:, None]
    return weighted.T @ texts.x, weighted.T @ texts.y


def _solve(gram: Matrix, moment: Matrix) -> Matrix:
    return np.asarray(np.linalg.solve(gram, moment), dtype=np.float64)
