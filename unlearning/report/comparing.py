"""Several jobs side by side: what the table of the comparison holds."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ..results import AttackResult, Report, Scores
from .measures import NONE, hundredths
from .tradeoff import called


class Cell(NamedTuple):
    """A figure of the table."""

    value: str
    """In percent, without the sign."""

    worst: bool = False
    """Whether it is the job's worst case."""


class Line(NamedTuple):
    """A job in the table, or the control."""

    name: str
    verdict: str
    worst: str
    """The attack of the worst case."""

    figures: list[Cell]
    """In the order of `columns`."""


FIGURES = ("retain kept", "forget recall", "forget, other words")
"""The columns before those of the attacks."""


def columns(reports: Sequence[Report]) -> list[str]:
    """Return the names of all attacks that any of the jobs was put to, in the order of their first mention."""
    return list(dict.fromkeys(each.attack for report in reports for each in report.attacks))


def lines(reports: Sequence[Report]) -> Iterator[Line]:
    """Yield the rows of the table, the control last."""
    names = columns(reports)
    for report in reports:
        by_name = {each.attack: each for each in report.attacks}
        forget, worst = report.after.parts.get("forget"), report.judgement.worst
        found = [Cell(_recall(by_name.get(name)), name == worst) for name in names]
        verdict = report.judgement.level if report.judgement.held else "did not hold"
        yield Line(
            called(report), verdict, worst, [Cell(hundredths(report.judgement.retain_kept)), *_forget(forget), *found]
        )
    if control := next((report for report in reports if report.control), None):
        yield _control(reports, control, names)


def _control(reports: Sequence[Report], report: Report, names: Sequence[str]) -> Line:
    known = {
        each.attack: each.control_recall
        for other in reversed(reports)
        for each in other.attacks
        if each.control_recall is not None
    }
    forget = report.control.parts.get("forget") if report.control else None
    found = [Cell(hundredths(known.get(name))) for name in names]
    return Line("control", "never learned it", "", [Cell(NONE), *_forget(forget), *found])


def _forget(scores: Scores | None) -> list[Cell]:
    if scores is None:
        return [Cell(NONE), Cell(NONE)]
    return [Cell(hundredths(scores.recall)), Cell(hundredths(scores.paraphrase_recall))]


def _recall(attack: AttackResult | None) -> str:
    return hundredths(attack.recall) if attack else NONE
