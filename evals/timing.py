"""What the measurement of added time found, as records and as a table."""

from collections.abc import Callable, Sequence
from typing import Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field
from rich.box import SIMPLE
from rich.table import Table


class Times(BaseModel):
    """How long something took, in milliseconds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    p50: float = Field(ge=0)
    """The median."""

    p95: float = Field(ge=0)
    """The 95th percentile."""

    mean: float = Field(ge=0)
    """The mean."""

    @classmethod
    def of(cls, milliseconds: Sequence[float]) -> Self:
        """Summarise measured times, at least one."""
        p50, p95 = np.percentile(milliseconds, [50, 95])
        return cls(p50=float(p50), p95=float(p95), mean=float(np.mean(milliseconds)))


class RegisterLatency(BaseModel):
    """What one register costs: to build, to keep, and in each exchange that does not touch it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    targets: int = Field(ge=1)
    """How many targets it holds."""

    documents: int = Field(ge=0)
    """How many documents each target has."""

    substitutes: int = Field(ge=0)
    """How many of all documents have a vector near another one's in place of their own."""

    build_s: float = Field(ge=0)
    """Seconds from an empty folder to the first verdict."""

    memory_mb: float | None
    """What the process grew by from before the build to the end, in MB; `None`: this system does not tell."""

    disk_mb: float = Field(ge=0)
    """What the register's folder takes up, in MB."""

    exchanges: int = Field(ge=1)
    """How many exchanges were measured."""

    released: int = Field(ge=0)
    """How many of them were released unchanged; any other was taken to touch a target."""

    calls: int = Field(ge=0)
    """Model calls that the sanitizer made in all of them."""

    added: Times
    """The time added to an exchange, as its verdict says."""

    wall: Times
    """The same, by the clock around the check."""

    processor: Times
    """The same in processor time, which other work on the machine does not lengthen."""

    embedding: Times
    """To embed one prompt, by itself."""

    query: Times | None
    """To ask the index for the documents nearest to one vector, by itself; `None`: there are no documents."""


class LatencyReport(BaseModel):
    """Added time by size of the register."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    embeddings: str
    """The embedding model."""

    cores: int | None
    """How many cores the process was held to; `None`: this system cannot hold it."""

    graph: Times
    """To run a graph of six nodes that do nothing, the least that any graph costs."""

    registers: list[RegisterLatency]
    """One entry a register."""

    def table(self) -> Table:
        """Draw one column a register; times are p50, p95 and mean in milliseconds."""
        table = Table(title=f"Time added to an exchange that touches no target, {self.embeddings}", box=SIMPLE)
        table.add_column("p50 / p95 / mean, ms")
        for register in self.registers:
            table.add_column(f"{register.targets:,} targets", justify="right")
        for label, cell in _ROWS.items():
            table.add_row(label, *map(cell, self.registers))
        table.add_row("an empty graph of 6 nodes", *[_times(self.graph)] * len(self.registers))
        return table


def _times(times: Times | None) -> str:
    return "" if times is None else f"{times.p50:.1f} / {times.p95:.1f} / {times.mean:.1f}"


def _megabytes(size: float | None) -> str:
    return "unknown" if size is None else f"{size:,.0f} MB"


_ROWS: dict[str, Callable[[RegisterLatency], str]] = {
    "documents a target": lambda register: str(register.documents),
    "of all, with a substitute vector": lambda register: f"{register.substitutes:,}",
    "built in": lambda register: f"{register.build_s:,.1f} s",
    "memory": lambda register: _megabytes(register.memory_mb),
    "disk": lambda register: _megabytes(register.disk_mb),
    "exchanges released": lambda register: f"{register.released} of {register.exchanges}",
    "extra model calls": lambda register: str(register.calls),
    "added": lambda register: _times(register.added),
    "by the clock": lambda register: _times(register.wall),
    "processor time": lambda register: _times(register.processor),
    "to embed a prompt": lambda register: _times(register.embedding),
    "one query of the index": lambda register: _times(register.query),
}
