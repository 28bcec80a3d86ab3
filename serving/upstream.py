"""A model behind an endpoint that speaks OpenAI's protocol: a provider, vLLM, Ollama, another proxy."""

import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from importlib.metadata import version
from urllib.request import getproxies, proxy_bypass

import httpx
from httpx_sse import EventSource
from pydantic import HttpUrl, TypeAdapter, ValidationError

from ..errors import InputError
from .failures import FOREIGN, UpstreamFailure, failure, failure_of, refusal
from .limits import Limits
from .wire import Json, encode

CONNECT_S = 10.0
MODELS_S = 10.0
_DONE = "[DONE]"
_URL = TypeAdapter(HttpUrl)


class RemoteUpstream:
    """An `Upstream` behind a URL.

    Args:
        url: The base, as clients of OpenAI take it: `https://api.openai.com/v1`. One without a path gets `/v1`.
        key: What it is asked with; `None`: no key.
        limits: Of the server; they set the timeout and the number of connections.

    Raises:
        InputError: The URL is none.
    """

    concurrency: int | None = None

    def __init__(self, url: str, key: str | None, limits: Limits) -> None:
        base = _base(url)
        self._completions, self._models = _below(base, "chat/completions"), _below(base, "models")
        who = {"User-Agent": f"expunge/{version('expunge')}", "Content-Type": "application/json"}
        self._headers = who | ({"Authorization": f"Bearer {key}"} if key else {})
        self._timeout = httpx.Timeout(limits.timeout_s, connect=CONNECT_S)
        # A client would cost as much again as the transport, and would hand one tenant's cookies to the next.
        self._transport = httpx.AsyncHTTPTransport(
            # One for each exchange that is admitted, and a few for lists of models.
            limits=httpx.Limits(max_connections=limits.concurrency + 8, max_keepalive_connections=limits.concurrency),
            proxy=None if proxy_bypass(base.host) else getproxies().get(base.scheme),
        )

    def serves(self, model: str) -> bool:
        """Whether a model may be there: the upstream itself says when it is not."""
        return True

    async def models(self) -> list[Json]:
        """List the models, with those fields alone that OpenAI's protocol names."""
        listed = await self._read(self._request("GET", self._models, timeout=httpx.Timeout(MODELS_S)))
        if not isinstance(models := listed.get("data"), list):
            raise failure("malformed")
        return [_model(each) for each in models if isinstance(each, dict) and isinstance(each.get("id"), str)]

    async def complete(self, request: Json) -> Json:
        """Return the whole `chat.completion`."""
        answer = await self._read(self._request("POST", self._completions, request))
        if not isinstance(answer.get("choices"), list):
            raise failure("malformed")
        return answer

    @asynccontextmanager
    async def stream(self, request: Json) -> AsyncIterator[AsyncIterator[Json]]:
        """Open the stream of `chat.completion.chunk`."""
        response = await self._open(self._request("POST", self._completions, request, accept="text/event-stream"))
        try:
            async with aclosing(_chunks(response)) as chunks:
                yield chunks
        finally:
            await response.aclose()

    async def close(self) -> None:
        """Let go of connections."""
        await self._transport.aclose()

    def _request(
        self,
        method: str,
        url: httpx.URL,
        body: Json | None = None,
        *,
        accept: str = "application/json",
        timeout: httpx.Timeout | None = None,
    ) -> httpx.Request:
        return httpx.Request(
            method,
            url,
            headers={**self._headers, "Accept": accept},
            content=None if body is None else encode(body),
            extensions={"timeout": (timeout or self._timeout).as_dict()},
        )

    async def _open(self, request: httpx.Request) -> httpx.Response:
        """Send a request, and return the answer when it is a success, its body not yet read."""
        try:
            response = await self._transport.handle_async_request(request)
            if response.is_success:
                return response
            async with aclosing(response):
                failed = refusal(response.status_code, response.headers, await response.aread())
        except FOREIGN as error:
            failed = failure_of(error)
        # Out here, so that no foreign error comes along as this one's context.
        raise failed

    async def _read(self, request: httpx.Request) -> Json:
        response = await self._open(request)
        try:
            async with aclosing(response):
                return _object(await response.aread())
        except FOREIGN as error:
            failed = failure_of(error)
        raise failed


def _base(url: str) -> httpx.URL:
    try:
        base = httpx.URL(str(_URL.validate_python(url)))
    except ValidationError:
        fix = "Give the base URL of an OpenAI-compatible endpoint, such as 'http://localhost:11434/v1'."
        raise InputError(f"The upstream {url!r} is no URL.", fix=fix) from None
    return base if base.path.strip("/") else base.copy_with(path="/v1")


def _below(base: httpx.URL, path: str) -> httpx.URL:
    return base.copy_with(path=f"{base.path.rstrip('/')}/{path}")


def _object(body: bytes | str) -> Json:
    """Read a JSON object.

    Raises:
        ValueError: It is none.
    """
    read = json.loads(body)
    if not isinstance(read, dict):
        raise ValueError("no object")  # noqa: TRY004 - of what was read, not of an argument
    return read


def _model(model: Json) -> Json:
    own = {"id": model["id"], "object": "model", "created": 0, "owned_by": ""}
    return own | {name: model[name] for name in ("created", "owned_by") if isinstance(model.get(name), type(own[name]))}


async def _chunks(response: httpx.Response) -> AsyncGenerator[Json, None]:
    """Yield the chunks up to `[DONE]`; an end without it is a cut, unless every choice that began has ended."""
    response.encoding = "utf-8"  # server-sent events are never anything else, whatever the header says
    ended: dict[str, bool] = {}
    try:
        async with aclosing(EventSource(response).aiter_sse()) as events:
            async for event in events:
                if event.data == _DONE:
                    return
                if event.data:
                    chunk = _chunk(event.data)
                    _note_ends(ended, chunk)
                    yield chunk
        failed = None if ended and all(ended.values()) else failure("cut")
    except UpstreamFailure as error:
        failed = error
    except FOREIGN as error:
        failed = failure_of(error)
    if failed:
        raise failed


def _note_ends(ended: dict[str, bool], chunk: Json) -> None:
    for choice in chunk["choices"]:
        index = str(choice.get("index", 0))
        ended[index] = ended.get(index, False) or choice.get("finish_reason") is not None


def _chunk(data: str) -> Json:
    chunk = _object(data)
    if "error" in chunk:
        raise failure("failed")
    choices = chunk.get("choices")
    if not isinstance(choices, list) or not all(isinstance(choice, dict) for choice in choices):
        raise failure("malformed")
    return chunk
