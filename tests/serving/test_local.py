"""A LangChain chat model as an upstream."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextvars import ContextVar
from typing import Any

import pytest
from expunge.errors import InputError
from expunge.serving.errors import ApiError, told
from expunge.serving.failures import UpstreamFailure
from expunge.serving.local import ChatModelUpstream
from fastapi.exceptions import RequestValidationError
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.tracers.context import register_configure_hook
from pydantic import Field

SECRET = "the draft's secret"
REQUEST: dict[str, Any] = {"model": "it", "messages": [{"role": "user", "content": "Hello?"}]}


class Scripted(BaseChatModel):
    """Says what it is told to, in pieces, and keeps what it is asked."""

    pieces: list[AIMessageChunk]
    failing: Exception | None = None
    asked: list[dict[str, Any]] = Field(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
        return self.bind(tools=tools, **kwargs)

    def _generate(
        self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **kwargs: Any
    ) -> ChatResult:
        self.asked.append({"messages": messages, "stop": stop, **kwargs})
        if self.failing:
            raise self.failing
        whole = self.pieces[0]
        for piece in self.pieces[1:]:
            whole += piece
        return ChatResult(
            generations=[ChatGeneration(message=AIMessage(**whole.model_dump(exclude={"type", "tool_call_chunks"})))]
        )

    def _stream(
        self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **kwargs: Any
    ) -> Iterator[ChatGenerationChunk]:
        self.asked.append({"messages": messages, "stop": stop, **kwargs})
        for piece in self.pieces:
            yield ChatGenerationChunk(message=piece)
        if self.failing:
            raise self.failing


def answering() -> Scripted:
    usage = {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}
    call = {"name": "look_up", "args": '{"city": ', "id": "call_1", "index": 0}
    return Scripted(
        pieces=[
            AIMessageChunk(content="", additional_kwargs={"reasoning_content": "Hm."}),
            AIMessageChunk(content="Gr"),
            AIMessageChunk(content=[{"type": "text", "text": "az."}]),
            AIMessageChunk(content="", tool_call_chunks=[{**call, "type": "tool_call_chunk"}]),
            AIMessageChunk(
                content="",
                tool_call_chunks=[{"name": None, "args": '"Graz"}', "id": None, "index": 0, "type": "tool_call_chunk"}],
                usage_metadata=usage,
                response_metadata={"finish_reason": "tool_calls"},
            ),
        ]
    )


async def streamed(upstream: ChatModelUpstream, request: dict[str, Any]) -> list[dict[str, Any]]:
    async with upstream.stream(request) as chunks:
        return [chunk async for chunk in chunks]


async def test_an_answer_has_openais_shape() -> None:
    answer = await ChatModelUpstream(answering(), "it").complete(REQUEST)
    (choice,) = answer["choices"]
    assert choice["message"]["content"] == "Graz."
    assert choice["message"]["reasoning_content"] == "Hm."
    (call,) = choice["message"]["tool_calls"]
    assert (call["function"]["name"], json.loads(call["function"]["arguments"])) == ("look_up", {"city": "Graz"})
    assert choice["finish_reason"] == "tool_calls"
    assert answer["usage"] == {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}


async def test_a_stream_has_openais_shape() -> None:
    chunks = await streamed(ChatModelUpstream(answering(), "it"), REQUEST)
    choices = [choice for chunk in chunks for choice in chunk["choices"]]
    assert "".join(choice["delta"].get("content", "") for choice in choices) == "Graz."
    assert [choice["delta"]["reasoning_content"] for choice in choices if "reasoning_content" in choice["delta"]] == [
        "Hm."
    ]
    calls = [call for choice in choices for call in choice["delta"].get("tool_calls", ())]
    assert "".join(call["function"]["arguments"] for call in calls) == '{"city": "Graz"}'
    assert [choice["finish_reason"] for choice in choices if choice["finish_reason"]] == ["tool_calls"]
    assert chunks[-1]["usage"]["total_tokens"] == 3


async def test_what_a_request_says_of_the_answer_reaches_the_model() -> None:
    model = answering()
    tools = [{"type": "function", "function": {"name": "look_up", "parameters": {}}}]
    asked = {
        "temperature": 0.5,
        "max_completion_tokens": 7,
        "stop": "!",
        "tools": tools,
        "tool_choice": "auto",
        "user": "x",
    }
    upstream = ChatModelUpstream(model, "it")
    await upstream.complete({**REQUEST, **asked})
    await streamed(upstream, {**REQUEST, **asked})
    for call in model.asked:
        assert [message.text for message in call.pop("messages")] == ["Hello?"]
        assert call == {"temperature": 0.5, "max_tokens": 7, "stop": ["!"], "tools": tools, "tool_choice": "auto"}


@pytest.mark.parametrize(
    ("field", "value"), [("temperature", SECRET), ("n", 2), ("max_tokens", 0), ("stop", 7), ("tools", SECRET)]
)
async def test_what_cannot_be_asked_is_named_and_not_repeated(field: str, value: object) -> None:
    upstream = ChatModelUpstream(answering(), "it")
    with pytest.raises(RequestValidationError) as refused:
        await upstream.complete({**REQUEST, field: value})
    error = told(refused.value)
    assert (error.status, error.body["error"]["param"]) == (400, field)
    assert SECRET not in str(error)


@pytest.mark.parametrize("message", [{"role": "oracle", "content": SECRET}, {"role": "tool", "content": SECRET}])
async def test_messages_that_cannot_be_read_are_not_repeated(message: dict[str, Any]) -> None:
    with pytest.raises(ApiError) as refused:
        await ChatModelUpstream(answering(), "it").complete({**REQUEST, "messages": [message]})
    assert refused.value.status == 400
    assert hidden(refused.value)


@pytest.mark.parametrize(
    ("error", "status"),
    [(ValueError(SECRET), 502), (TimeoutError(SECRET), 504), (InputError("The last turn is too long."), 400)],
)
async def test_a_model_that_fails_takes_no_draft_with_it(error: Exception, status: int) -> None:
    model = answering().model_copy(update={"failing": error})
    upstream = ChatModelUpstream(model, "it")
    with pytest.raises(UpstreamFailure) as whole:
        await upstream.complete(REQUEST)
    with pytest.raises(UpstreamFailure) as half:
        await streamed(upstream, REQUEST)
    for failed in (whole.value, half.value):
        assert failed.status == status
        assert hidden(failed)


def hidden(error: BaseException) -> bool:
    return SECRET not in str(error) and error.__cause__ is None and error.__context__ is None


async def test_callbacks_and_tracers_see_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[object] = []

    class Watch(BaseCallbackHandler):
        def on_chat_model_start(self, *args: object, **kwargs: object) -> None:
            seen.append(args)

        def on_llm_new_token(self, *args: object, **kwargs: object) -> None:
            seen.append(args)

    watching: ContextVar[BaseCallbackHandler | None] = ContextVar("watching", default=None)
    register_configure_hook(watching, inheritable=True)
    watching.set(Watch())
    upstream = ChatModelUpstream(answering(), "it")
    await upstream.complete(REQUEST)
    await streamed(upstream, REQUEST)
    assert seen == []
    await answering().ainvoke("Hello?")
    assert seen


async def test_leaving_a_stream_ends_the_model() -> None:
    ended = False

    class Endless(Scripted):
        async def _astream(self, *args: Any, **kwargs: Any) -> AsyncIterator[ChatGenerationChunk]:
            nonlocal ended
            try:
                while True:
                    yield ChatGenerationChunk(message=AIMessageChunk(content="on and "))
            finally:
                ended = True

    async with ChatModelUpstream(Endless(pieces=[]), "it").stream(REQUEST) as chunks:
        assert (await anext(chunks))["choices"][0]["delta"]["content"] == "on and "
    await asyncio.sleep(0.01)  # LangChain leaves it to the event loop
    assert ended
