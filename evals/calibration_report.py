"""What calibration found, as a record and as a table."""

from collections.abc import Sequence
from typing import Self

from pydantic import BaseModel, ConfigDict, Field
from rich.box import SIMPLE
from rich.table import Table

from ..schema import Thresholds
from .measures import Rate


class CalibrationPoint(BaseModel):
    """What comes of one factor."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    factor: float = Field(gt=0)
    """How many times the default evidence it takes."""

    altered: Rate
    """Retain cases that were altered."""

    bound: float = Field(gt=0, le=1)
    """(k + 1) / (n + 1): n retain cases, k of them altered at this factor or at a larger one."""

    leaked: Rate
    """Forget cases that leaked."""


class CalibrationReport(BaseModel):
    """The thresholds that were chosen, what they promise, and what they cost."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    level: float = Field(gt=0, lt=1)
    """The share of new retain cases that may be altered."""

    factor: float = Field(gt=0)
    """The factor that was chosen."""

    thresholds: Thresholds
    """The default thresholds times this factor."""

    guarantee: str
    """What holds for new retain cases, and on which assumptions."""

    points: list[CalibrationPoint]
    """One entry a factor, ascending."""

    alterations: list[str]
    """The ids of the retain cases that are altered at the chosen factor."""

    versions: dict[str, str]
    """What decided, as the verdicts say it."""

    @classmethod
    def of(
        cls,
        points: Sequence[CalibrationPoint],
        *,
        level: float,
        factor: float,
        alterations: Sequence[str],
        versions: dict[str, str],
    ) -> Self:
        """Make the report on a factor that was chosen."""
        return cls(
            level=level,
            factor=factor,
            thresholds=Thresholds().scaled(factor),
            guarantee=_guarantee(level, points[0].altered.total),
            points=list(points),
            alterations=list(alterations),
            versions=versions,
        )

    @property
    def chosen(self) -> CalibrationPoint:
        """What comes of the factor that was chosen."""
        return self.at(self.factor)

    def at(self, factor: float) -> CalibrationPoint:
        """Return what comes of a factor that was tried; 1 always was."""
        return next(point for point in self.points if point.factor == factor)

    def table(self) -> Table:
        """Draw what is altered and what leaks at each factor."""
        table = Table(title="Calibration: times the default evidence", box=SIMPLE, pad_edge=False)
        for column in ("factor", "altered", "%", "bound %", "leaked", "%", "95 %"):
            table.add_column(column, justify="right", no_wrap=True)
        table.add_column("")
        for point in self.points:
            altered, leaked = point.altered, point.leaked
            chosen = point.factor == self.factor
            table.add_row(
                f"{point.factor:g}",
                f"{altered.count} of {altered.total}",
                f"{100 * altered.value:.1f}",
                f"{100 * point.bound:.2f}",
                f"{leaked.count} of {leaked.total}",
                f"{100 * leaked.value:.1f}",
                f"{100 * leaked.low:.1f} to {100 * leaked.high:.1f}",
                ", ".join(["chosen"] * chosen + ["default"] * (point.factor == 1)),
                style="bold" if chosen else None,
            )
        return table


def _guarantee(level: float, cases: int) -> str:
    return (
        f"P(a new retain case is altered) <= {100 * level:g} % under this policy, for single questions, if new cases"
        f" are drawn as these {cases} were (exchangeable), and this register, these cases and this version of expunge"
        " do not change. It is an average over calibration sets, and holds only if these cases chose nothing else and"
        " are not registered, as `keep` for example. On leaks nothing is guaranteed."
    )
