"""Exchanges spread over time, and over the log."""

from itertools import pairwise

from expunge.audits.journal import HOUR, STRETCH, Count
from expunge.audits.periods import PERIODS, over_log, over_time
from hypothesis import given
from hypothesis import strategies as st

COUNTS = st.dictionaries(st.integers(400_000, 600_000), st.integers(1, 9), min_size=1, max_size=30)


@given(COUNTS)
def test_no_exchange_is_lost_in_time(hours: dict[int, int]) -> None:
    counts = [Count(hour, exchanges) for hour, exchanges in sorted(hours.items())]
    found = {hour: {"disclosed": exchanges} for hour, exchanges in hours.items()}
    periods = over_time(counts, found)  # type: ignore[arg-type]
    assert sum(period.exchanges for period in periods) == sum(hours.values())
    assert sum(period.counts.disclosed for period in periods) == sum(hours.values())
    assert len(periods) <= PERIODS + 1
    starts = [period.start.timestamp() for period in periods if period.start]
    assert len(starts) == len(periods)
    assert len({round(later - sooner) for sooner, later in pairwise(starts)}) <= 1
    assert starts[0] <= counts[0].start * HOUR
    assert starts[-1] <= counts[-1].start * HOUR


@given(st.dictionaries(st.integers(0, 10_000), st.integers(1, 100), max_size=30))
def test_no_exchange_is_lost_in_the_log(stretches: dict[int, int]) -> None:
    counts = [Count(stretch, exchanges) for stretch, exchanges in sorted(stretches.items())]
    periods = over_log(counts, {})
    assert sum(period.exchanges for period in periods) == sum(stretches.values())
    assert len(periods) <= PERIODS
    assert all(period.start is None and period.first % STRETCH == 0 for period in periods)


def test_one_strange_time_does_not_draw_years_of_nothing() -> None:
    periods = over_time([Count(0, 1), Count(8_000_000, 5)], {})
    assert [period.exchanges for period in periods if period.exchanges] == [1, 5]
    assert len(periods) < 1_000
