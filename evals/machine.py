"""The machine that a measurement runs on."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def one_core() -> Iterator[int | None]:
    """Hold this thread, and those that it starts, to one core; yields how many they are held to."""
    if not hasattr(os, "sched_setaffinity"):
        yield None
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield 1
    finally:
        os.sched_setaffinity(0, before)


def resident_mb(pid: int | None = None) -> float | None:
    """Return the memory of a process that is in use, in MB, on Linux; `None` elsewhere, and when it has ended.

    Args:
        pid: The process; `None`: this one.
    """
    try:
        pages = int(Path(f"/proc/{pid or 'self'}/statm").read_text().split()[1])
    except OSError:
        return None
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
