"""TOFU's forget quality: whether a model is to be told from one that never learned."""

from collections.abc import Sequence
from warnings import catch_warnings, filterwarnings


def forget_quality(ratios: Sequence[float], control: Sequence[float]) -> float | None:
    """Return p of the two-sample Kolmogorov–Smirnov test, 0 to 1, near 0 where the two are told apart.

    It says nothing of the direction, and a ruined model may score well: read it together with recall and utility.

    Args:
        ratios: Truth ratios on the forget set, example by example.
        control: Those of a model that never learned it.

    Returns:
        p; `None` where one of the two has no ratios.
    """
    if not ratios or not control:
        return None
    from scipy.stats import ks_2samp  # type: ignore[import-untyped]  # takes half a second

    with catch_warnings():
        # Rounding can bring the exact p above 1, where the two hardly differ; scipy then takes the asymptotic one.
        filterwarnings("ignore", "ks_2samp: Exact calculation unsuccessful", RuntimeWarning)
        return float(ks_2samp(ratios, control).pvalue)
