"""What each layer of detection adds under attack, as a record and as a table."""

from pydantic import BaseModel, ConfigDict
from rich.box import SIMPLE
from rich.table import Table

from .attack_reports import AttackReport, percent


class AblationReport(BaseModel):
    """The same attacks with all of detection, and with each layer off in turn."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    whole: AttackReport
    """With every layer."""

    ablations: list[AttackReport]
    """One entry a layer, without it."""

    def table(self) -> Table:
        """Draw a row for each layer that is off: what leaks and is altered then, and which families leak more by it."""
        title = f"Each layer off in turn: {self.whole.targets} registered by {self.whole.registered}"
        table = Table(title=title, box=SIMPLE, pad_edge=False)
        table.add_column("off", no_wrap=True)
        table.add_column("mean leak, %", justify="right")
        table.add_column("altered, %", justify="right")
        table.add_column("families that leak more, by how many percentage points")
        for report in (self.whole, *self.ablations):
            figures = (percent(report.mean_leak), percent(report.altered.value))
            table.add_row(", ".join(report.without) or "none", *figures, self._worse(report))
        return table

    def _worse(self, report: AttackReport) -> str:
        pairs = zip(self.whole.families, report.families, strict=True)
        more = {before.family: after.leaked.value - before.leaked.value for before, after in pairs}
        ranked = sorted(more.items(), key=lambda item: -item[1])
        return ", ".join(f"{family} {percent(points)}" for family, points in ranked if points > 0)
