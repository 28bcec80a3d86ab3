"""What the server's answers are made with."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import anyio
from anyio import CapacityLimiter, to_thread

from ..schema import StreamMode
from .limits import Limits
from .observation import Observation
from .upstreams import Upstreams

T = TypeVar("T")


def _workers() -> CapacityLimiter:
    # Checks compute and do not wait: more of them at once would each take longer.
    return CapacityLimiter(max(2, os.cpu_count() or 1))


@dataclass(frozen=True)
class Service:
    """What all requests share."""

    upstreams: Upstreams
    """The models."""

    limits: Limits
    """How much is taken on."""

    stream: StreamMode
    """How streams are released."""

    observation: Observation
    """What is measured."""

    workers: CapacityLimiter = field(default_factory=_workers)
    """The threads that check; apart from those that wait, for files and for keys."""

    first: CapacityLimiter = field(default_factory=_workers)
    """Threads for answers of which nothing is shown yet: they do not queue behind those that go on."""

    stopping: anyio.Event = field(default_factory=anyio.Event)
    """Set when the server takes no more requests."""

    closing: anyio.Event = field(default_factory=anyio.Event)
    """Set when the server's grace is over: what is still under way ends."""

    async def compute(self, work: Callable[[], T], *, first: bool = False) -> T:
        """Do work in one of the threads that check; it is never left half-way.

        Args:
            work: What is to be done.
            first: Whether somebody waits for it who was shown nothing yet.
        """
        return await to_thread.run_sync(work, limiter=self.first if first else self.workers)
