"""A model's answer on its way past the guard."""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial

import anyio
from anyio.abc import TaskGroup

from ..wrappers.openai.completions import CompletionGuard
from ..wrappers.openai.fields import MalformedAnswer
from .decision import Decision, decision_of
from .errors import ApiError
from .failures import failure
from .intake import Intake
from .joining import joined
from .observation import Observed
from .service import Service, T
from .tenants import Caller
from .upstreams import Upstream
from .wire import Events, Json

KEEP_ALIVE_S = 15.0
"""Seconds of silence after which a stream says that it is still there."""

_log = logging.getLogger("expunge.serving")


class GuardedAnswer:
    """One answer: what an upstream says goes in, what may be shown comes out.

    Args:
        guard: The guard of this exchange, which computes in the service's threads.
        caller: Who asked. An administrator is told what was decided.
        service: What the server answers with.
        observed: Where it is measured.
    """

    def __init__(self, guard: CompletionGuard, caller: Caller, service: Service, observed: Observed) -> None:
        self._guard = guard
        self._caller = caller
        self._service = service
        self._observed = observed
        self._ends: list[Json] = []
        self._known = 0
        self._begun = False

    @classmethod
    @asynccontextmanager
    async def begin(
        cls, request: Json, caller: Caller, service: Service, observed: Observed
    ) -> AsyncIterator["GuardedAnswer"]:
        """Vet a request; however the exchange ends, it is recorded.

        Raises:
            InputError: The request holds no conversation.
        """
        vet = partial(CompletionGuard, caller.tenant.sanitizer, request, stream=service.stream)
        answer = cls(await service.compute(vet), caller, service, observed)
        try:
            yield answer
        except ApiError as error:
            # The caller is told the error, and not the abstention that the guard has for it.
            with anyio.CancelScope(shield=True):
                await answer._decide(partial(answer._guard.fail, error))
            raise
        except BaseException:
            with anyio.CancelScope(shield=True):
                await service.compute(answer._guard.abandon)
            raise

    async def whole(self, upstream: Upstream, request: Json) -> Json:
        """Return the `chat.completion` that may be shown.

        Raises:
            ApiError: The upstream failed.
        """
        if self._guard.denied:
            shown = await self._decide(self._guard.withheld)
        else:
            said = await upstream.complete(request)
            shown = await self._decide(partial(self._guard.completion, said))
            self._refuse_malformed()
        await anyio.sleep(self._guard.hold())
        self._observed.released()
        return {**shown, **self._told()}

    async def stream(self, upstream: Upstream, request: Json, events: Events, tasks: TaskGroup) -> None:
        """Send the `chat.completion.chunk`s that may be shown, as they come.

        Args:
            upstream: Who is asked, unless the request is denied.
            request: What it is asked.
            events: Where they are sent.
            tasks: In which the upstream is read.

        Raises:
            ApiError: The upstream failed.
            ClientGone: The client takes nothing in any more.
        """
        if not self._guard.denied:
            intake = Intake(upstream.stream(request))
            tasks.start_soon(intake.read)
            try:
                await self._relay(intake, events)
            finally:
                intake.stop()
        last = self._ends + await self._decide(self._guard.finish)
        self._refuse_malformed()
        if last:
            last[-1] = {**last[-1], **self._told()}
        await self._hold(events)
        await self._send(last, events)
        await events.done()

    async def _relay(self, intake: Intake, events: Events) -> None:
        while not self._guard.ended:
            with anyio.move_on_after(KEEP_ALIVE_S) as silence:
                chunks = await intake.take()
            if silence.cancelled_caught:
                await events.keep_alive()
            elif chunks:
                shown = await self._service.compute(partial(_feed, self._guard, chunks), first=not self._begun)
                self._refuse_malformed()
                await self._hold(events)
                await self._send([chunk for chunk in shown if not _is_end(chunk)], events)
                # They wait for what is told with the last of them, which may be one of these.
                self._ends += filter(_is_end, shown)
            else:
                return

    async def _hold(self, events: Events) -> None:
        """Wait until what was decided may be sent, as one waits for a model."""
        if seconds := self._guard.hold():
            with anyio.move_on_after(seconds):
                while True:
                    await anyio.sleep(KEEP_ALIVE_S)
                    await events.keep_alive()

    async def _send(self, chunks: list[Json], events: Events) -> None:
        if any(choice["delta"].get("content") for chunk in chunks for choice in chunk["choices"]):
            self._begun = True
            self._observed.released()
        await events.send(chunks)

    async def _decide(self, end: Callable[[], T]) -> T:
        """End the exchange, measure what was decided, and keep it for a person when one should see it."""
        known = self._known
        ended = await self._service.compute(partial(self._end, end))
        self._observed.decided(self._guard.verdicts[known:])
        return ended

    def _end(self, end: Callable[[], T]) -> T:
        ended, verdicts = end(), self._guard.verdicts
        new, self._known = verdicts[self._known :], len(verdicts)
        try:
            for verdict in new:
                self._caller.tenant.reviews.consider(verdict, where="chat")
        except Exception as error:  # noqa: BLE001 - what is released was decided, and stands in the ledger
            _log.warning("a case could not be kept for review: %s", type(error).__name__)
        return ended

    def _refuse_malformed(self) -> None:
        """Raise when the upstream gave nothing that is an answer of its API."""
        verdicts = self._guard.verdicts
        if verdicts and all(verdict.error == MalformedAnswer.__name__ for verdict in verdicts):
            raise failure("malformed")

    def _told(self) -> dict[str, Decision]:
        """Return what an administrator is told of it; from it anyone else could tell a target from an unknown name."""
        verdicts = self._guard.verdicts
        return {"expunge": decision_of(verdicts)} if self._caller.admin and verdicts else {}


def _feed(guard: CompletionGuard, chunks: list[Json]) -> list[Json]:
    shown: list[Json] = []
    for chunk in joined(chunks):
        if guard.ended:
            break
        shown += guard.chunk(chunk)
    return shown


def _is_end(chunk: Json) -> bool:
    return any(choice["finish_reason"] for choice in chunk["choices"])
