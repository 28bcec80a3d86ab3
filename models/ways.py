"""The ways of asking a model for a record, as LangChain binds them to it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cached_property
from inspect import signature
from typing import Any, Literal, NamedTuple
from weakref import finalize

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, merge_message_runs
from langchain_core.messages.ai import UsageMetadata
from langchain_core.runnables import RunnableSequence
from langchain_core.runnables.base import RunnableBindingBase

from .quiet import Model

Way = Literal["json_schema", "function_calling", "parsing"]
"""How a record is asked for: by schema or by tool, as LangChain calls them; or in words, its text being parsed."""

INSTRUCTION = "Answer with one JSON object and nothing else. It has to fit this JSON schema:\n{schema}"

RAISED = {"LengthFinishReasonError": "length", "ContentFilterFinishReasonError": "content_filter"}
"""Why answers end for which OpenAI's client raises; by name, for it need not be installed. Azure says so as a code."""

_proven: dict[int, Way] = {}
"""The way that a model took after it had rejected another; by `id`, for chat models cannot be hashed."""


class Form(NamedTuple):
    """A way of asking, and the JSON schema of what is asked for."""

    way: Way
    schema: dict[str, Any]

    def bind(self, model: BaseChatModel) -> Model:
        """Return the model with what LangChain binds to it, before LangChain's lenient parser.

        `include_raw` would keep the answer too, but runs the model in a pool of threads, for which the interpreter
        waits at its exit. And given a class, OpenAI's client raises at an answer that does not fit: it would be lost.

        Raises:
            NotImplementedError: The model's class does not ask in this way.
        """
        if self.way == "parsing":
            return model
        known = signature(model.with_structured_output).parameters
        wanted: dict[str, Any] = {"method": self.way, "strict": True}
        options = {name: value for name, value in wanted.items() if name in known}
        match model.with_structured_output(self.schema, **options):
            case RunnableSequence(first=RunnableBindingBase() as bound):
                return bound
            case _:
                raise NotImplementedError

    def conversation(self, messages: Sequence[BaseMessage], repair: Sequence[BaseMessage]) -> list[BaseMessage]:
        """Return what the model is sent: the messages, the form in words where it takes no other, and a repair."""
        if self.way != "parsing":
            return [*messages, *repair]
        instruction = HumanMessage(INSTRUCTION.format(schema=json.dumps(self.schema)))
        # Many chat templates take no two messages of one side in turn.
        return merge_message_runs([*messages, instruction, *repair], chunk_separator="\n\n")


def ways(model: BaseChatModel) -> list[Way]:
    """Return the ways of asking a model, the best first; those it is known to reject are left out."""
    method = signature(model.with_structured_output).parameters.get("method")
    profile = getattr(model, "profile", None) or {}  # the first releases of LangChain 1 have none
    found: list[Way] = ["parsing"]
    if getattr(type(model), "bind_tools", None) is not BaseChatModel.bind_tools:
        found.insert(0, "function_calling")
    if method and profile.get("structured_output", method.default == "json_schema"):
        found.insert(0, "json_schema")
    return found[found.index(_proven.get(id(model), found[0])) :]


def remember(model: BaseChatModel, way: Way) -> None:
    """Remember that a model answers to this way, and not to those before it."""
    if id(model) not in _proven:
        finalize(model, _proven.pop, id(model), None).atexit = False
    _proven[id(model)] = way


def rejects(error: Exception) -> bool:
    """Say whether a server, or a model's class, does not take a request as it is."""
    return isinstance(error, NotImplementedError) or getattr(error, "status_code", None) in {400, 422}


def withheld(error: Exception) -> AIMessage | None:
    """Return an answer without text where a client raises for one that was cut off or filtered."""
    reason = RAISED.get(type(error).__name__, getattr(error, "code", None))
    if reason not in RAISED.values():
        return None
    used = getattr(getattr(error, "completion", None), "usage", None)
    usage = used and UsageMetadata(
        input_tokens=used.prompt_tokens, output_tokens=used.completion_tokens, total_tokens=used.total_tokens
    )
    return AIMessage("", response_metadata={"finish_reason": reason}, usage_metadata=usage)


def single(model: BaseChatModel, timeout_s: float) -> BaseChatModel:
    """Return a copy of a model that sends one request when it is asked, and tells no callbacks of its own."""
    update: dict[str, object] = {"callbacks": None, "verbose": False}
    if "max_retries" in type(model).model_fields:
        update["max_retries"] = 0
    if client := getattr(model, "root_client", None):  # OpenAI's, which keeps the limits that it was made with
        client = client.with_options(max_retries=0, timeout=timeout_s)
        update |= {"root_client": client, "client": client.chat.completions}
    copy = model.model_copy(update=update)
    for name in list(vars(copy)):  # other clients, made from the fields when first used
        if isinstance(getattr(type(copy), name, None), cached_property):
            del vars(copy)[name]
    return copy
