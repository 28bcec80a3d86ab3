"""Layer 5, topics: a linear probe on embeddings, trained at registration and calibrated on harmless text."""

from dataclasses import dataclass
from importlib.resources import files
from typing import NamedTuple

import numpy as np

from ..schema import Vectors
from .calibration import conformal_threshold

LEVEL = 0.01
"""Share of general text that a probe may flag."""

# Of a long text each stretch of this many characters is looked at: a topic must not hide in a sea of other words.
_WINDOW = 800
_STRIDE = 600
_MOST_WINDOWS = 64
_FOLDS = 5
_RIDGE = 1.0
_STEPS = 12


def background() -> list[str]:
    """Return prompts on everyday subjects, the probe's negatives."""
    return files(__package__).joinpath("background.txt").read_text("utf-8").splitlines()


class TopicHit(NamedTuple):
    """A text on a topic: the target, the log-odds, and the log-odds from which on it counts."""

    target: str
    score: float
    threshold: float


def windows(text: str) -> list[str]:
    """Cut a text into overlapping stretches; one so long that they would be too many is cut more coarsely."""
    stride = max(_STRIDE, len(text) // _MOST_WINDOWS)
    return [text[start : start + _WINDOW] for start in range(0, max(1, len(text) - _WINDOW + _STRIDE), stride)]


@dataclass(frozen=True)
class Probe:
    """A linear classifier of one topic.

    Attributes:
        weights: One weight a dimension of the embedding, then the bias: shape `(d + 1,)`.
        threshold: The log-odds from which on a text counts as on the topic.
    """

    weights: Vectors
    threshold: float

    def scores(self, vectors: Vectors) -> Vectors:
        """Return log-odds of being on the topic, shape `(n,)`, for vectors of shape `(n, d)`."""
        return np.asarray(vectors @ self.weights[:-1] + self.weights[-1], dtype=np.float32)


def train(examples: Vectors, negatives: Vectors, level: float = LEVEL) -> Probe:
    """Train a probe and calibrate it on negatives that it was not trained on (cross-fitting).

    Args:
        examples: Embeddings of the topic's example questions, shape `(n, d)`.
        negatives: Embeddings of kept neighbours and of general text, shape `(m, d)`.
        level: Share of negatives that may be flagged.
    """
    fold = np.arange(len(negatives)) % _FOLDS
    held_out = np.zeros(len(negatives), dtype=np.float32)
    for index in range(_FOLDS):
        part = Probe(_fit(examples, negatives[fold != index]), 0.0)
        held_out[fold == index] = part.scores(negatives[fold == index])
    # Where the negatives lie far off, their quantile would flag what is merely less far: even odds are asked for.
    threshold = max(0.0, conformal_threshold(held_out.tolist(), level))
    return Probe(_fit(examples, negatives), threshold)


def _fit(positive: Vectors, negative: Vectors) -> Vectors:
    """Fit ridge logistic regression by Newton's method, both classes weighing the same; returns shape `(d + 1,)`."""
    x = np.vstack([positive, negative]).astype(np.float64)  # (n, d)
    x = np.hstack([x, np.ones((len(x), 1))])  # (n, d + 1)
    y = np.repeat([1.0, 0.0], [len(positive), len(negative)])
    weight = np.repeat([0.5 / len(positive), 0.5 / len(negative)], [len(positive), len(negative)]) * len(x)
    ridge = np.full(x.shape[1], _RIDGE)
    ridge[-1] = 1e-6
    theta = np.zeros(x.shape[1])
    for _ in range(_STEPS):
        p = 1 / (1 + np.exp(-np.clip(x @ theta, -30, 30)))
        gradient = x.T @ (weight * (p - y)) + ridge * theta
        hessian = (x.T * (weight * p * (1 - p))) @ x + np.diag(ridge)
        step = np.linalg.solve(hessian, gradient)
        theta -= step
        if np.abs(step).max() < 1e-3:
            break
    return theta.astype(np.float32)
