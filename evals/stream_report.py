"""The report of many streams through the server, and its table."""

from pydantic import BaseModel, ConfigDict
from rich.box import SIMPLE
from rich.table import Table

from .timing import Times

LATE = 4
"""One stream in so many names a target."""


class StreamReport(BaseModel):
    """What many streams at once came to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    targets: int
    """Targets of the register."""

    streams: int
    """Streams at once."""

    chunks: int
    """Chunks of the upstream's answer in each."""

    pace: float
    """Chunks a second that the upstream sends in each stream; 0: as fast as they are read."""

    ramp_s: float
    """Seconds over which the streams began; 0: all at the same moment."""

    elapsed_s: float
    """Seconds until the last stream ended."""

    finished: int
    """Streams that came to their end, `[DONE]`."""

    withheld: int
    """Streams that named a target and ended in an abstention."""

    leaked: int
    """Streams that showed the target."""

    direct: Times
    """From a request to its first whole sentence, asked of the upstream itself."""

    guarded: Times
    """From a request to the first released sentence, asked of the server."""

    added: Times
    """From when the upstream had sent the first sentence to when the server had released it."""

    memory_mb: list[float]
    """The server's memory, once a second."""

    check: Times
    """`Sanitizer.check` on the exchanges of the next two, in a process of its own."""

    whole_direct: Times
    """A whole clean exchange, asked of the upstream itself."""

    whole_guarded: Times
    """The same exchange, asked of the server."""

    @property
    def overhead(self) -> float:
        """What the server adds to a clean exchange, as a multiple of `Sanitizer.check`; medians."""
        return (self.whole_guarded.p50 - self.whole_direct.p50) / self.check.p50

    def table(self) -> Table:
        """Draw the figures, one a row."""
        table = Table(
            title=f"{self.streams} streams of {self.chunks:,} chunks at once, {self.targets:,} targets", box=SIMPLE
        )
        table.add_column("")
        table.add_column("", justify="right")
        for label, value in self._rows().items():
            table.add_row(label, value)
        return table

    def _rows(self) -> dict[str, str]:
        memory = self.memory_mb or [0.0]
        middle = memory[len(memory) // 2]
        return {
            "streams that came to their end": f"{self.finished} of {self.streams}",
            "ended in an abstention": f"{self.withheld} of {-(-self.streams // LATE)} that name a target",
            "leaked": str(self.leaked),
            "seconds; chunks a second": f"{self.elapsed_s:.0f}; {self.streams * self.chunks / self.elapsed_s:,.0f}",
            "first sentence from the upstream, p50 / p95": _milliseconds(self.direct),
            "first sentence released, p50 / p95": _milliseconds(self.guarded),
            "  after the upstream had sent it": _milliseconds(self.added),
            "server's memory at the start, middle, end": f"{memory[0]:.0f}, {middle:.0f}, {memory[-1]:.0f} MB",
            "Sanitizer.check, clean": _milliseconds(self.check),
            "whole answer from the upstream": _milliseconds(self.whole_direct),
            "whole answer from the server": _milliseconds(self.whole_guarded),
            "server adds, in checks": f"{self.overhead:.2f}",
        }


def _milliseconds(times: Times) -> str:
    return f"{times.p50:,.1f} / {times.p95:,.1f} ms"
