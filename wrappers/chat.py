"""The wrapper for LangChain: a chat model like the one inside, whose answers have passed the gate."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from langchain_core.caches import BaseCache
from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LangSmithParams, LanguageModelInput, ModelProfile
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable, RunnableBinding
from langchain_core.tools import BaseTool
from pydantic import ConfigDict, PrivateAttr

from ..agents.advisers import AgentModel
from ..errors import UnguardedSurface
from ..graphs.gate import Released
from ..graphs.sanitize import Sanitizer
from ..models import load_chat_model, quiet
from ..schema import Policy, Role, StreamMode
from ..stores.targets import TargetStore
from .chunks import GuardedChunks

Tool = dict[str, Any] | type | Callable[..., Any] | BaseTool
"""What LangChain takes for a tool."""


class SanitizedChatModel(BaseChatModel):
    """A chat model that releases only what the sanitiser passed.

    An abstention is an ordinary answer, and where some were collected (`expunge abstentions`) it takes as long as the
    model's own; it has no `usage_metadata` where the model was not asked. `response_metadata["expunge"]` says what was
    decided. Tool calls and reasoning are released when they are clean, in a stream the calls at its end. Structured
    output is asked for by a call of a tool, whatever `method` is given; an abstention has no structure, and the result
    is `None`. A model that fails gives an abstention too, whose `response_metadata["expunge"]["error"]` names the
    error: retries and fallbacks go around the model inside (`Sanitizer.graph` takes any Runnable), not around the
    wrapper. This is suppression: the wrapped model keeps what it knows.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    wrapped: BaseChatModel
    """The wrapped chat model."""

    sanitizer: Sanitizer
    """What stands between the model and the caller."""

    stream_mode: StreamMode = "sentence"
    """Whether a stream is released sentence by sentence, each once it was audited, or in one piece at the end."""

    cache: BaseCache | bool | None = False
    """Off: an answer that was kept would not be checked against the register of today."""

    _uncached: tuple[BaseChatModel, quiet.Model] | None = PrivateAttr(default=None)

    @property
    def _llm_type(self) -> str:
        return f"expunge-{self.wrapped._llm_type}"

    @property
    def model_name(self) -> str:
        """The wrapped model's name; empty when it has none."""
        names = (getattr(self.wrapped, field, None) for field in ("model_name", "model", "model_id"))
        return next((name for name in names if isinstance(name, str)), "")

    def _resolve_model_profile(self) -> ModelProfile | None:
        return self.wrapped.profile

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        return self.wrapped._get_ls_params(stop, **kwargs)

    def get_token_ids(self, text: str) -> list[int]:
        """Return the token ids of a text, as the wrapped model counts."""
        return self.wrapped.get_token_ids(text)

    def get_num_tokens(self, text: str) -> int:
        """Return the number of tokens of a text, as the wrapped model counts."""
        return self.wrapped.get_num_tokens(text)

    def get_num_tokens_from_messages(
        self, messages: list[BaseMessage], tools: Sequence[Tool] | None = None, **kwargs: Any
    ) -> int:
        """Return the number of tokens of messages, as the wrapped model counts."""
        return self.wrapped.get_num_tokens_from_messages(messages, tools, **kwargs)

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> "SanitizedChatModel":
        # The register is one, however many wrappers share it.
        return self.model_copy()

    def bind_tools(
        self,
        tools: Sequence[Tool],
        *,
        tool_choice: str | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Give the wrapped model tools, in the form that it takes them in.

        Args:
            tools: What `bind_tools` of the wrapped model takes.
            tool_choice: Which tool is to be called.
            kwargs: What else it takes.

        Raises:
            NotImplementedError: When the wrapped model takes no tools.
            UnguardedSurface: When it answers by something else than a binding of itself.
        """
        bound = self.wrapped.bind_tools(tools, **({"tool_choice": tool_choice} if tool_choice else {}), **kwargs)
        if not isinstance(bound, RunnableBinding) or bound.bound is not self.wrapped:
            raise UnguardedSurface(f"A model with tools of {type(self.wrapped).__name__!r} cannot be guarded.")
        return self.bind(**bound.kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        session = self.sanitizer.begin(messages, "buffer", instructs=True)
        if session.denied:
            return _result(session.finish().held())
        try:
            answer = quiet.ask(self._bound(stop, kwargs), session.asked(messages))
        except Exception as error:  # noqa: BLE001 - fail closed
            return _result(session.fail(error))
        return _result(session.finish(answer).held())

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        session = await asyncio.to_thread(self.sanitizer.begin, messages, "buffer", instructs=True)
        if session.denied:
            return _result(await (await asyncio.to_thread(session.finish)).aheld())
        try:
            answer = await quiet.aask(self._bound(stop, kwargs), session.asked(messages))
        except Exception as error:  # noqa: BLE001 - fail closed
            return _result(await asyncio.to_thread(session.fail, error))
        return _result(await (await asyncio.to_thread(session.finish, answer)).aheld())

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        session = self.sanitizer.begin(messages, self.stream_mode, instructs=True)
        pieces = quiet.stream(self._bound(stop, kwargs), session.asked(messages))
        yield from GuardedChunks(session).through(pieces)

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        session = await asyncio.to_thread(self.sanitizer.begin, messages, self.stream_mode, instructs=True)
        pieces = quiet.astream(self._bound(stop, kwargs), session.asked(messages))
        async for chunk in GuardedChunks(session).athrough(pieces):
            yield chunk

    def _bound(self, stop: list[str] | None, kwargs: dict[str, Any]) -> quiet.Model:
        """Return the wrapped model with a call's own arguments, which go to it as they are."""
        if self._uncached is None or self._uncached[0] is not self.wrapped:
            self._uncached = self.wrapped, quiet.uncached(self.wrapped)
        model = self._uncached[1]
        own = {**kwargs, **({"stop": stop} if stop else {})}
        return model.bind(**own) if own else model


def wrap(
    model: str | Path | BaseChatModel,
    store: TargetStore | str | Path,
    *,
    policy: Policy | None = None,
    stream: StreamMode = "sentence",
    agent_model: AgentModel | None = None,
    agent_models: Mapping[Role, AgentModel] | None = None,
) -> SanitizedChatModel:
    """Put a chat model under the sanitiser.

    Args:
        model: A LangChain chat model; `"provider:model"`, such as `"openai:gpt-5-mini"`; a folder with a local model;
            or `"demo"`, the model that comes with the package.
        store: The register of targets, or its folder.
        policy: Limits and sides; `None`: the defaults.
        stream: Whether streams are released sentence by sentence, each once it was audited, or in one piece.
        agent_model: A model for the agents, for where the rules are uncertain (see `Sanitizer`); `None`: rules alone.
        agent_models: Models for single agents, before that for all.

    Returns:
        A LangChain chat model: `invoke`, `stream`, `batch` and their async twins, `bind_tools`,
        `with_structured_output`.

    Raises:
        ModelNotFound: No model has this name or lies at this path.
        PrerequisiteError: A package that the model needs is missing.
    """
    register = store if isinstance(store, TargetStore) else TargetStore(store)
    sanitizer = Sanitizer(register, policy=policy, agent_model=agent_model, agent_models=agent_models)
    wrapped = load_chat_model(model)
    return SanitizedChatModel(wrapped=wrapped, sanitizer=sanitizer.around(wrapped), stream_mode=stream)


def _result(released: Released) -> ChatResult:
    return ChatResult(generations=[ChatGeneration(message=released.message)])
