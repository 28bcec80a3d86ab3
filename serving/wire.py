"""JSON over HTTP, and server-sent events."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import anyio
from starlette.types import Send

from ..wrappers.openai.fields import Json as Json
from .errors import ApiError

_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache"),
    (b"x-accel-buffering", b"no"),  # a proxy in between passes each event on at once
]


class ClientGone(Exception):
    """The client takes nothing in any more."""


def encode(data: Mapping[str, Any]) -> bytes:
    """Write JSON in UTF-8. Half of a surrogate pair, which UTF-8 cannot hold, stays the escape that it was."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")


class Events:
    """The stream of server-sent events that answers a request.

    Args:
        send: Of ASGI.
        timeout_s: Seconds after which a client that takes nothing in is given up.

    Raises:
        ClientGone: By any method, when it was given up.
    """

    def __init__(self, send: Send, timeout_s: float) -> None:
        self._send = send
        self._timeout_s = timeout_s
        self.begun = False

    async def send(self, events: Iterable[Mapping[str, Any]]) -> None:
        """Send events, if there are any."""
        if data := b"".join(b"data: " + encode(event) + b"\n\n" for event in events):
            await self._write(data)

    async def keep_alive(self) -> None:
        """Send a comment, so that nobody in between takes the silence for an end."""
        await self._write(b": keep-alive\n\n")

    async def done(self) -> None:
        """End the stream as OpenAI does."""
        await self._write(b"data: [DONE]\n\n", more=False)

    async def fail(self, error: ApiError) -> None:
        """End the stream with an error."""
        await self._write(b"data: " + encode(error.body) + b"\n\n", more=False)

    async def _write(self, data: bytes, *, more: bool = True) -> None:
        try:
            with anyio.fail_after(self._timeout_s):
                if not self.begun:
                    self.begun = True
                    await self._send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
                await self._send({"type": "http.response.body", "body": data, "more_body": more})
        except (TimeoutError, OSError):
            raise ClientGone from None
