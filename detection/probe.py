"""Layer 5, a probe of one topic: regression on wording and meaning, behind a sieve that reads the wording alone."""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..models.vectors import unit_rows
from ..schema import Vectors
from .calibration import conformal_threshold

LEVEL = 0.01
"""Share of general text that a probe may flag."""

NEAR_LEVEL = 0.05
"""Share of texts on kept, near subjects that a probe may flag."""

LOSS = 0.005
"""Share of examples that a sieve may lose."""

ENOUGH_KEPT = math.ceil(1 / NEAR_LEVEL) - 1
"""Kept texts from which on a threshold for near subjects can be had from them."""

_RIDGE = 0.5
_SIEVE_RIDGE = 1.0
_KEPT_WEIGHT = 2.0
# What is near a topic may pass its sieve: the probe tells the two apart.
_KEPT_WEIGHT_IN_SIEVE = 0.3
# Width of the kernels on layers: similarities below 0.3 or so count alike.
_SHARPNESS = 2.0
# Of the last layer and of those in the middle, which tell subjects better apart; wording has 1.
_LAYER_WEIGHTS = np.array([1.0, 3.0], dtype=np.float32)
# Without kept texts a text must be more like the examples than so few of them, and at most such a share, are like the
# others: of ten examples four, of a hundred still four.
_UNLIKE = 4
_UNLIKE_SHARE = 0.4
# An example unlike the others must not open a sieve to all text.
_MOST_LOOKED_AT = 0.05

Floats = NDArray[np.float64]


class Passages(NamedTuple):
    """Passages as a probe sees them, one a row."""

    wording: Vectors
    """Wording, shape `(n, BINS)`."""

    layers: Vectors
    """Embeddings by the last layer and by those in the middle, shape `(n, 2, d)`."""


@dataclass(frozen=True)
class Sieve:
    """A linear classifier that lets all through that may be on the topic.

    Attributes:
        weights: One weight a bin of wording, shape `(BINS,)`.
        threshold: The score from which on a passage is looked at more closely.
    """

    weights: Vectors
    threshold: float


@dataclass(frozen=True)
class Probe:
    """A classifier of one topic: linear in the wording, a kernel expansion in the layers of embeddings.

    Attributes:
        sieve: What decides whether the probe is asked.
        weights: One weight a bin of wording, shape `(BINS,)`.
        centre: The mean embeddings of general text, shape `(2, d)`.
        anchors: The embeddings that it was trained on, centred and of unit length, shape `(n, 2, d)`.
        coefficients: The weight of each, shape `(n,)`.
        bias: The score of a passage that resembles none.
        threshold: The score from which on a passage is on the topic; examples are around 1, other text around -1.
    """

    sieve: Sieve
    weights: Vectors
    centre: Vectors
    anchors: Vectors
    coefficients: Vectors
    bias: float
    threshold: float

    def scores(self, wording: Vectors, layers: Vectors) -> Vectors:
        """Return scores, shape `(n,)`, of passages given as in `Passages`."""
        likeness = _layers_kernel(_centred(layers, self.centre), self.anchors) @ self.coefficients
        return np.asarray(wording @ self.weights + likeness + self.bias, dtype=np.float32)


def train(examples: Passages, kept: Passages, general: Passages, random: Vectors) -> Probe:
    """Train a probe and calibrate it on texts that are left out of the regression, one at a time.

    Args:
        examples: Texts on the topic.
        kept: Texts on near subjects that stay; may be none.
        general: General text.
        random: Wording of general text without a subject, of any length, shape `(m, BINS)`, for the sieve.
    """
    sizes = (len(examples.layers), len(kept.layers), len(general.layers))
    wording = np.vstack([examples.wording, kept.wording, general.wording, random])
    centre = np.asarray(general.layers.mean(axis=0), dtype=np.float32)
    layers = _centred(np.concatenate([examples.layers, kept.layers, general.layers]), centre)
    # In half precision, as they are kept.
    anchors = layers.astype(np.float16).astype(np.float32)
    likeness = wording @ wording.T
    count = sum(sizes)
    kernel = likeness[:count, :count] + _layers_kernel(anchors, anchors)
    coefficients, left_out = _regress(kernel, sizes[0], np.repeat([1.0, _KEPT_WEIGHT, 1.0], sizes), _RIDGE)
    on_topic, near, far = np.split(left_out, np.cumsum(sizes)[:2])
    general_threshold = conformal_threshold(far.tolist(), LEVEL)
    threshold = max(general_threshold, _near_threshold(on_topic, near, general_threshold))
    return Probe(
        sieve=_sieve(wording, likeness, sizes, on_topic > general_threshold),
        weights=np.asarray(coefficients @ wording[:count], dtype=np.float32),
        centre=centre,
        anchors=anchors,
        coefficients=coefficients.astype(np.float32),
        bias=float(coefficients.sum()),
        threshold=threshold,
    )


def _near_threshold(on_topic: Floats, near: Floats, general_threshold: float) -> float:
    """Choose the threshold for texts near the topic from scores of texts that were left out.

    Without enough kept texts nothing is known of what is near the topic, and more is asked of a text.
    """
    if len(near) >= ENOUGH_KEPT:
        return conformal_threshold(near.tolist(), NEAR_LEVEL)
    midway = (general_threshold + float(np.median(on_topic))) / 2
    unlike = min(_UNLIKE, int(_UNLIKE_SHARE * len(on_topic)))
    return max(midway, float(np.sort(on_topic)[unlike]))


def _sieve(wording: Vectors, likeness: Vectors, sizes: tuple[int, int, int], caught: NDArray[np.bool_]) -> Sieve:
    """Train a sieve that loses at most a share `LOSS` of the examples that are unlike general text."""
    examples, kept, _ = sizes
    weights = np.repeat([1.0, _KEPT_WEIGHT_IN_SIEVE, 1.0], [examples, kept, len(wording) - examples - kept])
    coefficients, left_out = _regress(likeness, examples, weights, _SIEVE_RIDGE)
    on_topic, general = left_out[:examples], left_out[examples + kept :]
    lowest = float(np.quantile(on_topic[caught] if caught.any() else on_topic, LOSS))
    busiest = float(np.quantile(general, 1 - _MOST_LOOKED_AT))
    bias = float(coefficients.sum())
    return Sieve(np.asarray(coefficients @ wording, dtype=np.float32), max(lowest, busiest) - bias)


def _centred(layers: Vectors, centre: Vectors) -> Vectors:
    """Embeddings of all texts have much in common: what they share says nothing."""
    return np.stack([unit_rows(layers[:, layer] - centre[layer]) for layer in range(len(centre))], axis=1)


def _layers_kernel(one: Vectors, other: Vectors) -> Vectors:
    """Return the weighted sum of the Gaussian kernels of each layer's unit vectors, shape `(n, m)`."""
    total = np.zeros((len(one), len(other)), dtype=np.float32)
    for layer, weight in enumerate(_LAYER_WEIGHTS):
        total += weight * np.exp(_SHARPNESS * (one[:, layer] @ other[:, layer].T - 1))
    return total


def _regress(kernel: Vectors, positive: int, weights: Floats, ridge: float) -> tuple[Floats, Floats]:
    """Fit weighted kernel ridge regression of labels 1 and -1, the first `positive` texts being those with 1.

    Returns:
        The coefficients, and for each text its score under the regression of all others (Allen 1974), shapes `(n,)`.
    """
    labels = np.where(np.arange(len(kernel)) < positive, 1.0, -1.0)
    # Single precision is enough, as the ridge bounds the condition, and takes half the time.
    inverse = np.asarray(np.linalg.inv(kernel + 1 + np.diag(ridge / weights).astype(np.float32)), dtype=np.float64)
    coefficients = inverse @ labels
    return coefficients, labels - coefficients / np.diag(inverse)
