"""Drawings of what attacks brought back, and of the course of training."""

from collections.abc import Sequence
from functools import partial
from math import isfinite

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from ...reporting.canvas import ACCENT, CAUTION, FAINT, INK, LINE, Plot, draw
from ...reporting.shares import PERCENT, percent
from ...reporting.texts import cut, number
from ..results import AttackResult, Report


def attacks(report: Report) -> Plot | None:
    """Draw what each attack brought back beside what the control says; `None`: none was tried."""
    tried = report.attacks
    if not tried:
        return None
    words = f"Recalled after each attack. {'; '.join(map(_said, tried))}."
    return draw("attacks", words, partial(_paint_attacks, tried), height=92 + 27 * len(tried))


def losses(report: Report) -> Plot | None:
    """Draw the loss of training by step; `None`: fewer than two were logged that are numbers."""
    course = [(step, loss) for step, loss in report.losses if isfinite(loss)]
    if len(course) < 2:
        return None
    (first, start), (last, end) = course[0], course[-1]
    words = f"Loss of training: {start:.3g} at step {number(first)}, {end:.3g} at step {number(last)}."
    return draw("losses", words, partial(_paint_losses, course), height=230)


def _said(attack: AttackResult) -> str:
    control = "" if attack.control_recall is None else f", the control {percent(attack.control_recall)}"
    return f"{cut(attack.title, 60)}: {percent(attack.recall)}{control}"


def _paint_attacks(tried: Sequence[AttackResult], figure: Figure, *, wide: bool) -> None:
    axes = figure.subplots()
    places = np.arange(len(tried))
    known = [(place, each.control_recall) for place, each in enumerate(tried) if each.control_recall is not None]
    for place, control in known:
        axes.plot([control, tried[place].recall], [place, place], color=FAINT, linewidth=1.6, zorder=2)
    if known:
        axes.scatter(
            [recall for _, recall in known],
            [place for place, _ in known],
            s=52,
            marker="D",
            facecolor=CAUTION,
            edgecolor=INK,
            linewidth=0.9,
            zorder=3,
            label="never learned it",
            clip_on=False,
        )
    axes.scatter(
        [each.recall for each in tried],
        places,
        s=72,
        facecolor=ACCENT,
        edgecolor="white",
        linewidth=1,
        zorder=4,
        label="result",
        clip_on=False,
    )
    names = [cut(each.title if wide else each.attack, 48 if wide else 16) for each in tried]
    axes.set_yticks(places, names)
    axes.set_ylim(len(tried) - 0.4, -0.6)
    axes.set_xlim(-0.025, 1.025)
    axes.set_xticks((0, 0.25, 0.5, 0.75, 1) if wide else (0, 0.5, 1))
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=PERCENT))
    axes.tick_params(axis="x", length=0)
    axes.tick_params(axis="y", labelcolor=INK)
    axes.spines.bottom.set_visible(False)
    axes.grid(axis="x")
    axes.hlines(places, -0.025, 1.025, color=LINE, linewidth=0.6, zorder=1)
    axes.set_xlabel("recalled")
    figure.legend(loc="outside upper left", ncols=2, columnspacing=1.4, handletextpad=0.4)


def _paint_losses(course: Sequence[tuple[int, float]], figure: Figure, *, wide: bool) -> None:
    axes = figure.subplots()
    axes.plot([step for step, _ in course], [loss for _, loss in course], color=ACCENT, linewidth=1.6)
    axes.margins(x=0.01)
    axes.xaxis.set_major_locator(MaxNLocator(8 if wide else 4, integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.set_title("Loss of training")
    axes.set_xlabel("step")
    axes.grid(axis="y")
