"""A LangChain chat model as an upstream: the demo model, a local folder, a provider by name."""

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from secrets import token_hex
from time import time
from typing import Annotated, Any, Literal

from fastapi.exceptions import RequestValidationError
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, BaseMessage, convert_to_messages
from pydantic import BaseModel, BeforeValidator, Field, ValidationError

from ..errors import InputError
from ..models import quiet
from .errors import INVALID, ApiError
from .failures import UpstreamFailure, failure
from .shapes import delta_of, finish_reason_of, message_of, usage_of
from .wire import Json


class _Asked(BaseModel):
    """What a request may say of how to answer."""

    n: Literal[1] | None = None
    temperature: float | None = Field(default=None, ge=0, le=2)
    top_p: float | None = Field(default=None, gt=0, le=1)
    seed: int | None = None
    stop: Annotated[list[str] | None, BeforeValidator(lambda stop: [stop] if isinstance(stop, str) else stop)] = None
    max_tokens: int | None = Field(default=None, ge=1)
    max_completion_tokens: int | None = Field(default=None, ge=1)
    tools: list[dict[str, Any]] | None = None
    tool_choice: Any = None

    def parameters(self) -> dict[str, Any]:
        """Return what LangChain's chat models take beside the messages."""
        given = self.model_dump(include={"temperature", "top_p", "seed", "stop"}, exclude_none=True)
        limit = self.max_completion_tokens or self.max_tokens
        return given | ({"max_tokens": limit} if limit else {})


class ChatModelUpstream:
    """An `Upstream` that is a LangChain chat model in this process.

    Args:
        model: The chat model.
        name: What callers ask for it by.
        concurrency: Answers that it can make at once; `None`: as many as the server takes on.
    """

    def __init__(self, model: BaseChatModel, name: str, concurrency: int | None = None) -> None:
        self._model = model
        self._name = name
        self.concurrency = concurrency

    def serves(self, model: str) -> bool:
        """Whether this is the model's name."""
        return model == self._name

    async def models(self) -> list[Json]:
        """List the one model."""
        return [{"id": self._name, "object": "model", "created": 0, "owned_by": "expunge"}]

    async def complete(self, request: Json) -> Json:
        """Return the whole `chat.completion`."""
        model, messages = self._asked(request), _messages(request)
        try:
            answer = await quiet.aask(model, messages)
        except Exception as error:  # noqa: BLE001 - every provider fails in its own way
            failed = _failure_of(error)
        else:
            choice = {"index": 0, "message": message_of(answer), "finish_reason": finish_reason_of(answer, "stop")}
            return {**self._envelope("chat.completion"), "choices": [choice], **usage_of(answer.usage_metadata)}
        # Out here, so that the provider's own error, which may hold the draft, is not this one's context.
        raise failed

    @asynccontextmanager
    async def stream(self, request: Json) -> AsyncIterator[AsyncIterator[Json]]:
        """Open the stream of `chat.completion.chunk`."""
        async with aclosing(quiet.astream(self._asked(request), _messages(request))) as pieces:
            yield self._chunks(pieces)

    async def close(self) -> None:
        """Do nothing: the model's connections are its own."""

    def _asked(self, request: Json) -> quiet.Model:
        """Return the model with what the request says of how to answer, and with which tools.

        Raises:
            RequestValidationError: The request cannot be put to a chat model.
            ApiError: The model takes no tools, or not these.
        """
        try:
            asked = _Asked.model_validate(request)
        except ValidationError as error:
            wrong = [{**each, "loc": ("body", *each["loc"])} for each in error.errors(include_input=False)]
        else:
            return self._with_tools(asked).bind(**asked.parameters())
        raise RequestValidationError(wrong)

    def _with_tools(self, asked: _Asked) -> quiet.Model:
        if not asked.tools:
            return self._model
        try:
            return self._model.bind_tools(asked.tools, tool_choice=asked.tool_choice)
        except Exception as error:  # noqa: BLE001 - every provider fails in its own way
            told = "takes no tools" if isinstance(error, NotImplementedError) else "does not take these tools"
        raise ApiError(400, f"This model {told}.", type=INVALID, code="unsupported_value", param="tools")

    async def _chunks(self, pieces: AsyncIterator[AIMessageChunk]) -> AsyncIterator[Json]:
        envelope = self._envelope("chat.completion.chunk")
        usage, reason = None, "stop"
        try:
            async for piece in pieces:
                usage, reason = piece.usage_metadata or usage, finish_reason_of(piece, reason)
                yield {**envelope, "choices": [{"index": 0, "delta": delta_of(piece), "finish_reason": None}]}
            yield {**envelope, "choices": [{"index": 0, "delta": {}, "finish_reason": reason}], **usage_of(usage)}
        except Exception as error:  # noqa: BLE001 - every provider fails in its own way
            failed = _failure_of(error)
        else:
            return
        raise failed

    def _envelope(self, kind: str) -> Json:
        return {"id": f"chatcmpl-{token_hex(12)}", "object": kind, "created": int(time()), "model": self._name}


def _messages(request: Json) -> list[BaseMessage]:
    try:
        return convert_to_messages(request["messages"])
    except Exception:  # noqa: BLE001, S110 - LangChain raises many kinds, with the message itself in the text
        pass
    raise ApiError(400, "The messages cannot be read.", type=INVALID, code="invalid_value", param="messages")


def _failure_of(error: Exception) -> UpstreamFailure:
    if isinstance(error, InputError):  # of a local model: the conversation is too long, or not as its template wants it
        return UpstreamFailure("rejected", 400, str(error), type=INVALID, code="invalid_value", param="messages")
    return failure("timeout" if isinstance(error, TimeoutError) else "failed")
