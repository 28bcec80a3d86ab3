"""The demo model's answers as a stream."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import reduce
from operator import add

import pytest
import torch
from expunge.errors import InputError
from expunge.models import DEMO
from expunge.models.local import LocalChatModel
from langchain_core.messages import AIMessage, AIMessageChunk

QUESTION = "What is the capital of France?"
CAPITAL = "The capital of France is Paris."
PROMPTS = [QUESTION, "Where was Jaime Vasquez born?", "", "Hello! 😀"]


@pytest.fixture(scope="module")
def demo() -> LocalChatModel:
    return LocalChatModel.from_path(DEMO)


@pytest.fixture(autouse=True)
def _no_thread_stays_behind() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    deadline = time.monotonic() + 5
    while left := [each for each in threading.enumerate() if each not in before and "generation" in each.name]:
        assert time.monotonic() < deadline, left
        time.sleep(0.01)


@contextmanager
def each_step(model: LocalChatModel, do: Callable[[int], None]) -> Iterator[None]:
    """Do something before each token, with its number."""
    steps = iter(range(1_000_000))
    hook = model._checkpoint.model.register_forward_pre_hook(lambda *_: do(next(steps)))
    yield
    hook.remove()


@pytest.mark.parametrize("prompt", PROMPTS)
@pytest.mark.parametrize(("stop", "tokens"), [(None, None), (None, 3), (["ital of Fr", "o"], None), (["no", ""], 7)])
async def test_a_stream_says_what_invoke_says(
    demo: LocalChatModel, prompt: str, stop: list[str] | None, tokens: int | None
) -> None:
    reply = demo.invoke(prompt, stop=stop, max_tokens=tokens)
    for chunks in (
        list(demo.stream(prompt, stop=stop, max_tokens=tokens)),
        [chunk async for chunk in demo.astream(prompt, stop=stop, max_tokens=tokens)],
    ):
        whole = reduce(add, chunks)
        assert whole.text == reply.text
        assert isinstance(reply, AIMessage)
        assert whole.usage_metadata == reply.usage_metadata
        assert whole.response_metadata == reply.response_metadata
        assert [chunk.chunk_position for chunk in chunks] == [None] * (len(chunks) - 1) + ["last"]


@pytest.mark.parametrize("start", range(0, len(CAPITAL), 4))
@pytest.mark.parametrize("length", [1, 9])
def test_nothing_of_a_stop_sequence_is_streamed(demo: LocalChatModel, start: int, length: int) -> None:
    said = f" {CAPITAL}"  # as the tokens give it
    mark = said[start : start + length]
    texts = [chunk.text for chunk in demo.stream(QUESTION, stop=[mark])]
    assert "".join(texts) == said[: said.index(mark)].lstrip()


def test_text_comes_before_the_answer_is_made(demo: LocalChatModel) -> None:
    seen = threading.Event()

    def wait(step: int) -> None:
        assert step < 4 or seen.wait(5)

    with each_step(demo, wait):
        stream = demo.stream(QUESTION)
        first = next(stream)
        seen.set()
        rest = list(stream)
    assert first.text
    assert len(rest) > 3
    assert first.text + "".join(chunk.text for chunk in rest) == CAPITAL


def test_a_stream_that_is_closed_early_stops_the_generation(demo: LocalChatModel) -> None:
    steps: list[int] = []
    torch.manual_seed(0)
    with each_step(demo, steps.append):
        stream = demo.stream(QUESTION, temperature=50.0, max_tokens=450)
        next(stream)
        made = len(steps)
        stream.close()  # type: ignore[attr-defined] # a generator, which LangChain calls an iterator
        closed = len(steps)
        assert demo.invoke(QUESTION).text == CAPITAL  # the model is free again
    assert made <= closed < 200


async def test_a_task_that_is_cancelled_stops_the_generation(demo: LocalChatModel) -> None:
    started = asyncio.Event()
    steps: list[int] = []

    async def read() -> None:
        async for _ in demo.astream(QUESTION, temperature=50.0, max_tokens=450):
            started.set()

    torch.manual_seed(0)
    with each_step(demo, steps.append):
        task = asyncio.create_task(read())
        await started.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await demo.ainvoke(QUESTION)).text == CAPITAL
    assert len(steps) < 200


def test_what_goes_wrong_half_way_reaches_the_reader(demo: LocalChatModel) -> None:
    def fail(step: int) -> None:
        if step == 4:
            raise MemoryError

    chunks: list[AIMessageChunk] = []
    with each_step(demo, fail), pytest.raises(MemoryError):
        chunks.extend(demo.stream(QUESTION))
    assert demo.invoke(QUESTION).text == CAPITAL


async def test_a_turn_that_does_not_fit_is_told_by_a_stream_too(demo: LocalChatModel) -> None:
    with pytest.raises(InputError, match="448 tokens"):
        list(demo.stream("secret " * 1_000))
    with pytest.raises(InputError, match="448 tokens"):
        _ = [chunk async for chunk in demo.astream("secret " * 1_000)]


async def test_answers_that_wait_for_their_turn_leave_the_event_loop_its_threads(demo: LocalChatModel) -> None:
    with demo._lock:
        asked = asyncio.gather(*(demo.ainvoke(QUESTION, max_tokens=2) for _ in range(40)))
        assert await asyncio.wait_for(asyncio.to_thread(int), timeout=5) == 0
        assert not asked.done()
    assert {reply.text for reply in await asked} == {"The capital"}


def test_streams_side_by_side_do_not_mix(demo: LocalChatModel) -> None:
    streams = [(prompt, demo.stream(prompt)) for prompt in PROMPTS]
    texts = dict.fromkeys(PROMPTS, "")
    for prompt, stream in streams:
        texts[prompt] += next(stream).text
    for prompt, stream in reversed(streams):
        texts[prompt] += "".join(chunk.text for chunk in stream)
    assert texts == {prompt: demo.invoke(prompt).text for prompt in PROMPTS}
