"""How much the server takes on."""

import math
from dataclasses import dataclass

import anyio
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .errors import told

MIB = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """How much the server takes on; what goes beyond it is turned away with a clear error."""

    concurrency: int = 64
    """Exchanges under way at one upstream."""

    queue: int = 256
    """Exchanges that wait for one upstream; one more is answered with 429."""

    queue_timeout_s: float = 30.0
    """Seconds that an exchange waits at most."""

    timeout_s: float = 120.0
    """Seconds of silence after which an upstream is given up, and so is a client that takes nothing in."""

    max_body: int = 4 * MIB
    """Bytes of a request's body."""

    body_timeout_s: float = 20.0
    """Seconds in which a request's body has to come."""


class BodyLimit:
    """Refuses bodies that are too large, before they are read where their length is told, and such as do not come.

    Starlette has a middleware for size, whose refusals are plain text.

    Args:
        app: What answers the others.
        most: Bytes of a body.
        within_s: Seconds in which it has to come.
    """

    def __init__(self, app: ASGIApp, most: int, within_s: float) -> None:
        self._app = app
        self._most = most
        self._within_s = within_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request.

        Raises:
            HTTPException: To who reads the body: 413, it is too large; 408, it did not come in time.
        """
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        length = Headers(scope=scope).get("content-length", "")
        if length.isdecimal() and int(length) > self._most:
            await told(HTTPException(413)).response(scope, receive, send)
            return
        read, whole, until = 0, False, anyio.current_time() + self._within_s

        async def reading() -> Message:
            nonlocal read, whole
            # What comes after the body is the client's hanging up, for which there is no hurry.
            with anyio.CancelScope(deadline=math.inf if whole else until) as waiting:
                message = await receive()
            if waiting.cancelled_caught:
                raise HTTPException(408)
            read, whole = read + len(message.get("body", b"")), not message.get("more_body", False)
            if read > self._most:
                raise HTTPException(413)
            return message

        await self._app(scope, reading, send)
