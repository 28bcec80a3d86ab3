"""What a model says, read ahead of those who check it."""

from collections import deque
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager

import anyio

from .wire import Json

AHEAD = 64
"""Chunks that are read ahead; past them the model waits for the checks, or for a client that reads slowly."""


class Intake:
    """Reads a stream in a task of its own; who checks it takes at once all chunks that have come meanwhile.

    A hop to a thread and back costs more than what is done there with most chunks: one for each would be the larger
    part of the cost.

    Args:
        stream: The model's stream, not yet opened.
    """

    def __init__(self, stream: AbstractAsyncContextManager[AsyncIterator[Json]]) -> None:
        self._stream = stream
        self._chunks: deque[Json] = deque()
        self._news = anyio.Event()
        self._room = anyio.Event()
        self._reading = anyio.CancelScope()
        self._ended = False
        self._failed: Exception | None = None

    async def read(self) -> None:
        """Open the stream and read it to its end. Never raises: what fails is told to who takes the chunks."""
        with self._reading:
            try:
                async with self._stream as chunks:
                    async for chunk in chunks:
                        await self._put(chunk)
            except Exception as error:  # noqa: BLE001 - raised by `take`
                self._failed = error
        self._ended = True
        self._news.set()

    async def take(self) -> list[Json]:
        """Wait for chunks, and return all that are there; none when the stream has ended.

        Raises:
            ApiError: The model failed. What it said before, and nobody has taken, is lost.
        """
        await self._news.wait()
        if self._failed is not None:
            raise self._failed
        if not self._ended:
            self._news = anyio.Event()
        taken, self._chunks = list(self._chunks), deque()
        room, self._room = self._room, anyio.Event()
        room.set()
        return taken

    def stop(self) -> None:
        """Read no more, and close the stream."""
        self._reading.cancel()

    async def _put(self, chunk: Json) -> None:
        if len(self._chunks) >= AHEAD:
            await self._room.wait()
        self._chunks.append(chunk)
        self._news.set()
