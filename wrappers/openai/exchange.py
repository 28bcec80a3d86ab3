"""One request of OpenAI's API and its answer, with a guard between them; does no input or output of its own."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import RLock
from typing import Protocol

from ...graphs.sanitize import Sanitizer
from ...schema import StreamMode
from .completions import CompletionGuard
from .fields import Json, MalformedAnswer
from .responses import ResponseGuard
from .routes import COMPLETIONS

WITHHELD_ERROR = "The model's side reported an error; what it said is withheld, for it may repeat the answer."

_DONE = "[DONE]"
_FAILURES = frozenset({"error", "response.failed"})


class Guard(Protocol):
    """What the guards of chat completions and of responses have in common."""

    denied: bool

    @property
    def ended(self) -> bool:
        """Whether the model is to be stopped."""

    def withheld(self) -> Json:
        """Return the answer of a model that was not asked."""

    def finish(self) -> list[Json]:
        """Return the last events of a stream."""

    def fail(self, error: BaseException) -> list[Json]:
        """Return the events of an abstention."""

    def hold(self) -> float:
        """Return the seconds to wait before what was returned last is sent; asked again, 0."""

    def abandon(self) -> None:
        """End what is open."""


@dataclass
class GuardedExchange:
    """A request and its answer, whole or as server-sent events. One thread at a time; others wait.

    Attributes:
        guard: What decides.
        whole: Takes the model's whole answer, gives what may be shown.
        piece: Takes one event, gives those that may be sent now.
        named: Whether events bear their type as name; those that do not end with `[DONE]`.
        streamed: Whether a stream was asked for.
        over: Whether nothing more is sent.
    """

    guard: Guard
    whole: Callable[[object], Json]
    piece: Callable[[object], list[Json]]
    named: bool
    streamed: bool
    over: bool = False
    # A call that is cancelled goes on in its thread, while the passage is closed in another.
    _lock: RLock = field(default_factory=RLock, repr=False)

    def answer(self, told: Json) -> bytes:
        """Return what may be shown of the model's whole answer, as bytes."""
        with self._lock:
            return json.dumps(self.whole(told)).encode()

    def withheld(self) -> bytes:
        """Return the answer of a model that is not to be asked, as bytes."""
        return self.end() if self.streamed else json.dumps(self.guard.withheld()).encode()

    def hold(self) -> float:
        """Return the seconds to wait before what was returned last is sent; asked again, 0."""
        with self._lock:
            return self.guard.hold()

    def close(self) -> None:
        """End the exchange, if it has not ended: nobody waits for it any more."""
        with self._lock:
            self.guard.abandon()

    def take(self, data: str) -> bytes:
        """Take the data of an event in; return the events that may be sent now, as bytes."""
        with self._lock:
            if not data or self.over:
                return b""
            if data.startswith(_DONE):
                return self.end()
            try:
                return self._take(json.loads(data))
            except (ValueError, RecursionError):
                return self.fail(MalformedAnswer("An event is no JSON."))

    def end(self) -> bytes:
        """Return the last events, as bytes."""
        with self._lock:
            self.over = True
            return self._bytes(self.guard.finish()) + (b"" if self.named else f"data: {_DONE}\n\n".encode())

    def fail(self, error: BaseException) -> bytes:
        """Return the events of an abstention, as bytes; nothing of it where the answer had ended."""
        with self._lock:
            return self._bytes(self.guard.fail(error)) + self.end()

    def _take(self, event: object) -> bytes:
        if isinstance(event, dict) and (event.get("error") or event.get("type") in _FAILURES):
            return self._reported()
        sent = self._bytes(self.piece(event))
        return sent + self.end() if self.guard.ended else sent

    def _reported(self) -> bytes:
        """Return an error of the model's side in words of our own."""
        self.over = True
        self.guard.fail(MalformedAnswer(WITHHELD_ERROR))
        error = {"message": WITHHELD_ERROR, "param": None, "code": "upstream_error"}
        return self._bytes([{"type": "error", **error} if self.named else {"error": {"type": "api_error", **error}}])

    def _bytes(self, events: list[Json]) -> bytes:
        named = [(f"event: {event['type']}\n" if self.named else "", json.dumps(event)) for event in events]
        return "".join(f"{name}data: {event}\n\n" for name, event in named).encode()


def open_exchange(path: str, request: Json, sanitizer: Sanitizer, stream: StreamMode) -> GuardedExchange:
    """Put a guard before a request, on a path that `routes.is_guarded`.

    Raises:
        InputError: When the request cannot be guarded.
    """
    streamed = bool(request.get("stream"))
    if path.endswith(COMPLETIONS):
        completion = CompletionGuard(sanitizer, request, stream=stream)
        return GuardedExchange(completion, completion.completion, completion.chunk, named=False, streamed=streamed)
    response = ResponseGuard(sanitizer, request, stream=stream)
    return GuardedExchange(response, response.response, response.event, named=True, streamed=streamed)
