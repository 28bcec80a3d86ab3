"""`POST /v1/chat/completions` and `GET /v1/models`: OpenAI's protocol, each answer past the gate."""

import logging
from functools import partial
from typing import Any, Literal

from anyio.abc import TaskGroup
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.types import Receive, Scope, Send

from .access import Calling
from .attendance import attended
from .errors import INVALID, ApiError, told
from .failures import UpstreamFailure
from .guarded import GuardedAnswer
from .service import Service
from .tenants import Caller
from .upstreams import NO_MODEL
from .wire import ClientGone, Events, Json, encode

router = APIRouter(prefix="/v1", tags=["chat"])
_log = logging.getLogger("expunge.serving")


class StreamOptions(BaseModel):
    """How a stream is sent."""

    model_config = ConfigDict(extra="allow", strict=True, hide_input_in_errors=True)

    include_usage: bool | None = None
    """Whether a last chunk tells the tokens that were used."""


class ChatRequest(BaseModel):
    """What is asked. Other fields than these go to the model as they are."""

    model_config = ConfigDict(extra="allow", strict=True, hide_input_in_errors=True)

    model: str = Field(min_length=1, max_length=256)
    """A model of `GET /v1/models`."""

    messages: list[dict[str, Any]] = Field(min_length=1)
    """The conversation."""

    stream: bool | None = None
    """Whether the answer comes as server-sent events."""

    stream_options: StreamOptions | None = None
    """How a stream is sent."""

    n: int | None = Field(default=None, ge=1, le=128)
    """How many answers are wanted; each is audited by itself."""


class Models(BaseModel):
    """The models that there are."""

    object: Literal["list"] = "list"

    data: list[Json]
    """Each with its `id`."""


class ChatExchange(Response):
    """The answer to the request for a chat completion, whole or streamed.

    When the client hangs up, the model's answer is closed at once. What fails before the first byte is answered with a
    status of its own; what fails after it ends the stream with an error.

    Args:
        request: The body of the request.
        caller: Who asks.
        service: What to answer with.
    """

    def __init__(self, request: Json, caller: Caller, service: Service) -> None:
        super().__init__()
        self._request = request
        self._caller = caller
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer.

        Raises:
            ApiError: There is no answer, and nothing was sent yet.
        """
        events = Events(send, self._service.limits.timeout_s)
        work = partial(self._answer, scope, receive, send, events)
        try:
            await attended(receive, self._service.closing, work)
        except ClientGone:
            return
        except Exception as error:  # noqa: BLE001 - told without its text
            failed = told(error)
        else:
            return
        if not events.begun:
            raise failed
        await events.fail(failed)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, events: Events, tasks: TaskGroup) -> None:
        model: str = self._request["model"]
        with self._service.observation.exchange("chat", model) as observed:
            backend, name = self._service.upstreams.find(model)
            request = {**self._request, "model": name}
            try:
                async with (
                    backend.admission.place(),
                    GuardedAnswer.begin(self._request, self._caller, self._service, observed) as answer,
                ):
                    if request.get("stream"):
                        await answer.stream(backend.upstream, request, events, tasks)
                        return
                    shown = await answer.whole(backend.upstream, request)
            except ApiError as error:
                observed.failed(backend.name, error)
                if isinstance(error, UpstreamFailure):
                    _log.warning("upstream %r: %s, answered with %d", backend.name, error.kind, error.status)
                raise
        await Response(encode(shown), media_type="application/json")(scope, receive, send)


@router.post("/chat/completions", response_class=Response)
async def create_chat_completion(body: ChatRequest, calling: Calling, request: Request) -> Response:
    """Ask a model, and answer with what may be shown of what it says."""
    service: Service = request.app.state.service
    return ChatExchange(body.model_dump(exclude_unset=True), calling, service)


@router.get("/models/{model:path}")
async def retrieve_model(model: str, calling: Calling, request: Request) -> Json:
    """Tell of one model."""
    service: Service = request.app.state.service
    found = next((each for each in await service.upstreams.models() if each.get("id") == model), None)
    if found is None:
        raise ApiError(404, NO_MODEL, type=INVALID, code="model_not_found", param="model")
    return found


@router.get("/models")
async def list_models(calling: Calling, request: Request) -> Models:
    """List the models that may be asked."""
    service: Service = request.app.state.service
    return Models(data=await service.upstreams.models())
