"""Layer 6, calibration: thresholds from data at a stated level."""

import math
from collections.abc import Sequence


def conformal_threshold(scores: Sequence[float], level: float) -> float:
    """Return the threshold that at most a share `level` of texts of the same kind exceeds.

    Split conformal calibration (Vovk et al. 2005; Angelopoulos and Bates 2023, section 1): with n scores of harmless
    texts the k-th smallest, k = ceil((n + 1)(1 - level)), is exceeded by the score of a further harmless text with
    probability at most `level`, if that text and the calibration texts are exchangeable.

    Args:
        scores: Scores of calibration texts that must not be flagged.
        level: Share of such texts that may be flagged, between 0 and 1.

    Returns:
        The threshold; infinite when there are too few scores for the level.
    """
    # Products such as 10 * (1 - 0.7) come out a little above the whole number that they are.
    rank = max(1, math.ceil((len(scores) + 1) * (1 - level) - 1e-9))
    return sorted(scores)[rank - 1] if rank <= len(scores) else math.inf
