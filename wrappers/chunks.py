"""LangChain's stream of message chunks on its way through an exchange."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator
from contextlib import aclosing, closing

from langchain_core.messages import AIMessageChunk, ToolCall
from langchain_core.messages.ai import add_ai_message_chunks
from langchain_core.messages.tool import ToolCallChunk, tool_call_chunk
from langchain_core.outputs import ChatGenerationChunk

from ..graphs.draft import beside, reasoning_of, texts_of
from ..graphs.gate import Released
from ..graphs.streaming import DraftStream, Piece


class GuardedChunks:
    """The chunks of a wrapped model's stream that may be shown; a failure of the model ends in an abstention.

    Args:
        session: The exchange.
    """

    def __init__(self, session: DraftStream) -> None:
        self._session = session
        self._pieces: list[AIMessageChunk] = []
        self._shown = False
        self._block: object = None
        self._end = ""

    def through(self, pieces: Generator[AIMessageChunk, None, None]) -> Iterator[ChatGenerationChunk]:
        """Yield what may be shown of a stream, and at last the rest.

        A caller that goes away closes the model's stream, and what it was shown is recorded.
        """
        released: Released | None = None
        try:
            with closing(pieces):
                while not (self._session.denied or self._session.ended) and (piece := next(pieces, None)):
                    if self._takes(piece):
                        yield from self._show(self._session.look())
            released = self._session.finish(self._whole())
        except Exception as error:  # noqa: BLE001 - fail closed
            released = self._session.fail(error)
        finally:
            if released is None:
                self._session.abandon()
        yield self._last(released.held())

    async def athrough(self, pieces: AsyncGenerator[AIMessageChunk, None]) -> AsyncIterator[ChatGenerationChunk]:
        """Do the same; what takes long is done in a thread."""
        released: Released | None = None
        try:
            async with aclosing(pieces):
                while not (self._session.denied or self._session.ended) and (piece := await anext(pieces, None)):
                    if self._takes(piece):
                        for chunk in self._show(await asyncio.to_thread(self._session.look)):
                            yield chunk
            released = await asyncio.to_thread(self._session.finish, self._whole())
        except Exception as error:  # noqa: BLE001 - fail closed
            released = await asyncio.to_thread(self._session.fail, error)
        finally:
            if released is None:
                await asyncio.shield(asyncio.to_thread(self._session.abandon))
        yield self._last(await released.aheld())

    def _takes(self, piece: AIMessageChunk) -> bool:
        """Take a piece in, and say whether it is time to look."""
        self._pieces.append(piece)
        text = "".join(self._texts(piece))
        return self._session.add(text, reasoning_of(piece))

    def _texts(self, piece: AIMessageChunk) -> Iterator[str]:
        """Yield the texts of a piece; one that belongs to another block than the last is told from it."""
        for block, text in texts_of(piece):
            yield beside(self._end, text) if block != self._block else text
            self._block, self._end = block, text[-1:] or self._end

    def _show(self, piece: Piece) -> Iterator[ChatGenerationChunk]:
        if any(piece):
            self._shown = True
            yield ChatGenerationChunk(message=AIMessageChunk(content=_content(piece)))

    def _whole(self) -> AIMessageChunk | None:
        """Return the model's whole answer; `None` when it gave nothing, or was not asked."""
        return add_ai_message_chunks(*self._pieces) if self._pieces else None

    def _last(self, released: Released) -> ChatGenerationChunk:
        """Return the end of the stream: the rest, the tool calls, and what was decided."""
        message = released.message
        rest = _content(Piece(released.rest, released.rest_reasoning)) if self._shown else message.content
        return ChatGenerationChunk(
            message=AIMessageChunk(
                content=rest,
                additional_kwargs={} if self._shown else message.additional_kwargs,
                tool_call_chunks=[_call_chunk(index, call) for index, call in enumerate(message.tool_calls)],
                usage_metadata=message.usage_metadata,
                response_metadata=message.response_metadata,
                chunk_position="last",
            )
        )


def _content(piece: Piece) -> str | list[str | dict[str, object]]:
    """Return a piece as content of a chunk: reasoning is a block of its own."""
    if not piece.reasoning:
        return piece.text
    block: dict[str, object] = {"type": "reasoning", "reasoning": piece.reasoning, "index": 0}
    return [block, piece.text] if piece.text else [block]


def _call_chunk(index: int, call: ToolCall) -> ToolCallChunk:
    return tool_call_chunk(name=call["name"], args=json.dumps(call["args"]), id=call["id"], index=index)
