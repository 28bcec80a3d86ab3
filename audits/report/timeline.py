"""The course of disclosures over time, or over the log where nothing in it says when."""

from collections.abc import Sequence
from functools import partial

import numpy as np
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from ...reporting.canvas import ACCENT, Plot, draw
from ...reporting.shares import PERCENT, Share
from ...reporting.texts import day, in_utc, moment, number
from ..summary import SEVERITIES, Period, Severity
from .paints import PAINTS
from .trend import Course
from .words import SEVERITIES as WORDS

DAY_S = 24 * 60 * 60
"""Seconds in a day, the unit of an axis of time."""

_CONTEXT = ["", "%Y", "%b %Y", "%d %b %Y", "%d %b %Y", "%d %b %Y, %H:%M"]
"""What stands once below the axis, by the unit of its ticks: years, months, days, hours, minutes, seconds."""


def timeline(course: Course) -> Plot | None:
    """Draw exchanges with findings by stretch, and below them the share that disclosed; `None`: there is no course."""
    if not course.drawable:
        return None
    return draw("timeline", _words(course), partial(_paint, course), height=420)


def stretches(course: Course) -> list[str]:
    """Name each stretch: the day or the moment when it begins, or the numbers of its exchanges."""
    starts = [in_utc(period.start) for period in course.periods if period.start]
    whole_days = all(start == start.replace(hour=0, minute=0, second=0, microsecond=0) for start in starts)
    if course.timed:
        return [day(start) if whole_days else moment(start) for start in starts]
    return [f"{number(period.first)} to {number(period.first + period.exchanges - 1)}" for period in course.periods]


def _words(course: Course) -> str:
    names = stretches(course)
    peak = max(range(len(names)), key=lambda index: course.periods[index].counts.disclosed)
    sums = [f"{WORDS[each].name} {number(_sum(course.periods, each))}" for each in SEVERITIES]
    return (
        f"{number(len(names), 'stretch', 'stretches')}, the first {names[0]}, the last {names[-1]}. Exchanges in all: "
        f"{', '.join(sums)}. Most were disclosed in the stretch {names[peak]}: "
        f"{number(course.periods[peak].counts.disclosed)}."
    )


def _sum(periods: Sequence[Period], severity: Severity) -> int:
    return sum(getattr(period.counts, severity) for period in periods)


def _paint(course: Course, figure: Figure, *, wide: bool) -> None:
    counts, shares = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    starts, widths = _spans(course)
    _stack(counts, course.periods, starts, widths)
    _line(shares, course.periods, starts + widths / 2)
    _mark_time(shares, course.timed, ticks=8 if wide else 4)
    figure.legend(loc="outside upper left", ncols=3, columnspacing=1.2, handlelength=1.4)
    figure.get_layout_engine().set(h_pad=0.08)  # type: ignore[union-attr, call-arg]  # it is the constrained one


def _spans(course: Course) -> tuple[np.ndarray, np.ndarray]:
    """Return where stretches begin and how wide they are, in days or exchanges."""
    if not course.timed:
        starts = np.array([period.first for period in course.periods], dtype=float)
        return starts, np.array([max(1, period.exchanges) for period in course.periods], dtype=float)
    seconds = [in_utc(period.start).timestamp() for period in course.periods if period.start]
    starts = np.array(seconds) / DAY_S
    return starts, np.full(len(starts), max(np.diff(starts).min(), 1 / DAY_S))


def _stack(axes: Axes, periods: Sequence[Period], starts: np.ndarray, widths: np.ndarray) -> None:
    bottom = np.zeros(len(periods))
    for severity in SEVERITIES:
        heights = np.array([getattr(period.counts, severity) for period in periods])
        label = WORDS[severity].name
        axes.bar(starts, heights, widths, bottom, align="edge", linewidth=0.8, label=label, **PAINTS[severity])
        bottom += heights
    axes.set_title("Exchanges with findings")
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.grid(axis="y")
    axes.tick_params(axis="x", length=0)


def _line(axes: Axes, periods: Sequence[Period], middles: np.ndarray) -> None:
    shares = [Share(period.counts.disclosed, period.exchanges) for period in periods]
    known = np.array([share.whole > 0 for share in shares])
    bounds = 100 * np.array([share.interval() for share in shares])
    values = np.where(known, [100 * share.value for share in shares], np.nan)
    axes.fill_between(middles, bounds[:, 0], bounds[:, 1], where=known, color=ACCENT, alpha=0.13, linewidth=0)
    axes.plot(middles, values, color=ACCENT, linewidth=1.8, marker="o", markersize=3.5)
    axes.set_title("Share that disclosed a target")
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_locator(MaxNLocator(3))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}{PERCENT}"))
    axes.grid(axis="y")


def _mark_time(axes: Axes, timed: bool, ticks: int) -> None:
    axes.margins(x=0.01)
    if timed:
        locator = AutoDateLocator(maxticks=ticks)  # type: ignore[no-untyped-call]
        axes.xaxis.set_major_locator(locator)
        axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, offset_formats=_CONTEXT))  # type: ignore[no-untyped-call]
    else:
        axes.xaxis.set_major_locator(MaxNLocator(ticks, integer=True))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
        axes.set_xlabel("number of the exchange in the logs")
