"""The most memory that a process and those that it started take, all together, on Linux."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

from pydantic import BaseModel, ConfigDict, Field

from .machine import resident_mb

_EVERY_S = 0.25
_PROC = Path("/proc")


class Memory(BaseModel):
    """The most memory that was seen, each figure at its own peak, in MB."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rss_mb: float = Field(ge=0)
    """Resident memory, summed over the processes: what they share counts in each."""

    pss_mb: float | None = Field(ge=0)
    """The same with what is shared divided among those who share it; `None`: this system does not tell."""

    processes: int = Field(ge=1)
    """Processes at once."""


class MemoryWatch:
    """Looks at a process and its descendants four times a second.

    Args:
        pid: The process.

    Attributes:
        peak: The most so far; `None`: this system does not tell.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self.peak: Memory | None = None

    def look(self) -> None:
        """Look once."""
        tree = _tree(self._pid)
        resident = [size for pid in tree if (size := resident_mb(pid))]
        shared = [size for pid in tree if (size := _proportional_mb(pid)) is not None]
        if resident:
            now = Memory(rss_mb=sum(resident), pss_mb=sum(shared) if shared else None, processes=len(resident))
            self.peak = _most(self.peak, now) if self.peak else now


@contextmanager
def watching_memory(pid: int) -> Iterator[MemoryWatch]:
    """Watch a process in a thread."""
    watch, done = MemoryWatch(pid), Event()

    def run() -> None:
        watch.look()
        while not done.wait(_EVERY_S):
            watch.look()

    thread = Thread(target=run, daemon=True)
    thread.start()
    try:
        yield watch
    finally:
        done.set()
        thread.join()


def _most(before: Memory, now: Memory) -> Memory:
    shared = [size for size in (before.pss_mb, now.pss_mb) if size is not None]
    return Memory(
        rss_mb=max(before.rss_mb, now.rss_mb),
        pss_mb=max(shared, default=None),
        processes=max(before.processes, now.processes),
    )


def _tree(root: int) -> list[int]:
    """Return a process and its descendants; nothing where there is no /proc."""
    children: dict[int, list[int]] = {}
    for folder in _PROC.glob("[0-9]*"):
        pid = int(folder.name)
        children.setdefault(_parent(pid), []).append(pid)
    tree = [root] if children else []
    for pid in tree:
        tree.extend(children.get(pid, []))
    return tree


def _parent(pid: int) -> int:
    """Return a process's parent; 0 when it has ended."""
    try:
        stat = (_PROC / str(pid) / "stat").read_text(errors="replace")
    except OSError:
        return 0
    # The name, in brackets, may hold any sign; the state and the parent come after it.
    return int(stat.rpartition(")")[2].split()[1])


def _proportional_mb(pid: int) -> float | None:
    try:
        rollup = (_PROC / str(pid) / "smaps_rollup").read_text()
    except OSError:
        return None
    sizes = dict(line.split(":", 1) for line in rollup.splitlines() if line.startswith("Pss:"))
    return int(sizes["Pss"].split()[0]) * 1024 / 1e6 if sizes else None
