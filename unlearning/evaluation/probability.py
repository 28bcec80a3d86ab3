"""How likely the right answer is."""

from collections.abc import Sequence

import numpy as np


def probability(mean_log_prob: float) -> float:
    """Return p(answer | question)^(1/|answer|), 0 to 1 (TOFU, section 2.2.1).

    Args:
        mean_log_prob: Mean log p over the answer's tokens, nats.
    """
    return float(np.exp(mean_log_prob))


def choice_probability(right: float, wrong: Sequence[float]) -> float:
    """Return p(right) / (p(right) + Σ p(wrong)), 0 to 1: how TOFU asks for real authors and world facts.

    Each p is p(answer | question)^(1/|answer|); both arguments are mean log p, nats. All in logarithms, so that a
    model for which all answers are next to impossible still gets a ratio.
    """
    return float(np.exp(right - np.logaddexp.reduce([right, *wrong])))
