"""The wrapper for LangChain: a chat model like the one inside, whose answers have passed the gate."""

from functools import cached_property
from pathlib import Path
from typing import Any

from langchain_core.caches import BaseCache
from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import RunnableConfig
from pydantic import ConfigDict

from ..graphs.sanitize import Graph, Sanitizer
from ..models import load_chat_model
from ..schema import Policy
from ..stores.targets import TargetStore

# The graph runs by itself: its steps are no business of the caller's callbacks, and the answer is reported once, by us.
_QUIET: RunnableConfig = {"callbacks": []}


class SanitizedChatModel(BaseChatModel):
    """A chat model that releases only what the sanitiser passed.

    A stream is released in one piece, once the whole answer has been audited. An abstention is an ordinary answer;
    `response_metadata["expunge"]` says what was decided. This is suppression: the wrapped model keeps what it knows.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True, ignored_types=(cached_property,))

    model: BaseChatModel
    """The wrapped chat model."""

    sanitizer: Sanitizer
    """What stands between the model and the caller."""

    cache: BaseCache | bool | None = False
    """Always off: an answer that was kept would not be checked against the register of today."""

    @property
    def _llm_type(self) -> str:
        return f"expunge-{self.model._llm_type}"

    @cached_property
    def _graph(self) -> Graph:
        return self.sanitizer.graph(self.model)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return _result(self._graph_for(stop, kwargs).invoke({"messages": messages}, _QUIET))

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return _result(await self._graph_for(stop, kwargs).ainvoke({"messages": messages}, _QUIET))

    def _graph_for(self, stop: list[str] | None, kwargs: dict[str, Any]) -> Graph:
        """Return the graph for a call's own arguments, which go to the wrapped model as they are."""
        own = {**kwargs, **({"stop": stop} if stop else {})}
        return self.sanitizer.graph(self.model.bind(**own)) if own else self._graph


def wrap(
    model: str | Path | BaseChatModel, store: TargetStore | str | Path, *, policy: Policy | None = None
) -> SanitizedChatModel:
    """Put a chat model under the sanitiser.

    Args:
        model: A LangChain chat model; `"provider:model"`, such as `"openai:gpt-5-mini"`; a folder with a local model;
            or `"demo"`, the model that comes with the package.
        store: The register of targets, or its folder.
        policy: Limits and sides; `None`: the defaults.

    Returns:
        A LangChain chat model: `invoke`, `stream`, `batch` and their async twins.

    Raises:
        ModelNotFound: No model has this name or lies at this path.
        PrerequisiteError: A package that the model needs is missing.
    """
    register = store if isinstance(store, TargetStore) else TargetStore(store)
    return SanitizedChatModel(model=load_chat_model(model), sanitizer=Sanitizer(register, policy=policy))


def _result(answer: dict[str, Any]) -> ChatResult:
    return ChatResult(generations=[ChatGeneration(message=answer["messages"][-1])])
