"""HTTP for the OpenAI client: requests go out as they are, answers come back as far as they may be shown.

The guard stands below the client's own parsing. So whatever the client makes of an answer, an object, a stream, a raw
response, an exception, it makes of what was released.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import AsyncExitStack, ExitStack, aclosing
from importlib import import_module
from time import sleep
from typing import TYPE_CHECKING, Any

from httpx_sse import EventSource

from ...graphs.sanitize import Sanitizer
from ...schema import StreamMode
from .exchange import GuardedExchange
from .wire import UpstreamFailure, Wire

if TYPE_CHECKING:
    import httpx

_CUT = UpstreamFailure("The stream ended before the answer did.")


def guarded(inner: Any, sanitizer: Sanitizer, stream: StreamMode) -> Any:
    """Return an HTTP client of the same library that sends through another one, with a guard in between.

    Args:
        inner: An `httpx.Client` or `httpx.AsyncClient`, or one of the twin library `httpx2`. Its own hooks see answers
            before the guard does. Closing the new client closes it.
        sanitizer: What stands between the model and the caller.
        stream: How streams are released.
    """
    base = next(kind for kind in type(inner).__mro__ if kind.__name__ in _TRANSPORTS and _is_library(kind.__module__))
    library = import_module(base.__module__)
    own, abstract = _TRANSPORTS[base.__name__]
    transport = _joined(own, getattr(library, abstract))(inner, Wire(library, sanitizer, stream))
    defaults = {name: getattr(inner, name) for name in ("headers", "cookies", "params", "base_url", "timeout")}
    return base(transport=transport, trust_env=False, **defaults)


class GuardedTransport:
    """Sends through a client, and guards what comes back."""

    def __init__(self, inner: httpx.Client, wire: Wire) -> None:
        self._inner = inner
        self._wire = wire
        self._body = _joined(GuardedStream, wire.library.SyncByteStream)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request.

        Raises:
            RequestError: Of the HTTP library, when the exchange broke off; it says nothing of what had come.
        """
        if self._wire.passes(request):
            return self._inner.send(request, stream=True)
        answer = self._answer(request)
        # Raised from here, its traceback holds no frame with the draft.
        if isinstance(answer, Exception):
            raise answer
        return answer

    def close(self) -> None:
        """Close the client below."""
        self._inner.close()

    def _answer(self, request: httpx.Request) -> httpx.Response | Exception:
        opened = self._wire.open(request)
        if not isinstance(opened, GuardedExchange):
            return opened
        try:
            answer = self._ask(request, opened)
        except Exception as error:  # noqa: BLE001 - it may hold the draft
            return self._wire.failure(opened, error, request)
        except BaseException:
            opened.close()
            raise
        else:
            sleep(opened.hold())
            return answer

    def _ask(self, request: httpx.Request, opened: GuardedExchange) -> httpx.Response:
        if opened.guard.denied:
            return self._wire.withheld(opened, request)
        answer = self._inner.send(request, stream=True)
        if self._wire.streams(opened, answer):
            return self._wire.stream(answer, self._body(answer, opened, self._wire))
        try:
            answer.read()
        finally:
            answer.close()
        return self._wire.answer(opened, answer)


class AsyncGuardedTransport:
    """The same without blocking the event loop: the agents work in threads."""

    def __init__(self, inner: httpx.AsyncClient, wire: Wire) -> None:
        self._inner = inner
        self._wire = wire
        self._body = _joined(AsyncGuardedStream, wire.library.AsyncByteStream)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request.

        Raises:
            RequestError: Of the HTTP library, when the exchange broke off; it says nothing of what had come.
        """
        if self._wire.passes(request):
            return await self._inner.send(request, stream=True)
        answer = await self._answer(request)
        # Raised from here, its traceback holds no frame with the draft.
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def aclose(self) -> None:
        """Close the client below."""
        await self._inner.aclose()

    async def _answer(self, request: httpx.Request) -> httpx.Response | Exception:
        opened = await asyncio.to_thread(self._wire.open, request)
        if not isinstance(opened, GuardedExchange):
            return opened
        try:
            answer = await self._ask(request, opened)
        except Exception as error:  # noqa: BLE001 - it may hold the draft
            return await asyncio.to_thread(self._wire.failure, opened, error, request)
        except BaseException:
            await asyncio.to_thread(opened.close)
            raise
        else:
            await asyncio.sleep(opened.hold())
            return answer

    async def _ask(self, request: httpx.Request, opened: GuardedExchange) -> httpx.Response:
        if opened.guard.denied:
            return await asyncio.to_thread(self._wire.withheld, opened, request)
        answer = await self._inner.send(request, stream=True)
        if self._wire.streams(opened, answer):
            return self._wire.stream(answer, self._body(answer, opened, self._wire))
        try:
            await answer.aread()
        finally:
            await answer.aclose()
        return await asyncio.to_thread(self._wire.answer, opened, answer)


class GuardedStream:
    """The body of a streamed answer; at its end it lets go of the exchange, and of the draft with it."""

    def __init__(self, answer: httpx.Response, opened: GuardedExchange, wire: Wire) -> None:
        self._wire = wire
        self._pieces = self._relay(answer, opened)
        self._failure: Exception | None = None
        self._closing = ExitStack()
        self._closing.callback(answer.close)
        self._closing.callback(opened.close)

    def __iter__(self) -> Iterator[bytes]:
        yield from self._pieces
        # Raised from here, and with nothing held any more, its traceback leads to no draft.
        self.close()
        if self._failure is not None:
            raise self._failure

    def _relay(self, answer: httpx.Response, opened: GuardedExchange) -> Iterator[bytes]:
        try:
            for event in EventSource(answer).iter_sse():
                if sent := opened.take(event.data):
                    sleep(opened.hold())
                    yield sent
                if opened.over:
                    return
            yield opened.fail(_CUT)
        except Exception as error:  # noqa: BLE001 - it may hold the draft
            self._failure = self._wire.failure(opened, error, answer.request)

    def close(self) -> None:
        """Stop the model; an answer that had not ended is given up."""
        self._closing.close()


class AsyncGuardedStream:
    """The same without blocking the event loop."""

    def __init__(self, answer: httpx.Response, opened: GuardedExchange, wire: Wire) -> None:
        self._wire = wire
        self._pieces = self._relay(answer, opened)
        self._failure: Exception | None = None
        self._closing = AsyncExitStack()
        self._closing.push_async_callback(answer.aclose)
        self._closing.push_async_callback(asyncio.to_thread, opened.close)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async with aclosing(self._pieces) as pieces:
            async for piece in pieces:
                yield piece
        # Raised from here, and with nothing held any more, its traceback leads to no draft.
        await self.aclose()
        if self._failure is not None:
            raise self._failure

    async def _relay(self, answer: httpx.Response, opened: GuardedExchange) -> AsyncGenerator[bytes, None]:
        try:
            async with aclosing(EventSource(answer).aiter_sse()) as events:
                async for event in events:
                    if sent := await asyncio.to_thread(opened.take, event.data):
                        await asyncio.sleep(opened.hold())
                        yield sent
                    if opened.over:
                        return
            yield await asyncio.to_thread(opened.fail, _CUT)
        except Exception as error:  # noqa: BLE001 - it may hold the draft
            self._failure = await asyncio.to_thread(self._wire.failure, opened, error, answer.request)

    async def aclose(self) -> None:
        """Stop the model; an answer that had not ended is given up."""
        await self._closing.aclose()


_TRANSPORTS: dict[str, tuple[type[Any], str]] = {
    "Client": (GuardedTransport, "BaseTransport"),
    "AsyncClient": (AsyncGuardedTransport, "AsyncBaseTransport"),
}


def _joined(own: type[Any], base: type[Any]) -> type[Any]:
    """Make a class of ours one of the client's own HTTP library."""
    return type(own.__name__, (own, base), {})


def _is_library(module: str) -> bool:
    return module in {"httpx", "httpx2"}
