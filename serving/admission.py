"""Bounded concurrency with a bounded queue: who finds both full is asked to come back."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from math import ceil
from time import monotonic

import anyio

from .errors import ApiError
from .limits import Limits

LONGEST_RETRY_S = 60
# How much the last exchange counts in the mean of how long one takes.
_RECENT = 0.2


class Admission:
    """Lets so many exchanges through at once, in the order in which they came.

    Each upstream has its own: those that wait for a slow one are in nobody else's way.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._places = anyio.Semaphore(limits.concurrency)
        self._usual_s = 1.0
        self.in_flight = 0
        self.waiting = 0

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Hold a place for an exchange.

        Raises:
            ApiError: 429, with `Retry-After`: the queue is full, or the wait was too long.
        """
        await self._take()
        began = monotonic()
        self.in_flight += 1
        try:
            yield
        finally:
            self.in_flight -= 1
            self._usual_s += _RECENT * (monotonic() - began - self._usual_s)
            self._places.release()

    async def _take(self) -> None:
        try:
            self._places.acquire_nowait()
        except anyio.WouldBlock:
            pass
        else:
            return
        if self.waiting >= self._limits.queue:
            raise self._busy()
        self.waiting += 1
        try:
            with anyio.move_on_after(self._limits.queue_timeout_s) as wait:
                await self._places.acquire()
        finally:
            self.waiting -= 1
        if wait.cancelled_caught:
            raise self._busy()

    def _busy(self) -> ApiError:
        after_s = ceil(self._usual_s * (self.waiting + 1) / self._limits.concurrency)
        return ApiError(
            429,
            "The server is busy; try again later.",
            type="rate_limit_error",
            code="rate_limit_exceeded",
            headers={"Retry-After": str(min(max(after_s, 1), LONGEST_RETRY_S))},
        )
