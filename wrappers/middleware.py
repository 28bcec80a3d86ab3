"""Middleware for LangChain's `create_agent`: model calls and tool results pass the gate."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from langchain.agents.middleware import AgentMiddleware, ModelRequest, ModelResponse, ToolCallRequest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AnyMessage, ToolMessage
from langgraph.types import Command
from pydantic_core import to_jsonable_python

from ..agents.advisers import AgentModel
from ..agents.conversation import texts_in
from ..graphs.sanitize import Sanitizer
from ..schema import Policy, Role, StreamMode
from ..stores.targets import TargetStore
from .chat import SanitizedChatModel

Result = ToolMessage | Command[Any]

# What a text block has of its own.
_OF_TEXT = frozenset({"type", "text", "index"})
_UNREADABLE = "The result is withheld: it holds what cannot be read."


class SanitizingMiddleware(AgentMiddleware[Any, Any, Any]):
    """Puts the model of an agent under the sanitiser, and what its tools bring back.

    ```
    agent = create_agent("openai:gpt-5-mini", tools, middleware=[…, SanitizingMiddleware(store)])
    ```

    Give it last: what stands after it is nearer to the model, and could call another one.

    *Model calls* are as safe as with `expunge.wrap`: the model is replaced by its wrapped self for the call, so no
    stream, event, callback or trace holds a draft. *Tool results* are replaced before they reach the agent's state: in
    `stream_mode="values"`, `"updates"`, `"messages"`, in checkpoints, and in what the model reads. Middleware stands
    behind the tool, so it cannot guard what the tool itself tells while it runs: `on_tool_end` in callbacks,
    `astream_events` and LangSmith's traces show the result as the tool gave it, a tool's own model calls and
    `get_stream_writer` stream what they like, and an exception that a tool raises goes its own way. Where those
    surfaces matter, let the tool guard itself: call `Sanitizer.check` in it, and give it `expunge.wrap(model, store)`.

    Args:
        store: The register of targets, or its folder.
        policy: Limits and sides; `None`: the defaults.
        stream: Whether streams are released sentence by sentence, each once it was audited, or in one piece.
        agent_model: A model for the agents, for where the rules are uncertain (see `Sanitizer`); `None`: rules alone.
        agent_models: Models for single agents, before that for all.
    """

    def __init__(
        self,
        store: TargetStore | str | Path,
        *,
        policy: Policy | None = None,
        stream: StreamMode = "sentence",
        agent_model: AgentModel | None = None,
        agent_models: Mapping[Role, AgentModel] | None = None,
    ) -> None:
        super().__init__()
        register = store if isinstance(store, TargetStore) else TargetStore(store)
        self._sanitizer = Sanitizer(register, policy=policy, agent_model=agent_model, agent_models=agent_models)
        self._stream_mode = stream

    def wrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], ModelResponse[Any]]
    ) -> ModelResponse[Any]:
        """Call the model under the sanitiser."""
        return handler(request.override(model=self._guarded(request.model)))

    async def awrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]]
    ) -> ModelResponse[Any]:
        """Call the model under the sanitiser."""
        return await handler(request.override(model=self._guarded(request.model)))

    def wrap_tool_call(self, request: ToolCallRequest, handler: Callable[[ToolCallRequest], Result]) -> Result:
        """Sanitise what a tool brings back."""
        sanitised: Result = self._sanitised(handler(request), request)
        return sanitised

    async def awrap_tool_call(
        self, request: ToolCallRequest, handler: Callable[[ToolCallRequest], Awaitable[Result]]
    ) -> Result:
        """Sanitise what a tool brings back."""
        sanitised: Result = await asyncio.to_thread(self._sanitised, await handler(request), request)
        return sanitised

    def _guarded(self, model: BaseChatModel) -> BaseChatModel:
        if isinstance(model, SanitizedChatModel):
            return model
        return SanitizedChatModel(wrapped=model, sanitizer=self._sanitizer, stream_mode=self._stream_mode)

    def _sanitised(self, result: Any, request: ToolCallRequest) -> Any:
        if isinstance(result, list):  # a tool may bring back several, whatever LangChain's types say
            return [self._sanitised(each, request) for each in result]
        history = request.state.get("messages", []) if isinstance(request.state, dict) else []
        if isinstance(result, ToolMessage):
            return self._message(result, history)
        others = _text_of([_beside_messages(result.update), result.goto, result.resume])
        if others is None:
            return ToolMessage(_UNREADABLE, tool_call_id=request.tool_call["id"] or "")
        verdict = self._sanitizer.check(history, others)
        if verdict.action != "release":
            return ToolMessage(verdict.text, tool_call_id=request.tool_call["id"] or "")
        if isinstance(result.update, dict):
            told = [self._message(told, history) if isinstance(told, ToolMessage) else told for told in _told(result)]
            return replace(result, update={**result.update, **({"messages": told} if told else {})})
        return result

    def _message(self, message: ToolMessage, history: Sequence[AnyMessage]) -> ToolMessage:
        """Return a tool's message with what is released of its text, and what is attached to it if that is clean."""
        verdict = self._sanitizer.check(history, str(message.text))
        attached = _text_of(_attached(message))
        clean = verdict.action == "release" and attached is not None
        if clean and (not attached or self._sanitizer.check(history, attached).action == "release"):
            return message
        return ToolMessage(verdict.text, tool_call_id=message.tool_call_id, id=message.id, status=message.status)


def _told(result: Command[Any]) -> list[Any]:
    messages = result.update.get("messages", []) if isinstance(result.update, dict) else []
    return messages if isinstance(messages, list) else [messages]


def _beside_messages(update: object) -> object:
    """Return what a command changes beside the tool's messages."""
    if not isinstance(update, dict):
        return update
    others = [message for message in update.get("messages", []) if not isinstance(message, ToolMessage)]
    return [others, {name: value for name, value in update.items() if name != "messages"}]


def _attached(message: ToolMessage) -> object:
    """Return what hangs on a tool's message beside its text: its name, blocks, fields, and its artifact.

    Of pictures and the like the encoded text is looked at too, for it may be text after all.
    """
    blocks = [block for block in message.content if isinstance(block, dict)]
    beside = [{name: value for name, value in block.items() if name not in _OF_TEXT} for block in blocks]
    fields = [message.name, message.additional_kwargs, message.response_metadata, message.artifact]
    return [field for field in (*beside, *fields) if field is not None and field != {}]


def _text_of(value: object) -> str | None:
    """Return the texts in data, in models of pydantic and in dataclasses; `None` when there is something else in it."""
    try:
        return "\n".join(texts_in(to_jsonable_python(value)))
    except (ValueError, TypeError, RecursionError):
        return None
