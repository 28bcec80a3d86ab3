"""Calling a model where nobody listens: callbacks and tracers would stream and record what is asked and answered."""

import asyncio
from collections.abc import AsyncGenerator, Generator
from contextvars import Context

from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.runnables import Runnable, RunnableConfig, RunnableWithFallbacks
from langchain_core.runnables.base import RunnableBindingBase
from langsmith import tracing_context

Model = Runnable[LanguageModelInput, AIMessage]

QUIET: RunnableConfig = {"callbacks": []}
"""What a run is given that is no business of the caller's callbacks."""


def uncached(model: Model) -> Model:
    """Return a model whose answers no cache keeps: it would keep the draft, in LangChain's global cache or its own.

    Reaches through bindings, retries and fallbacks; into a sequence of other steps it does not look.
    """
    match model:
        case BaseChatModel():
            return model.model_copy(update={"cache": False})
        case RunnableBindingBase():
            return model.model_copy(update={"bound": uncached(model.bound)})
        case RunnableWithFallbacks():
            others = [uncached(other) for other in model.fallbacks]
            return model.model_copy(update={"runnable": uncached(model.runnable), "fallbacks": others})
        case _:
            return model


def ask(model: Model, messages: LanguageModelInput) -> AIMessage:
    """Return a model's answer. It runs in an empty context, for tracers register themselves in it."""
    return Context().run(_ask, model, messages)


async def aask(model: Model, messages: LanguageModelInput) -> AIMessage:
    """Return a model's answer, as `ask` does."""
    return await asyncio.create_task(_aask(model, messages), context=Context())


def stream(model: Model, messages: LanguageModelInput) -> Generator[AIMessageChunk, None, None]:
    """Yield a model's answer piece by piece, as `ask` gives it whole; closing it closes the model's own stream."""
    context = Context()
    pieces = context.run(_stream, model, messages)
    try:
        while (piece := context.run(next, pieces, None)) is not None:
            yield piece
    finally:
        context.run(pieces.close)


async def astream(model: Model, messages: LanguageModelInput) -> AsyncGenerator[AIMessageChunk, None]:
    """Yield a model's answer piece by piece, as `stream` does."""
    context = Context()
    pieces = _astream(model, messages)
    try:
        while (piece := await asyncio.create_task(_next(pieces), context=context)) is not None:
            yield piece
    finally:
        await asyncio.create_task(_close(pieces), context=context)


def _ask(model: Model, messages: LanguageModelInput) -> AIMessage:
    with tracing_context(enabled=False):
        return model.invoke(messages, QUIET)


async def _aask(model: Model, messages: LanguageModelInput) -> AIMessage:
    with tracing_context(enabled=False):
        return await model.ainvoke(messages, QUIET)


def _stream(model: Model, messages: LanguageModelInput) -> Generator[AIMessageChunk, None, None]:
    with tracing_context(enabled=False):
        for piece in model.stream(messages, QUIET):
            yield _chunk(piece)


async def _astream(model: Model, messages: LanguageModelInput) -> AsyncGenerator[AIMessageChunk, None]:
    with tracing_context(enabled=False):
        async for piece in model.astream(messages, QUIET):
            yield _chunk(piece)


def _chunk(piece: AIMessage) -> AIMessageChunk:
    """Return a piece as a chunk: a model without a stream of its own gives its whole answer as the only piece."""
    return piece if isinstance(piece, AIMessageChunk) else AIMessageChunk(**piece.model_dump(exclude={"type"}))


async def _next(pieces: AsyncGenerator[AIMessageChunk, None]) -> AIMessageChunk | None:
    return await anext(pieces, None)


async def _close(pieces: AsyncGenerator[AIMessageChunk, None]) -> None:
    await pieces.aclose()
