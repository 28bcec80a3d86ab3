"""The models behind the server: one upstream, or several that are told apart by name."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import NamedTuple, Protocol

from .admission import Admission
from .errors import INVALID, ApiError
from .failures import UpstreamFailure
from .limits import Limits
from .wire import Json


class Upstream(Protocol):
    """Where drafts come from, in OpenAI's shape."""

    concurrency: int | None
    """Exchanges that it can work on at once; `None`: as many as the server takes on."""

    def serves(self, model: str) -> bool:
        """Whether a model may be there; only asking tells for those behind a URL."""

    async def models(self) -> list[Json]:
        """List the models.

        Raises:
            UpstreamFailure: The list cannot be had.
        """

    async def complete(self, request: Json) -> Json:
        """Return the whole `chat.completion` for the body of a request.

        Raises:
            UpstreamFailure: There is none.
        """

    def stream(self, request: Json) -> AbstractAsyncContextManager[AsyncIterator[Json]]:
        """Open the stream of `chat.completion.chunk` for the body of a request; leaving the context stops the model.

        Raises:
            UpstreamFailure: On entering, the model does not begin; in the iteration, it fails half-way.
        """

    async def close(self) -> None:
        """Let go of connections."""


NO_MODEL = "There is no such model; GET /v1/models lists those that there are."


class Backend(NamedTuple):
    """An upstream, and the queue in front of it."""

    name: str
    """What it is called; empty for the only one."""

    upstream: Upstream
    """Where drafts come from."""

    admission: Admission
    """Its own: those who wait for it are in nobody else's way."""


class Destination(NamedTuple):
    """Where a request goes."""

    backend: Backend
    """The upstream."""

    model: str
    """What the model is called there."""


class Upstreams:
    """All upstreams of a server.

    Args:
        upstreams: By name. A caller asks for `NAME/model`; for the models of an upstream with an empty name, by their
            own names.
        limits: How much is asked of each at once.
    """

    def __init__(self, upstreams: Mapping[str, Upstream], limits: Limits) -> None:
        self.backends = {
            name: Backend(name, upstream, Admission(_own(limits, upstream))) for name, upstream in upstreams.items()
        }

    def find(self, model: str) -> Destination:
        """Return where a model is asked for.

        Raises:
            ApiError: 404, no upstream can have this model.
        """
        name, slash, rest = model.partition("/")
        choices = [(name, rest)] if slash else []
        for name, own in [*choices, ("", model)]:
            backend = self.backends.get(name)
            if backend and own and backend.upstream.serves(own):
                return Destination(backend, own)
        raise ApiError(404, NO_MODEL, type=INVALID, code="model_not_found", param="model")

    async def models(self) -> list[Json]:
        """List the models of all upstreams that can tell.

        Raises:
            UpstreamFailure: None of them can.
        """
        lists = await asyncio.gather(*(self._models(backend) for backend in self.backends.values()))
        told = [models for models in lists if not isinstance(models, UpstreamFailure)]
        if not told:
            raise next(failed for failed in lists if isinstance(failed, UpstreamFailure))
        return [model for models in told for model in models]

    async def close(self) -> None:
        """Let go of all connections."""
        for backend in self.backends.values():
            await backend.upstream.close()

    async def _models(self, backend: Backend) -> list[Json] | UpstreamFailure:
        try:
            models = await backend.upstream.models()
        except UpstreamFailure as failed:
            return failed
        prefix = f"{backend.name}/" if backend.name else ""
        return [{**model, "id": prefix + model["id"]} for model in models]


def _own(limits: Limits, upstream: Upstream) -> Limits:
    if upstream.concurrency is None:
        return limits
    return replace(limits, concurrency=min(limits.concurrency, upstream.concurrency))
