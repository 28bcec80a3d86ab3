"""The report of the measurement of added time, and its table."""

from collections.abc import Callable

from pydantic import BaseModel, ConfigDict
from rich.box import SIMPLE
from rich.table import Table
from rich.text import Text

from .shares import PARTS, Part
from .timing import CheckerLatency, Cost, Floor, RegisterLatency

_CAPTION = (
    "Times are p50 / p95 by the clock and, in brackets, p50 in processor time, all in milliseconds. Shares are of the "
    "processor time of an exchange. The floor is what embedding, index and graph cost by themselves."
)


class LatencyReport(BaseModel):
    """Added time by size of the register."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    embeddings: str
    """The embedding model."""

    cores: int | None
    """How many cores the process was held to; `None`: this system cannot hold it."""

    skipped: list[str]
    """The baselines that could not be measured, and why."""

    registers: list[RegisterLatency]
    """One entry a register."""

    def table(self) -> Table:
        """Draw one column a register: what it holds, the time added, where that goes, the floor, the baselines."""
        table = Table(
            title=f"Time added to an exchange that touches no target, {self.embeddings}",
            caption=Text("\n".join([_CAPTION, *self.skipped])),
            caption_justify="left",
            box=SIMPLE,
            pad_edge=False,
        )
        table.add_column("p50 / p95 (processor), ms")
        for register in self.registers:
            table.add_column(f"{register.targets:,} targets", justify="right", no_wrap=True)
        for section in (_HELD, self._added(), _FLOOR, self._baselines()):
            for label, cell in section.items():
                table.add_row(label, *map(cell, self.registers))
            table.add_section()
        return table

    def _added(self) -> "_Rows":
        parts = [part for part in PARTS if any(part in (register.shares or {}) for register in self.registers)]
        return {"added by expunge": _sanitizer} | {f"  {part}": _share(part) for part in parts}

    def _baselines(self) -> "_Rows":
        names = [baseline.name for baseline in self.registers[0].baselines]
        return {label: cell for name in names for label, cell in _of_baseline(name).items()}


_Cell = Callable[[RegisterLatency], str]
_Rows = dict[str, _Cell]


def _cost(cost: Cost | None) -> str:
    return f"{cost.clock.p50:.1f} / {cost.clock.p95:.1f} ({cost.processor.p50:.1f})" if cost else "none"


def _together(floor: Floor) -> str:
    """Add up the medians of what an exchange costs that is embedded, looked up and sent through a graph."""
    costs = [cost for cost in (floor.exchange, floor.query, floor.graph) if cost]
    return f"{sum(cost.clock.p50 for cost in costs):.1f} ({sum(cost.processor.p50 for cost in costs):.1f})"


def _megabytes(size: float | None) -> str:
    return "unknown" if size is None else f"{size:,.0f} MB"


def _sanitizer(register: RegisterLatency) -> str:
    return _cost(register.sanitizer.cost)


def _share(part: Part) -> _Cell:
    """Make the cell of a part: its share, and what that is of the mean processor time."""

    def cell(register: RegisterLatency) -> str:
        share = (register.shares or {}).get(part, 0.0)
        return f"{100 * share:.0f} %  ({share * register.sanitizer.cost.processor.mean:.2f})"

    return cell


def _of_baseline(name: str) -> _Rows:
    """Make the rows of a baseline; it is measured on every register or on none."""

    def of(register: RegisterLatency) -> CheckerLatency:
        return next(baseline for baseline in register.baselines if baseline.name == name)

    return {
        name: lambda register: _cost(of(register).cost),
        f"  {name} releases": lambda register: _released(of(register)),
    }


def _released(checker: CheckerLatency) -> str:
    return f"{checker.released} of {checker.exchanges}"


_HELD: _Rows = {
    "documents a target, topics": lambda register: f"{register.documents}, {register.topics}",
    "texts with a substitute vector": lambda register: f"{register.substitutes:,}",
    "built in": lambda register: f"{register.build_s:,.1f} s",
    "memory, disk": lambda register: f"{_megabytes(register.memory_mb)}, {_megabytes(register.disk_mb)}",
    "exchanges released": lambda register: _released(register.sanitizer),
    "exchanges embedded; model calls": lambda register: f"{register.sanitizer.embedded}; {register.sanitizer.calls}",
}
_FLOOR: _Rows = {
    "floor: to embed the prompt": lambda register: _cost(register.floor.prompt),
    "floor: prompt and draft in one call": lambda register: _cost(register.floor.exchange),
    "floor: one query with both vectors": lambda register: _cost(register.floor.query),
    "floor: an empty graph of 6 nodes": lambda register: _cost(register.floor.graph),
    "floor: the last three together": lambda register: _together(register.floor),
}
