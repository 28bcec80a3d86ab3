"""TOFU's model utility: how well what must stay has stayed, in one figure."""

from collections.abc import Mapping
from statistics import harmonic_mean

from ..examples import Part
from ..results import Scores


def utility(parts: Mapping[Part, Scores]) -> float | None:
    """Return the harmonic mean of probability, ROUGE-L and truth ratio on what must stay, 0 to 1.

    Nine values where there are the retain set, real authors and world facts, all with wrong answers (Maini et al.,
    2024, section 2.2.2); of the neighbours where there is no retain set. With fewer it is the mean of those there are,
    and comparable only with a figure of the same sets. One value of 0 makes it 0.

    Returns:
        The mean; `None` where none of the sets was asked.
    """
    kept: Part = "retain" if "retain" in parts else "neighbours"
    names: tuple[Part, ...] = (kept, "real_authors", "world_facts")
    there = [parts[name] for name in names if name in parts]
    values = [value for each in there for value in (each.probability, each.rouge_l, each.truth_ratio)]
    known = [value for value in values if value is not None]
    return harmonic_mean(known) if known else None
