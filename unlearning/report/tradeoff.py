"""The trade-off: how much of what must go is gone, against how much of what must stay is there."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from ...reporting.canvas import ACCENT, ALARM, CALM, CAUTION, FAINT, INK, Plot, draw
from ...reporting.shares import PERCENT, percent
from ...reporting.texts import cut
from ..results import Evaluation, Report, Scores

HEIGHT = 400
"""Of the drawing, in CSS pixels."""

LEAST = 0.85
"""The share kept from which on is drawn at least: small differences are not to look large."""

GAP = 19
"""Pixels from one line of the labels to the next."""

_MARKS = "osD^vPX<>p"
_COLOURS = (ACCENT, ALARM, "#5b4a8a", "#8a6d1f", "#2f6db3", "#3f7d3c", "#9c4f86", FAINT)
_KINDS = {
    "tried": {"marker": "o", "s": 34, "facecolor": "none", "edgecolor": FAINT, "linewidth": 1.1, "zorder": 2},
    "before": {"marker": "s", "s": 70, "facecolor": CALM, "edgecolor": INK, "linewidth": 1.1, "zorder": 3},
    "control": {"marker": "D", "s": 66, "facecolor": CAUTION, "edgecolor": INK, "linewidth": 1.1, "zorder": 3},
    "result": {"marker": "o", "s": 110, "facecolor": ACCENT, "edgecolor": "white", "linewidth": 1.2, "zorder": 4},
}
_NAMES = {"result": "result", "before": "before", "control": "never learned it", "tried": "other tries"}


class Point(NamedTuple):
    """A model in the drawing."""

    label: str
    """What it is called."""

    gone: float
    """1 − recall of the forget set."""

    kept: float
    """Recall of the retain set."""


class Series(NamedTuple):
    """A method: its result, and what else was tried of it."""

    result: Point
    tried: list[Point]


def tradeoff(report: Report) -> Plot | None:
    """Draw a job's result, the model before, the control and every try of the sweep; `None`: nothing was kept."""
    points = {
        "result": _evaluated("the result", report.after),
        "before": _evaluated("the model before", report.before),
        "control": _evaluated("a model that never learned it", report.control),
        "tried": _tried(report),
    }
    if not points["result"]:
        return None
    said = "; ".join(map(_said, [*points["result"], *points["before"], *points["control"]]))
    more = f"; and {len(points['tried'])} other tries" if points["tried"] else ""
    words = f"What is gone against what is kept. {said}{more}."
    return draw("tradeoff", words, partial(_paint, points), height=HEIGHT)


def compared(reports: Sequence[Report]) -> Plot | None:
    """Draw several jobs on the same model in one; `None`: none of them has a retain set."""
    series = [
        Series(result, _tried(report)) for report in reports for result in _evaluated(called(report), report.after)
    ]
    if not series:
        return None
    control = next((each.control for each in reports if each.control), None)
    fixed = {"before": _evaluated("before", reports[0].before), "control": _evaluated("never learned it", control)}
    points = [each.result for each in series] + fixed["before"] + fixed["control"]
    words = f"What is gone against what is kept. {'; '.join(map(_said, points))}."
    return draw(
        "tradeoff", words, partial(_paint_compared, series, fixed), height=HEIGHT + GAP * max(0, len(series) - 14)
    )


def called(report: Report) -> str:
    """Return what a job is called among others: its method, with its selector."""
    return f"{report.method} + {report.selector}" if report.selector else report.method


def _evaluated(label: str, evaluation: Evaluation | None) -> list[Point]:
    return _point(label, evaluation.parts.get("forget"), evaluation.parts.get("retain")) if evaluation else []


def _tried(report: Report) -> list[Point]:
    return [point for each in report.sweep if not each.chosen for point in _point("", each.forget, each.retain)]


def _point(label: str, forget: Scores | None, retain: Scores | None) -> list[Point]:
    return [Point(label, 1 - forget.recall, retain.recall)] if forget and retain else []


def _said(point: Point) -> str:
    return f"{cut(point.label, 60)}: {percent(point.gone)} gone, {percent(point.kept)} kept"


def _paint(points: dict[str, list[Point]], figure: Figure, *, wide: bool) -> None:
    axes = figure.subplots()
    for kind, name in _NAMES.items():
        _scatter(axes, points[kind], **_KINDS[kind], label=name)
    _clear(axes, [point for each in points.values() for point in each], wide=wide)
    figure.legend(loc="outside upper left", ncols=4 if wide else 2, columnspacing=1.4, handletextpad=0.4)


def _paint_compared(series: Sequence[Series], fixed: dict[str, list[Point]], figure: Figure, *, wide: bool) -> None:
    axes = figure.subplots()
    for number, each in enumerate(series):
        colour, mark = _COLOURS[number % len(_COLOURS)], _MARKS[number % len(_MARKS)]
        _scatter(axes, each.tried, marker=mark, s=22, facecolor="none", edgecolor=colour, linewidth=0.9, alpha=0.7)
        _scatter(axes, [each.result], marker=mark, s=80, facecolor=colour, edgecolor="white", linewidth=1, zorder=4)
    for kind, points in fixed.items():
        _scatter(axes, points, **_KINDS[kind], label=_NAMES[kind])
    results = [each.result for each in series]
    tried = [point for each in series for point in each.tried]
    _clear(axes, [*results, *tried, *fixed["before"], *fixed["control"]], wide=wide)
    _label(axes, results, 24 if wide else 13)
    if any(fixed.values()):
        figure.legend(loc="outside upper left", ncols=2, columnspacing=1.4, handletextpad=0.4)


def _scatter(axes: Axes, points: Sequence[Point], **style: object) -> None:
    if points:
        axes.scatter([point.gone for point in points], [point.kept for point in points], clip_on=False, **style)  # type: ignore[arg-type]


def _clear(axes: Axes, points: Sequence[Point], *, wide: bool) -> None:
    lowest = min(LEAST, *(point.kept for point in points))
    axes.set_xlim(-0.03, 1.03)
    axes.set_ylim(max(-0.04, lowest - 0.12 * (1.02 - lowest) - 0.02), 1.02)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(6 if wide else 4, steps=[1, 2, 5, 10]))
        axis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=PERCENT))
    axes.set_xlabel("gone: of what must go, not recalled" if wide else "gone")
    axes.set_ylabel("kept: of what must stay, recalled" if wide else "kept")
    axes.grid()


def _label(axes: Axes, points: Sequence[Point], longest: int) -> None:
    """Name the points in a column on the right, each with a thin line to its point."""
    for point, place in _spread(points, axes):
        axes.annotate(
            cut(point.label, longest),
            (point.gone, point.kept),
            (1.05, place),
            textcoords=axes.transAxes,
            va="center",
            color=INK,
            fontsize=11,
            annotation_clip=False,
            arrowprops={
                "arrowstyle": "-",
                "color": FAINT,
                "linewidth": 0.6,
                "shrinkA": 1,
                "shrinkB": 3,
                "relpos": (0, 0.5),
            },
        )


def _spread(points: Sequence[Point], axes: Axes) -> Iterator[tuple[Point, float]]:
    """Yield where labels stand, as shares of the axes' height, from the top down and none over another."""
    low, high = axes.get_ylim()
    step = GAP / (HEIGHT - 80)
    ordered = sorted(points, key=lambda point: (-point.kept, -point.gone))
    place = 1.0 + step
    for left, point in zip(range(len(ordered) - 1, -1, -1), ordered, strict=True):
        place = max(min(place - step, (point.kept - low) / (high - low)), min(left * step, place - step))
        yield point, place
