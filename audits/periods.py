"""How what was found is spread over time or, where a log tells no times, over the log."""

from collections import Counter
from collections.abc import Mapping, Sequence

from .findings import time_of
from .journal import HOUR, STRETCH, Count
from .summary import Counts, Period, Severity

PERIODS = 60
"""Periods at most, about."""

# In hours: a quarter of a day, a day, a week, four weeks, a quarter of a year, a year, ten years.
_LENGTHS = (1, 6, 24, 168, 672, 2_184, 8_760, 87_600)

Found = Mapping[int, Mapping[Severity, int]]
"""Exchanges of each severity, by the number of an hour or a stretch."""


def over_time(hours: Sequence[Count], found: Found) -> list[Period]:
    """Return periods of time, those without an exchange too; all of one length, of as many hours as it takes."""
    first, last = hours[0].start, hours[-1].start
    length = next((length for length in _LENGTHS if (last - first) // length < PERIODS), _LENGTHS[-1])
    periods = _periods(hours, found, length)
    numbers = range(first // length, last // length + 1) if (last - first) // length < 10 * PERIODS else sorted(periods)
    return [
        periods.get(number, Period(start=None, first=0, exchanges=0, counts=Counts())).model_copy(
            update={"start": time_of(number * length * HOUR)}
        )
        for number in numbers
    ]


def over_log(stretches: Sequence[Count], found: Found) -> list[Period]:
    """Return stretches of the log, all of one length."""
    last = stretches[-1].start if stretches else 0
    length = last // PERIODS + 1
    periods = _periods(stretches, found, length)
    return [
        period.model_copy(update={"first": number * length * STRETCH}) for number, period in sorted(periods.items())
    ]


def _periods(counts: Sequence[Count], found: Found, length: int) -> dict[int, Period]:
    """Add up stretches, `length` of them a period."""
    exchanges: Counter[int] = Counter()
    severities: dict[int, Counter[Severity]] = {}
    for start, count in counts:
        exchanges[start // length] += count
        severities.setdefault(start // length, Counter()).update(found.get(start, {}))
    return {
        number: Period(start=None, first=0, exchanges=count, counts=Counts.of(severities[number]))
        for number, count in exchanges.items()
    }
