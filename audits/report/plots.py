"""Drawings of whom it affects, how it was found, and what nearly was."""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from ...reporting.canvas import ACCENT, FAINT, INK, Plot, draw
from ...reporting.shares import percent
from ...reporting.texts import cut, number
from ..summary import SEVERITIES, Counts, Flagged, Summary, TargetCounts
from .paints import PAINTS
from .words import LAYERS
from .words import SEVERITIES as WORDS

DRAWN = 15
"""Targets that get a bar; what the rest adds up to is said in words, for its bar would dwarf the others."""

NEAREST, FAREST = 1.0, 0.6
"""Strengths between which near misses are drawn, as multiples of what it takes."""


class Row(NamedTuple):
    """A bar: what it is of, and how long its parts are."""

    label: str
    """What stands beside it."""

    counts: Counts
    """Its parts."""


def called(target: TargetCounts, *, revealed: bool) -> str:
    """Return what the report calls a target: its name where names are revealed, else its id."""
    return (target.name if revealed else "") or target.target


def targets(summary: Summary) -> Plot | None:
    """Draw the targets disclosed most; `None`: none was found."""
    rows = [Row(called(each, revealed=summary.revealed), each.counts) for each in summary.by_target[:DRAWN]]
    return _bars("targets", rows, "Exchanges by target")


def layers(summary: Summary) -> Plot | None:
    """Draw what the layers of detection found; `None`: nothing."""
    rows = [Row(LAYERS[each.layer].name, each.counts) for each in summary.by_layer]
    return _bars("layers", rows, "Findings by layer")


def near_misses(summary: Summary) -> Plot | None:
    """Draw how near the near misses are; `None`: there are none."""
    if not summary.near_misses:
        return None
    strengths = [miss.score for miss in summary.near_misses]
    words = (
        f"Histogram of {number(len(strengths), 'near miss', 'near misses')} by strength, as a share of what it takes: "
        f"from {percent(min(strengths))} to {percent(max(strengths))}."
    )
    return draw("near", words, partial(_histogram, summary.near_misses), height=230)


def _bars(name: str, rows: Sequence[Row], title: str) -> Plot | None:
    rows = [row for row in rows if row.counts.total]
    if not rows:
        return None
    said = "; ".join(f"{cut(row.label, 60)}: {_said(row.counts)}" for row in rows)
    return draw(name, f"{title}. {said}.", partial(_paint_bars, rows), height=62 + 27 * len(rows))


def _said(counts: Counts) -> str:
    return ", ".join(f"{getattr(counts, each):,} {WORDS[each].name}" for each in SEVERITIES)


def _paint_bars(rows: Sequence[Row], figure: Figure, *, wide: bool) -> None:
    axes = figure.subplots()
    places, left = np.arange(len(rows)), np.zeros(len(rows))
    for severity in SEVERITIES:
        lengths = np.array([getattr(row.counts, severity) for row in rows])
        axes.barh(places, lengths, 0.62, left, linewidth=0.8, label=WORDS[severity].name, **PAINTS[severity])
        left += lengths
    _put_figures(axes, rows, left)
    axes.set_yticks(places, [cut(row.label, 28 if wide else 18) for row in rows])
    _clear(axes, len(rows), ticks=6 if wide else 3)
    figure.legend(loc="outside upper left", ncols=3, columnspacing=1.2, handlelength=1.4)


def _put_figures(axes: Axes, rows: Sequence[Row], ends: np.ndarray) -> None:
    """Put the figures at the ends of bars, in the order of the legend."""
    for place, (row, end) in enumerate(zip(rows, ends, strict=True)):
        figures = " · ".join(f"{getattr(row.counts, each):,}" for each in SEVERITIES)
        axes.annotate(figures, (end, place), (6, 0), textcoords="offset points", va="center", color=FAINT, fontsize=11)


def _clear(axes: Axes, rows: int, ticks: int) -> None:
    axes.set_ylim(rows - 0.45, -0.55)
    axes.margins(x=0.22)
    axes.spines.bottom.set_visible(False)
    axes.tick_params(axis="x", length=0)
    axes.tick_params(axis="y", labelcolor=INK)
    axes.xaxis.set_major_locator(MaxNLocator(ticks, integer=True))
    axes.grid(axis="x")


def _histogram(misses: Sequence[Flagged], figure: Figure, *, wide: bool) -> None:
    axes = figure.subplots()
    strengths = np.clip([miss.score for miss in misses], FAREST, NEAREST)
    edges = np.linspace(FAREST, NEAREST, 9)
    axes.hist(strengths, edges.tolist(), color=ACCENT, edgecolor="white", linewidth=1.5)
    axes.axvline(NEAREST, color=INK, linewidth=1.2, linestyle=(0, (4, 3)))
    axes.set_xlim(FAREST - 0.005, NEAREST + 0.005)
    axes.set_xticks(edges[:: 1 if wide else 2])
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=" %"))
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.grid(axis="y")
    axes.set_title(
        "Exchanges by strength of the evidence; a finding from 100 % on" if wide else "Exchanges by strength"
    )
