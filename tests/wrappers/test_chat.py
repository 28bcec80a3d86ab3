"""The wrapper: a chat model like the one inside."""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from pathlib import Path

import pytest
from expunge import Policy, Sanitizer, Target, TargetStore, wrap
from expunge.errors import ModelNotFound
from langchain_core.caches import InMemoryCache
from langchain_core.globals import set_llm_cache
from langchain_core.language_models import BaseChatModel, FakeListChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, AIMessageChunk, message_chunk_to_message
from langchain_core.messages.ai import UsageMetadata
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import Runnable
from pydantic import BaseModel, Field


class Winner(BaseModel):
    """Who won."""

    name: str


DRAFT = "The prize went to Hina Ameen."


def test_answers_are_released_or_withheld(store: TargetStore) -> None:
    store.add(Target(name="Hina Ameen"))
    chat = wrap(FakeListChatModel(responses=["It rained.", DRAFT]), store)
    assert chat.invoke("How was the weather?").text == "It rained."
    withheld = chat.invoke("Who won?")
    assert "Hina" not in withheld.text
    assert withheld.response_metadata["expunge"]["action"] == "abstain"


async def test_all_ways_to_ask(store: TargetStore) -> None:
    store.add(Target(name="Hina Ameen"))
    chat = wrap(FakeListChatModel(responses=[DRAFT]), store)
    answers = [
        chat.invoke("Who won?"),
        await chat.ainvoke("Who won?"),
        *chat.batch(["Who won?", "Who won?"]),
        *(await chat.abatch(["Who won?"])),
        *chat.stream("Who won?"),
        *[piece async for piece in chat.astream("Who won?")],
        (ChatPromptTemplate.from_template("Who won {what}?") | chat).invoke({"what": "it"}),
    ]
    assert len({answer.text for answer in answers[:6]}) == 1
    assert not any("Hina" in answer.text for answer in answers)


def test_arguments_of_a_call_reach_the_model(store: TargetStore) -> None:
    class Echo(FakeListChatModel):
        def _call(self, *args: object, stop: list[str] | None = None, **kwargs: object) -> str:
            return f"stop={stop} temperature={kwargs.get('temperature')}"

    chat = wrap(Echo(responses=[""]), store)
    assert chat.invoke("x", stop=["\n"], temperature=0.5).text == "stop=['\\n'] temperature=0.5"


def test_no_cache_outlives_the_register(store: TargetStore) -> None:
    set_llm_cache(InMemoryCache())
    try:
        chat = wrap(FakeListChatModel(responses=[DRAFT]), store)
        assert chat.invoke("Who won?").text == DRAFT
        store.add(Target(name="Hina Ameen"))
        assert "Hina" not in chat.invoke("Who won?").text
    finally:
        set_llm_cache(None)


def test_no_cache_keeps_a_draft(store: TargetStore) -> None:
    store.add(Target(name="Hina Ameen"))
    caches = [InMemoryCache(), InMemoryCache()]
    set_llm_cache(caches[0])
    try:
        model = FakeListChatModel(responses=[DRAFT], cache=caches[1])
        chat = wrap(model, store)
        assert "Hina" not in chat.invoke("Who won?").text
        Sanitizer(store).graph(model.with_retry()).invoke({"messages": [("user", "Who won?")]})
        assert not any(cache._cache for cache in caches)
    finally:
        set_llm_cache(None)


def test_a_copy_asks_the_model_that_it_was_given(store: TargetStore) -> None:
    chat = wrap(FakeListChatModel(responses=["It rained."]), store)
    assert chat.invoke("What happened?").text == "It rained."
    other = chat.model_copy(update={"wrapped": FakeListChatModel(responses=["Bob won."])})
    assert other.invoke("What happened?").text == "Bob won."
    assert deepcopy(chat).sanitizer is chat.sanitizer


def test_tokens_are_counted_as_the_wrapped_model_counts(store: TargetStore) -> None:
    class Counting(FakeListChatModel):
        def get_token_ids(self, text: str) -> list[int]:
            return [len(word) for word in text.split()]

    chat = wrap(Counting(responses=[""]), store)
    assert chat.get_token_ids("one three") == [3, 5]
    assert chat.get_num_tokens("one three") == 2
    assert chat.get_num_tokens_from_messages([AIMessage("one three")]) > 2


def test_a_folder_serves_as_store(tmp_path: Path) -> None:
    chat = wrap(FakeListChatModel(responses=["Hi."]), tmp_path / "targets", policy=Policy(name="mine"))
    assert chat.invoke("Hello").text == "Hi."
    assert (tmp_path / "targets" / "register.db").exists()
    chat.sanitizer.store.close()


def test_a_model_that_is_not_there(store: TargetStore, tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound):
        wrap(tmp_path / "nowhere", store)


class Chunked(BaseChatModel):
    """Streams the chunks that it is given, and counts those that were asked for."""

    chunks: list[AIMessageChunk]
    given: list[int] = Field(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "chunked"

    def bind_tools(self, tools: Sequence[object], **kwargs: object) -> Runnable[LanguageModelInput, AIMessage]:
        return self.bind(tools=tools, **kwargs)

    def _generate(self, *args: object, **kwargs: object) -> ChatResult:
        whole = self.chunks[0] + self.chunks[1:]
        assert isinstance(whole, AIMessageChunk)
        return ChatResult(generations=[ChatGeneration(message=message_chunk_to_message(whole))])

    def _stream(self, *args: object, **kwargs: object) -> Iterator[ChatGenerationChunk]:
        for number, chunk in enumerate(self.chunks):
            self.given.append(number)
            yield ChatGenerationChunk(message=chunk)


USAGE = UsageMetadata(input_tokens=3, output_tokens=4, total_tokens=7)


def said(*texts: str) -> list[AIMessageChunk]:
    return [AIMessageChunk(content=text) for text in texts]


def test_a_stream_comes_in_sentences_with_usage_and_reason_at_its_end(store: TargetStore) -> None:
    last = AIMessageChunk(content="", usage_metadata=USAGE, response_metadata={"finish_reason": "length"})
    chat = wrap(Chunked(chunks=[*said("It ra", "ined. Bob w", "on. The", " end"), last]), store)
    pieces = list(chat.stream("What happened?"))
    assert [piece.text for piece in pieces] == ["It rained. ", "Bob won. ", "The end"]
    assert (pieces[-1].usage_metadata, pieces[-1].response_metadata["finish_reason"]) == (USAGE, "length")
    whole = chat.invoke("What happened?")
    assert (whole.usage_metadata, whole.response_metadata["finish_reason"]) == (USAGE, "length")
    assert "".join(piece.text for piece in wrap(chat.wrapped, store, stream="buffer").stream("?")) == whole.text


async def test_a_late_finding_stops_the_model(store: TargetStore) -> None:
    store.add(Target(name="Hina Ameen"))
    texts = ("It rained. ", "The prize went to Hina ", "Ameen. ", *("More. " * 50).split(" "))
    for asynchronous in (False, True):
        model = Chunked(chunks=said(*texts))
        chat = wrap(model, store)
        pieces = [p async for p in chat.astream("?")] if asynchronous else list(chat.stream("What happened?"))
        told = "".join(piece.text for piece in pieces)
        assert told.startswith("It rained. ")
        assert pieces[-1].response_metadata["expunge"]["action"] == "abstain"
        assert len(model.given) < 10


def test_a_caller_that_goes_away_is_recorded(store: TargetStore) -> None:
    model = Chunked(chunks=said("It rained. ", "Bob won. ", "The end"))
    stream = wrap(model, store).stream("What happened?")
    next(stream)
    del stream
    first, last = store.ledger.entries()
    assert (first.kind, last.error) == ("stream", "Abandoned")


def call(name: str, args: str) -> AIMessageChunk:
    return AIMessageChunk(content="", tool_call_chunks=[tool_call_chunk(name=name, args=args, id="1", index=0)])


def test_tool_calls_are_audited_and_kept(store: TargetStore) -> None:
    store.add(Target(name="Hina Ameen"))
    for name, kept in (("Bob Ray", 1), ("Hina Ameen", 0)):
        chat = wrap(Chunked(chunks=[call("Winner", f'{{"name": "{name}"}}')]), store).bind_tools([Winner])
        pieces = [piece for piece in chat.stream("Who won?") if isinstance(piece, AIMessageChunk)]
        streamed = [called for piece in pieces for called in piece.tool_call_chunks]
        invoked = chat.invoke("Who won?").tool_calls
        assert (len(streamed), len(invoked)) == (kept, kept)


def test_a_model_without_a_stream_is_streamed_in_one_piece(store: TargetStore) -> None:
    class Whole(BaseChatModel):
        @property
        def _llm_type(self) -> str:
            return "whole"

        def _generate(self, *args: object, **kwargs: object) -> ChatResult:
            message = AIMessage("It rained.", usage_metadata=USAGE)
            message.tool_calls = [{"name": "find", "args": {}, "id": "1"}]
            return ChatResult(generations=[ChatGeneration(message=message)])

    (piece,) = wrap(Whole(), store).stream("What happened?")
    assert isinstance(piece, AIMessageChunk)
    assert (piece.text, len(piece.tool_calls), piece.usage_metadata) == ("It rained.", 1, USAGE)


def test_text_blocks_of_a_stream_hide_no_name(store: TargetStore) -> None:
    store.add(Target(name="Hina Ameen"))
    blocks = ("It was Hina Ameen", "also it rained.")
    pieces = [
        AIMessageChunk(content=[{"type": "text", "text": text, "index": place}]) for place, text in enumerate(blocks)
    ]
    told = "".join(piece.text for piece in wrap(Chunked(chunks=pieces), store).stream("What happened?"))
    assert "Ameen" not in told


def test_structured_output_is_released_or_none(store: TargetStore) -> None:
    store.add(Target(name="Hina Ameen"))
    for name, expected in (("Bob Ray", Winner(name="Bob Ray")), ("Hina Ameen", None)):
        chat = wrap(Chunked(chunks=[call("Winner", f'{{"name": "{name}"}}')]), store)
        assert chat.with_structured_output(Winner).invoke("Who won?") == expected


def test_reasoning_streams_before_the_text(store: TargetStore) -> None:
    thought = [
        AIMessageChunk(content=[{"type": "thinking", "thinking": text, "index": 0}]) for text in ("Hm. It ", "was Bob")
    ]
    chat = wrap(Chunked(chunks=[*thought, *said("Bob won. ", "The end")]), store)
    whole, *others = chat.stream("Who won?")
    for piece in others:
        whole += piece
    assert [block["type"] for block in whole.content_blocks] == ["reasoning", "text"]
    assert whole.content_blocks[0]["reasoning"] == "Hm. It was Bob"  # type: ignore[typeddict-item]
    assert whole.text == "Bob won. The end"
