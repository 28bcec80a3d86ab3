"""Shares of exchanges: how they are written, how sure they are, and whether two of them differ."""

from math import sqrt
from typing import NamedTuple

PERCENT = "\N{NO-BREAK SPACE}%"
"""The sign, which does not leave its number."""

SURE = 1.96
"""Standard errors to each side of a share that hold 95 % of what chance does."""

MARKED = 2.58
"""Standard errors from which on a difference is called one: chance alone reaches it once in a hundred times."""


class Share(NamedTuple):
    """So many of so many."""

    part: int
    """How many."""

    whole: int
    """Of how many."""

    @property
    def value(self) -> float:
        """The share, from 0 to 1; 0 of nothing."""
        return self.part / self.whole if self.whole else 0.0

    def __str__(self) -> str:
        return percent(self.value)

    def interval(self) -> tuple[float, float]:
        """Return the bounds between which the true share lies in 95 of 100 cases.

        After Wilson, 1927, "Probable Inference, the Law of Succession, and Statistical Inference".
        """
        if not self.whole:
            return 0.0, 1.0
        square = SURE**2 / self.whole
        middle = self.value + square / 2
        reach = SURE * sqrt(self.value * (1 - self.value) / self.whole + square / self.whole / 4)
        low, high = (middle - reach) / (1 + square), (middle + reach) / (1 + square)
        return (low if self.part else 0.0), (high if self.part < self.whole else 1.0)

    def differs(self, other: "Share") -> bool:
        """Whether chance alone would seldom make the two differ as much (test of two proportions)."""
        if not self.whole or not other.whole:
            return False
        both = (self.part + other.part) / (self.whole + other.whole)
        spread = sqrt(both * (1 - both) * (1 / self.whole + 1 / other.whole))
        return spread > 0 and abs(self.value - other.value) / spread >= MARKED


def percent(value: float) -> str:
    """Write a share from 0 to 1, in about two digits, and never as nothing or as all where it is not."""
    if 0 < value < 0.0001:
        return f"under 0.01{PERCENT}"
    if 0.995 <= value < 1:
        return f"over 99{PERCENT}"
    digits = 0 if value >= 0.1 or value == 0 else 1 if value >= 0.01 else 2
    return f"{100 * value:.{digits}f}{PERCENT}"
