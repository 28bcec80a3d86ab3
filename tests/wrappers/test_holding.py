"""An abstention comes as late as the model's own, whatever way the model is asked."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from time import perf_counter

import openai
import pytest
from expunge import Target, TargetStore, wrap
from expunge.stores.abstentions import Abstention, Abstentions
from expunge.tests.serving.scripted import Upstream, says
from expunge.wrappers.chat import SanitizedChatModel
from expunge.wrappers.openai.client import wrap_openai
from langchain_core.language_models import FakeListChatModel
from openai.types.chat import ChatCompletionMessageParam

SECRET = "Hina Ameen"
NO = "That rings no bell."
WAIT_S = 1.0
NAMED, UNNAMED, OTHER = f"Where was {SECRET} born?", "Who won?", "How was it?"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TargetStore]:
    with TargetStore(tmp_path_factory.mktemp("targets")) as opened:
        opened.add(Target(name=SECRET))
        both = [Abstention(text=NO, seconds=WAIT_S, streamed=streamed) for streamed in (False, True)]
        opened.set_abstentions(Abstentions(answers=(*both * 5,)))
        yield opened


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    with Upstream() as running:
        yield running


@pytest.fixture(scope="module")
def client(upstream: Upstream, store: TargetStore) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=upstream.url, api_key="any", max_retries=0) as own:
        yield wrap_openai(own, store)


def chat(store: TargetStore, answer: str = f"{SECRET} won.") -> SanitizedChatModel:
    return wrap(FakeListChatModel(responses=[answer]), store)


def invoked(chat: SanitizedChatModel, question: str) -> str:
    return str(chat.invoke(question).text)


def streamed(chat: SanitizedChatModel, question: str) -> str:
    return "".join(str(piece.text) for piece in chat.stream(question))


def ainvoked(chat: SanitizedChatModel, question: str) -> str:
    return str(asyncio.run(chat.ainvoke(question)).text)


def astreamed(chat: SanitizedChatModel, question: str) -> str:
    async def joined() -> str:
        return "".join([str(piece.text) async for piece in chat.astream(question)])

    return asyncio.run(joined())


WAYS = pytest.mark.parametrize("way", [invoked, streamed, ainvoked, astreamed])
Way = Callable[[SanitizedChatModel, str], str]


@WAYS
@pytest.mark.parametrize("question", [NAMED, UNNAMED], ids=["before the model", "after its draft"])
def test_an_abstention_waits(store: TargetStore, way: Way, question: str) -> None:
    guarded = chat(store)
    began = perf_counter()
    assert way(guarded, question) == NO
    assert perf_counter() - began >= WAIT_S


@WAYS
def test_what_is_released_does_not(store: TargetStore, way: Way) -> None:
    guarded = chat(store, "It rained.")
    way(guarded, OTHER)
    began = perf_counter()
    assert way(guarded, OTHER) == "It rained."
    assert perf_counter() - began < WAIT_S


async def test_others_go_on_while_one_waits(store: TargetStore) -> None:
    guarded = chat(store)
    await guarded.ainvoke(NAMED)
    began = perf_counter()
    told = await asyncio.gather(*(guarded.ainvoke(NAMED) for _ in range(20)))
    assert {str(answer.text) for answer in told} == {NO}
    assert perf_counter() - began < 20 * WAIT_S / 2


def asked(question: str) -> list[ChatCompletionMessageParam]:
    return [{"role": "user", "content": question}]


def completed(client: openai.OpenAI, question: str) -> str:
    made = client.chat.completions.create(model="m", messages=asked(question))
    return made.choices[0].message.content or ""


def chunked(client: openai.OpenAI, question: str) -> str:
    chunks = client.chat.completions.create(model="m", messages=asked(question), stream=True)
    return "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)


def responded(client: openai.OpenAI, question: str) -> str:
    return client.responses.create(model="m", input=question).output_text


@pytest.mark.parametrize("way", [completed, chunked, responded])
def test_the_client_of_openai_waits(
    client: openai.OpenAI, upstream: Upstream, way: Callable[[openai.OpenAI, str], str]
) -> None:
    upstream.plan = says("It rained.")
    way(client, OTHER)
    began = perf_counter()
    assert way(client, NAMED) == NO
    assert perf_counter() - began >= WAIT_S
    began = perf_counter()
    assert way(client, OTHER) == "It rained."
    assert perf_counter() - began < WAIT_S


@pytest.mark.parametrize("question", [NAMED, UNNAMED], ids=["before the model", "after its draft"])
def test_nothing_of_a_stream_comes_before(client: openai.OpenAI, upstream: Upstream, question: str) -> None:
    upstream.plan = says(SECRET, " won.")
    began = perf_counter()
    with client.chat.completions.with_streaming_response.create(
        model="m", messages=asked(question), stream=True
    ) as raw:
        told, first = "", 0.0
        for line in raw.iter_lines():
            first = first or perf_counter() - began
            told += line
    assert NO in told
    assert first >= WAIT_S


async def test_the_asynchronous_client_waits_beside_others(store: TargetStore, upstream: Upstream) -> None:
    upstream.plan = says("It rained.")
    async with openai.AsyncOpenAI(base_url=upstream.url, api_key="any", max_retries=0) as own:
        guarded = wrap_openai(own, store)

        async def chunks(question: str) -> AsyncIterator[str]:
            async for chunk in await guarded.chat.completions.create(model="m", messages=asked(question), stream=True):
                yield "".join(choice.delta.content or "" for choice in chunk.choices)

        async def joined(question: str) -> str:
            return "".join([piece async for piece in chunks(question)])

        await joined(OTHER)
        began = perf_counter()
        told = await asyncio.gather(*(joined(NAMED) for _ in range(10)))
        took = perf_counter() - began
    assert set(told) == {NO}
    assert WAIT_S <= took < 10 * WAIT_S / 2
