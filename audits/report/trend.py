"""Whether it is getting better or worse, as far as the figures can tell."""

from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from ...reporting.shares import Share
from ...reporting.texts import number
from ..summary import Period, Summary

ENOUGH = 5
"""Disclosures from which on a change is judged."""


LEAST = 0.3
"""The share of the exchanges that the smaller half of them has at least, for the two to be compared."""


class Course(NamedTuple):
    """The stretches that a course is drawn of."""

    periods: Sequence[Period]
    """The stretches, oldest first."""

    timed: bool
    """Whether they are of time; else of the log."""

    untimed: int
    """Exchanges that are in none of them, for the log does not say when."""

    @property
    def drawable(self) -> bool:
        """Whether there is a course at all."""
        return len(self.periods) > 1 and any(period.counts.total for period in self.periods)


def course(summary: Summary) -> Course:
    """Return the stretches of time or, where the log tells no times, of the log."""
    timed = [period for period in summary.over_time if period.start is not None]
    periods = timed or summary.over_time
    return Course(periods, bool(timed), max(0, summary.exchanges - sum(period.exchanges for period in periods)))


def trend(drawn: Course) -> str:
    """Say whether the share of disclosing exchanges rose or fell from the earlier half to the later one."""
    earlier, later = _halves(drawn.periods)
    disclosed = earlier.part + later.part
    if len(drawn.periods) < 2 or not disclosed:
        return ""
    if disclosed < ENOUGH:
        return (
            f"With {number(disclosed, 'disclosure')} in all, there are too few to say whether it gets better or worse."
        )
    if min(earlier.whole, later.whole) < LEAST * (earlier.whole + later.whole):
        return "Most exchanges are of one stretch: whether it gets better or worse cannot be said."
    figures = f"{earlier} of the earlier half of the exchanges disclosed a target, and {later} of the later half"
    if not later.differs(earlier):
        return f"No clear change: {figures}. Chance alone may explain the difference."
    direction = _direction(drawn, later.value > earlier.value)
    return f"{direction}: {figures}. Chance alone would seldom make such a difference."


def _direction(drawn: Course, rises: bool) -> str:
    if drawn.timed:
        return f"It is getting {'worse' if rises else 'better'}"
    return f"The share {'rises' if rises else 'falls'} along the logs"


def _halves(periods: Sequence[Period]) -> tuple[Share, Share]:
    """Part stretches as near as can be to where half of the exchanges are passed."""
    passed = [0, *accumulate(period.exchanges for period in periods)]
    places = range(1, len(periods))
    split = min(places, key=lambda place: abs(2 * passed[place] - passed[-1]), default=len(periods))
    return _share(periods[:split]), _share(periods[split:])


def _share(periods: Sequence[Period]) -> Share:
    return Share(sum(period.counts.disclosed for period in periods), sum(period.exchanges for period in periods))
