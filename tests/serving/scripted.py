"""A scripted upstream: a real HTTP server on loopback that speaks OpenAI's protocol, and fails as it is told.

    from expunge.tests.serving.scripted import Answer, Call, Plan, Upstream, cut, error, says

    with Upstream() as upstream:                     # in a fixture; every test has its own, on a port of its own
        upstream.plan = says("Par", "is.")           # for any model; the pieces are the chunks of the stream
        upstream.models["gpt-5"] = says("Paris.")    # for one model
        upstream.next.append(error(429, retry_after=3))          # for the next request alone: any number, in turn
        upstream.plan = says("Par", "is.", edits=[cut(after=2)])     # the stream breaks off after two events
        upstream.plan = Plan([Answer(["A"]), Answer(["B"])])         # what the choices of n=2 say
        upstream.plan = lambda request: says(request["messages"][-1]["content"])
        client = openai.OpenAI(base_url=upstream.url, api_key="any")
        upstream.settle()                            # waits until nothing is under way, after a client has hung up

It serves `POST /v1/chat/completions`, `POST /v1/responses` (both streamed or not) and `GET /v1/models`. What came is in
`upstream.requests`; `hang_ups` counts the clients that went away in the midst of an answer. Every event is an HTTP
chunk of its own. Edits change the events on their way and are applied in turn; a pause is a number of seconds.
"""

import asyncio
import json
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from types import TracebackType
from typing import NamedTuple, Self

import h11

from .plans import (
    Cut,
    Plan,
    Reply,
    as_json,
    break_json,
    cut,
    drop_blank_line,
    end,
    error,
    error_body,
    fail,
    html,
    pace,
    resplit,
    says,
    stall,
    whole,
)
from .wire import Answer, Call, Json, completion, completion_chunks, models, response, response_events

__all__ = [
    "Answer",
    "Call",
    "Plan",
    "Received",
    "Upstream",
    "break_json",
    "cut",
    "drop_blank_line",
    "end",
    "error",
    "fail",
    "html",
    "pace",
    "resplit",
    "says",
    "stall",
]

EVENTS = ("content-type", "text/event-stream; charset=utf-8")


class Received(NamedTuple):
    """A request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: Json


@dataclass
class Upstream:
    """The server; a context manager, started in a thread of its own."""

    plan: Plan | Callable[[Json], Plan] = field(default_factory=Plan)
    """How requests are answered that nothing else is said for; or what decides it by the request's body."""
    models: dict[str, Plan] = field(default_factory=dict)
    """How a model's requests are answered, by its name."""
    next: deque[Plan] = field(default_factory=deque)
    """How the next requests are answered, before all else."""
    requests: list[Received] = field(default_factory=list)
    hang_ups: int = 0
    busy: int = 0
    """Answers under way."""

    def __enter__(self) -> Self:
        ready = threading.Event()
        self._thread = threading.Thread(target=asyncio.run, args=[self._run(ready)], name="scripted upstream")
        self._thread.start()
        ready.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    @property
    def url(self) -> str:
        """The base URL, as clients of OpenAI take it."""
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def bodies(self) -> list[Json]:
        """What was posted, in order."""
        return [request.body for request in self.requests if request.method == "POST"]

    def settle(self, timeout_s: float = 5.0) -> None:
        """Wait until no answer is under way, because all are sent or their clients are gone."""
        deadline = time.monotonic() + timeout_s
        while self.busy:
            assert time.monotonic() < deadline, f"{self.busy} answers are still under way"
            time.sleep(0.002)

    async def _run(self, ready: threading.Event) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self._connections: set[asyncio.Task[None]] = set()
        server = await asyncio.start_server(self._connect, "127.0.0.1", 0, backlog=1024)
        self.port: int = server.sockets[0].getsockname()[1]
        ready.set()
        await self._stop.wait()
        server.close()
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._converse(reader, writer))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of a connection until either side closes it."""
        connection = h11.Connection(h11.SERVER)
        try:
            while received := await _receive(connection, reader):
                self.busy += 1
                try:
                    await self._answer(received, connection, reader, writer)
                finally:
                    self.busy -= 1
                connection.start_next_cycle()
        except (Cut, ConnectionError, h11.ProtocolError):
            writer.close()  # what was not sent stays so
        except BaseException:
            writer.transport.abort()
            raise
        else:
            writer.close()

    async def _answer(
        self,
        received: Received,
        connection: h11.Connection,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        sending = asyncio.create_task(self._send(received, connection, writer))
        # A client says nothing before it has its answer: what comes first is the end of the connection.
        gone = asyncio.create_task(reader.read(1))
        try:
            await asyncio.wait({sending, gone}, return_when=asyncio.FIRST_COMPLETED)
            if not sending.done():
                raise ConnectionResetError
            sending.result()
            if gone.done():
                connection.receive_data(gone.result())
        except ConnectionError:
            self.hang_ups += 1
            raise
        finally:
            sending.cancel()
            gone.cancel()
            await asyncio.gather(sending, gone, return_exceptions=True)

    async def _send(self, received: Received, connection: h11.Connection, writer: asyncio.StreamWriter) -> None:
        self.requests.append(received)
        plan = self._planned(received)
        await asyncio.sleep(plan.first_byte_s)
        reply = plan.instead or _reply(received, plan.answers, [*self.models, "scripted"])
        steps = reply.steps
        for edit in plan.edits:
            steps = edit(iter(steps))
        held = connection.send(h11.Response(status_code=reply.status, headers=list(reply.headers))) or b""
        try:
            for step in steps:
                writer.write(held)
                held = (connection.send(h11.Data(step)) or b"") if isinstance(step, bytes) else b""
                await writer.drain()
                await asyncio.sleep(0 if isinstance(step, bytes) else step)  # streams side by side take turns
        except Cut:
            writer.write(held)
            raise
        # The end goes out with the last event: a client may leave as soon as it has that.
        writer.write(held + (connection.send(h11.EndOfMessage()) or b""))
        await writer.drain()

    def _planned(self, received: Received) -> Plan:
        if self.next:
            return self.next.popleft()
        if received.method != "POST":
            return Plan()
        if plan := self.models.get(received.body["model"]):
            return plan
        return self.plan if isinstance(self.plan, Plan) else self.plan(received.body)


async def _receive(connection: h11.Connection, reader: asyncio.StreamReader) -> Received | None:
    """Return the next request; `None` when the client has closed the connection."""
    body = b""
    head: h11.Request | None = None
    while True:
        match connection.next_event():
            case h11.Request() as head:
                pass
            case h11.Data(data=data):
                body += data
            case h11.EndOfMessage() if head:
                headers = {name.decode(): value.decode() for name, value in head.headers}
                return Received(head.method.decode(), head.target.decode(), headers, json.loads(body or b"{}"))
            case h11.ConnectionClosed():
                return None
            case _:
                connection.receive_data(await reader.read(65536))


def _reply(received: Received, answers: Sequence[Answer], names: Sequence[str]) -> Reply:
    request = received.body
    match received.path, bool(request.get("stream")):
        case "/v1/models", _:
            return whole(models(names))
        case "/v1/chat/completions", False:
            return whole(completion(request, answers))
        case "/v1/chat/completions", True:
            events = (b"data: " + as_json(chunk) + b"\n\n" for chunk in completion_chunks(request, answers))
            return Reply(200, [EVENTS], chain(events, [b"data: [DONE]\n\n"]))
        case "/v1/responses", False:
            return whole(response(request, answers[0]))
        case "/v1/responses", True:
            made = response_events(request, answers[0])
            events = (f"event: {event['type']}\ndata: ".encode() + as_json(event) + b"\n\n" for event in made)
            return Reply(200, [EVENTS], events)
        case path, _:
            return whole(error_body(f"There is no {path!r}."), status=404)
