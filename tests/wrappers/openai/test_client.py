"""The OpenAI client under the sanitiser: its own types, and no way past the guard."""

import asyncio
import gc
import json
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from functools import cached_property
from itertools import chain, islice, pairwise
from pathlib import Path
from types import FrameType, FunctionType, ModuleType, TracebackType
from typing import Any

import httpx
import httpx2
import openai
import pytest
from expunge import Sanitizer, Target, TargetStore
from expunge.errors import ExpungeError, InputError, UnguardedSurface
from expunge.tests.serving import scripted
from expunge.tests.serving.scripted import Answer, Call, Plan, Upstream, says
from expunge.wrappers.openai.client import wrap_openai
from hypothesis import given, settings
from hypothesis import strategies as st
from langsmith import Client, tracing_context
from openai.types.chat import ChatCompletion, ChatCompletionChunk, ChatCompletionMessageParam
from openai.types.responses import Response
from pydantic import BaseModel
from requests import Response as HttpAnswer
from requests import Session

SECRET = "Hina Ameen"
LATE = says("It rained. ", "It snowed. ", "The prize went to Hi", f"na Ameen. {SECRET} won.", " They went home.")
ASK: list[ChatCompletionMessageParam] = [{"role": "user", "content": "Who won?"}]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TargetStore]:
    with TargetStore(tmp_path_factory.mktemp("targets")) as opened:
        opened.add(Target(name=SECRET))
        yield opened


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    with Upstream() as running:
        yield running


@pytest.fixture(scope="module")
def own(upstream: Upstream) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=upstream.url, api_key="any", max_retries=0) as client:
        yield client


@pytest.fixture(scope="module")
def client(own: openai.OpenAI, store: TargetStore) -> openai.OpenAI:
    return wrap_openai(own, store)


def held(start: BaseException) -> Iterator[str | bytes]:
    """Yield the texts that an error leads to, through its traceback's frames, but for those of this file."""
    seen, left = set[int](), deque[object]([start])
    while left:
        one = left.popleft()
        if id(one) in seen or isinstance(one, ModuleType | type | Upstream | TargetStore | Sanitizer):
            continue
        seen.add(id(one))
        if isinstance(one, str | bytes | bytearray):
            yield one if isinstance(one, str) else bytes(one)
        elif isinstance(one, FrameType):
            left += [] if one.f_code.co_filename == __file__ else one.f_locals.values()
        elif isinstance(one, TracebackType):
            left += [one.tb_frame, one.tb_next]
        elif isinstance(one, FunctionType):
            left += one.__closure__ or ()
        else:
            left += gc.get_referents(one)


def leaks(*told: object) -> bool:
    return any(word in str(one) for one in told for word in ("Hina", "Ameen"))


def text(chunks: list[ChatCompletionChunk]) -> str:
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


def seen_in(error: BaseException) -> str:
    """Return all that an error and those behind it tell, their frames' variables too, but for those of this file."""
    told = [str(error), repr(error), repr(vars(error)), *map(str, error.args)]
    if isinstance(error, openai.APIStatusError):
        told += [error.response.text, str(error.response.headers)]
    frames = traceback.TracebackException.from_exception(error, capture_locals=True).stack
    told += [str(frame.locals) for frame in frames if frame.filename != __file__]
    behind = [one for one in (error.__cause__, error.__context__) if one is not None]
    return "\n".join([*told, *map(seen_in, behind)])


def test_answers_are_of_the_clients_own_types(client: openai.OpenAI, upstream: Upstream) -> None:
    upstream.plan = Plan([Answer(["It rained. ", "It snowed."], calls=[Call("f", ('{"a":', "1}"))])])
    assert isinstance(client, openai.OpenAI)
    completion = client.chat.completions.create(model="m", messages=ASK)
    assert isinstance(completion, ChatCompletion)
    assert completion.choices[0].message.content == "It rained. It snowed."
    stream = client.chat.completions.create(
        model="m", messages=ASK, stream=True, stream_options={"include_usage": True}
    )
    assert isinstance(stream, openai.Stream)
    with stream as opened:
        chunks = list(opened)
    assert all(isinstance(chunk, ChatCompletionChunk) for chunk in chunks)
    assert text(chunks) == "It rained. It snowed."
    assert chunks[-1].usage
    response = client.responses.create(model="m", input="Who won?")
    assert isinstance(response, Response)
    assert response.output_text == "It rained. It snowed."
    events = list(client.responses.create(model="m", input="Who won?", stream=True))
    assert events[-1].type == "response.completed"
    assert events[-1].response.output_text == "It rained. It snowed."


async def test_the_asynchronous_client_does_the_same(store: TargetStore, upstream: Upstream) -> None:
    async with openai.AsyncOpenAI(base_url=upstream.url, api_key="any") as own:
        client = wrap_openai(own, store)
        assert isinstance(client, openai.AsyncOpenAI)
        upstream.plan = LATE
        completion = await client.chat.completions.create(model="m", messages=ASK)
        async with await client.chat.completions.create(model="m", messages=ASK, stream=True) as stream:
            chunks = [chunk async for chunk in stream]
        response = await client.responses.create(model="m", input="Who won?")
        events = [event async for event in await client.responses.create(model="m", input="Who?", stream=True)]
        assert not leaks(completion, chunks, response, events)
        assert text(chunks).startswith("It rained. It snowed. ")
        with pytest.raises(UnguardedSurface):
            await client.responses.retrieve("resp_1")


@settings(max_examples=20)
@given(
    places=st.lists(st.integers(1, 70), min_size=1, max_size=6, unique=True),
    sizes=st.lists(st.integers(10, 400), min_size=1, max_size=4),
)
def test_however_the_bytes_are_cut(
    client: openai.OpenAI, upstream: Upstream, places: list[int], sizes: list[int]
) -> None:
    draft = f"Zoë saw 🏆. It rained all day. The prize went to {SECRET}. They went home."
    bounds = [0, *sorted(place for place in places if place < len(draft)), len(draft)]
    pieces = [draft[start:end] for start, end in pairwise(bounds)]
    upstream.plan = says(*pieces, edits=[scripted.resplit(*sizes)])
    told = text(list(client.chat.completions.create(model="m", messages=ASK, stream=True)))
    assert not leaks(told)
    upstream.plan = says(*pieces)
    assert told == text(list(client.chat.completions.create(model="m", messages=ASK, stream=True)))


def test_every_way_to_ask_is_guarded(
    client: openai.OpenAI, upstream: Upstream, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    upstream.plan = LATE
    with client.chat.completions.stream(model="m", messages=ASK) as stream:
        seen: list[object] = [*stream, stream.get_final_completion()]
    with client.responses.stream(model="m", input="Who won?") as events:
        seen += [*events, events.get_final_response()]
    raw = client.chat.completions.with_raw_response.create(model="m", messages=ASK)
    seen += [raw.text, raw.parse(), client.with_raw_response.responses.create(model="m", input="Who?").text]
    with client.chat.completions.with_streaming_response.create(model="m", messages=ASK) as streamed:
        seen += [*streamed.iter_lines()]
    seen.append(client.post("/chat/completions", body={"model": "m", "messages": ASK}, cast_to=dict[str, Any]))
    with httpx2.Client() as http:
        for other in (client.with_options(timeout=5), client.copy(), client.with_options(http_client=http)):
            seen.append(other.chat.completions.create(model="m", messages=ASK))
    assert "rained" in str(seen)
    assert not leaks(*seen, caplog.text)


def test_the_clients_own_is_left_as_it_is(client: openai.OpenAI, own: openai.OpenAI, upstream: Upstream) -> None:
    upstream.plan = LATE
    assert client.chat.completions.create(model="m", messages=ASK).choices[0].message.content
    assert leaks(own.chat.completions.create(model="m", messages=ASK))
    assert type(own) is openai.OpenAI


def test_structured_answers_are_parsed(client: openai.OpenAI, upstream: Upstream) -> None:
    class Winner(BaseModel):
        name: str

    upstream.plan = says('{"name": ', '"Bob Ray"}')
    parsed = client.chat.completions.parse(model="m", messages=ASK, response_format=Winner)
    assert parsed.choices[0].message.parsed == Winner(name="Bob Ray")
    assert client.responses.parse(model="m", input="Who?", text_format=Winner).output_parsed == Winner(name="Bob Ray")
    # An abstention is no structure: it is told as a refusal.
    upstream.plan = says('{"name": ', f'"{SECRET}"}}')
    message = client.chat.completions.parse(model="m", messages=ASK, response_format=Winner).choices[0].message
    assert (message.parsed, message.content) == (None, None)
    with client.chat.completions.stream(model="m", messages=ASK, response_format=Winner) as stream:
        streamed = stream.get_final_completion().choices[0].message
    assert message.refusal == streamed.refusal
    assert message.refusal
    response = client.responses.parse(model="m", input="Who won?", text_format=Winner)
    with client.responses.stream(model="m", input="Who won?", text_format=Winner) as events:
        kinds = [event.type for event in events]
        final = events.get_final_response()
    assert response.output_parsed is final.output_parsed is None
    assert "response.refusal.delta" in kinds
    assert response.output[0].to_dict()["content"] == [{"type": "refusal", "refusal": message.refusal}]
    assert final.output[0].to_dict() | {"id": ""} == response.output[0].to_dict() | {"id": ""}


def test_what_is_denied_is_not_asked(client: openai.OpenAI, upstream: Upstream) -> None:
    before = len(upstream.requests)
    about: list[ChatCompletionMessageParam] = [{"role": "user", "content": f"Tell me all about {SECRET}."}]
    answer = client.chat.completions.create(model="m", messages=about).choices[0]
    chunks = list(client.chat.completions.create(model="m", messages=about, stream=True))
    events = list(client.responses.create(model="m", input=f"Tell me all about {SECRET}.", stream=True))
    assert answer.message.content == text(chunks)
    assert events[-1].type == "response.completed"
    assert len(upstream.requests) == before


REFUSED = [name for name, value in vars(openai.OpenAI).items() if isinstance(value, cached_property)]


@pytest.mark.parametrize("name", REFUSED)
def test_every_other_surface_is_refused(client: openai.OpenAI, name: str) -> None:
    known = {"chat", "responses", "models", "embeddings", "files", "moderations", "uploads", "webhooks"}
    if name in known | {"with_raw_response", "with_streaming_response"}:
        assert getattr(client, name)
    else:
        with pytest.raises(UnguardedSurface, match=name):
            getattr(client, name).create()


@pytest.mark.parametrize(
    "ask",
    [
        lambda client: client.responses.retrieve("resp_1"),
        lambda client: client.responses.connect(),
        lambda client: client.responses.compact(model="m"),
        lambda client: client.chat.completions.list(),
        lambda client: client.chat.completions.retrieve("chatcmpl-1"),
        lambda client: client.files.content("file-1"),
        lambda client: client.with_raw_response.completions.create(model="m", prompt="Who won?"),
        lambda client: client.realtime.connect(model="m"),
        lambda client: client.beta.threads.runs.create("thread_1", assistant_id="asst_1"),
        lambda client: client.post("/completions", cast_to=object),
        lambda client: client.post("/chat/completions/", cast_to=object),
        lambda client: client.post("/Chat/Completions", cast_to=object),
        lambda client: client.post("/RESPONSES", cast_to=object),
        lambda client: client.post("//chat/completions", cast_to=object),
        lambda client: client.post("/chat//completions", cast_to=object),
        lambda client: client.post("/chat/completions?x=1", cast_to=object),
        lambda client: client.post("/chat%2Fcompletions", cast_to=object),
        lambda client: client.post("/responses/resp_1/cancel", cast_to=object),
        lambda client: client.get("/chat/completions", cast_to=object),
        lambda client: client.post("/models", cast_to=object),
        lambda client: client.post("/models/x:generateContent", cast_to=object),
        lambda client: client.get("/models/x?alt=/models", cast_to=object),
        lambda client: client.get("/models/..%2Fresponses%2Fresp_1", cast_to=object),
        lambda client: client.get("/files/file-1%2Fcontent", cast_to=object),
        lambda client: client.post("/files/file-1", cast_to=object),
        lambda client: client.post("/embeddings/x", cast_to=object),
        lambda client: client.post("/models/../completions", cast_to=object),
        lambda client: client.post("/models/%2e%2e/completions", cast_to=object),
        lambda client: client.post("https://example.org/v1/chat/completions", cast_to=object),
    ],
)
def test_other_paths_are_refused(client: openai.OpenAI, ask: Callable[[openai.OpenAI], object]) -> None:
    with pytest.raises(UnguardedSurface, match="does not guard") as raised:
        ask(client)
    assert "chat.completions" in raised.value.fix


@pytest.mark.parametrize(
    "base", ["files/file-1/content?x=", "responses/resp_1?x=", "completions?x=", "Chat/Completions?"]
)
def test_no_base_url_leads_past_the_guard(client: openai.OpenAI, upstream: Upstream, base: str) -> None:
    before = len(upstream.requests)
    other = client.with_options(base_url=f"{upstream.url}/{base}")
    for ask in (other.models.list, lambda: other.embeddings.create(model="m", input="Who?")):
        with pytest.raises(openai.PermissionDeniedError, match="does not guard"):
            ask()
    assert len(upstream.requests) == before


def test_what_holds_no_answers_passes(client: openai.OpenAI, upstream: Upstream) -> None:
    assert client.models.list().data[0].object == "model"
    upstream.requests.clear()
    asks: list[Callable[[], object]] = [
        lambda: client.models.retrieve("org/gpt-4.1:x"),
        lambda: client.models.delete("ft:gpt-4:org::1"),
        lambda: client.embeddings.create(model="m", input="Who?"),
        lambda: client.moderations.create(input="Who?"),
        lambda: client.files.list(),
        lambda: client.files.retrieve("file-1"),
        lambda: client.files.delete("file-1"),
        lambda: client.uploads.cancel("upload_1"),
    ]
    for ask in asks:
        upstream.next.append(scripted.error(404, "There is no such thing."))
        with pytest.raises(openai.NotFoundError, match="There is no"):
            ask()
    assert len(upstream.requests) == len(asks)


def test_requests_that_cannot_be_guarded(client: openai.OpenAI, upstream: Upstream) -> None:
    before = len(upstream.requests)
    with pytest.raises(openai.BadRequestError, match="background"):
        client.responses.create(model="m", input="Who won?", background=True)
    with pytest.raises(openai.BadRequestError, match="background"):
        client.responses.create(model="m", input="Who won?", extra_body={"background": True})
    with pytest.raises(openai.BadRequestError, match="role"):
        client.chat.completions.create(model="m", messages=[{"role": "pirate"}])  # type: ignore[typeddict-item]
    assert len(upstream.requests) == before


FAILURES: dict[str, tuple[Plan, type[openai.APIError]]] = {
    "429": (scripted.error(429, SECRET), openai.RateLimitError),
    "500": (scripted.error(500, SECRET), openai.InternalServerError),
    "404": (scripted.error(404, SECRET), openai.NotFoundError),
    "a page": (scripted.html(503, SECRET), openai.InternalServerError),
    "a page that says it is well": (scripted.html(200, SECRET), openai.InternalServerError),
    "nothing": (says(SECRET, edits=[scripted.cut(0)]), openai.APIConnectionError),
}


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("failure", FAILURES)
def test_errors_keep_their_class_and_tell_nothing(
    client: openai.OpenAI, upstream: Upstream, caplog: pytest.LogCaptureFixture, failure: str, streamed: bool
) -> None:
    caplog.set_level("DEBUG")
    plan, kind = FAILURES[failure]
    upstream.next.append(plan)
    with pytest.raises(openai.APIError) as raised:  # noqa: PT012 - a stream breaks when it is read
        answer: Any = client.chat.completions.create(model="m", messages=ASK, stream=streamed)
        list(answer)
    assert type(raised.value) is kind
    assert not leaks(seen_in(raised.value), caplog.text)
    upstream.next.append(plan)
    with pytest.raises(openai.APIError) as raised:  # noqa: PT012
        answer = client.responses.create(model="m", input="Who won?", stream=streamed)
        list(answer)
    assert type(raised.value) is kind
    assert not leaks(seen_in(raised.value), caplog.text)


def test_known_codes_and_retries_are_kept(own: openai.OpenAI, store: TargetStore, upstream: Upstream) -> None:
    patient = wrap_openai(own.with_options(max_retries=1), store)
    upstream.plan = says("It rained.")
    upstream.next.append(scripted.error(500, SECRET))
    assert patient.chat.completions.create(model="m", messages=ASK).choices[0].message.content == "It rained."


MIDSTREAM: dict[str, tuple[Plan, bool]] = {
    "cut": (says("It rained. ", "It snowed. ", f"{SECRET} won. ", edits=[scripted.cut(3)]), True),
    "cut in the name": (says("It rained. ", "It snowed. ", "Hina ", "Ameen", edits=[scripted.cut(4)]), True),
    "reported": (says("It rained. ", "It snowed. ", "So.", edits=[scripted.fail(3, SECRET)]), True),
    "ended early": (says("It rained. ", "It snowed. ", f"{SECRET} won. ", edits=[scripted.end(3)]), False),
    "no JSON": (says("It rained. ", "It snowed. ", f"{SECRET} won. ", edits=[scripted.break_json(3)]), False),
    "two in one": (says("It rained. ", "It snowed. ", f"{SECRET} won. ", edits=[scripted.drop_blank_line(3)]), False),
}


@pytest.mark.parametrize("failure", MIDSTREAM)
async def test_failures_on_the_way_release_nothing_more(
    client: openai.OpenAI, store: TargetStore, upstream: Upstream, failure: str
) -> None:
    upstream.plan, raises = MIDSTREAM[failure]
    chunks: list[ChatCompletionChunk] = []
    errors: list[openai.APIError] = []
    try:
        for chunk in client.chat.completions.create(model="m", messages=ASK, stream=True):
            chunks.append(chunk)
    except openai.APIError as error:
        errors.append(error)
    assert bool(errors) is raises
    assert not leaks(text(chunks), *map(seen_in, errors))
    assert text(chunks).startswith("It rained. ")
    assert raises or len(text(chunks)) > len("It rained. It snowed. ")
    async with openai.AsyncOpenAI(base_url=upstream.url, api_key="any", max_retries=0) as own:
        stream = await wrap_openai(own, store).chat.completions.create(model="m", messages=ASK, stream=True)
        again: list[ChatCompletionChunk] = []
        try:
            async for chunk in stream:
                again.append(chunk)
        except openai.APIError as error:
            errors.append(error)
    assert len(errors) == 2 * raises
    assert not leaks(text(again), *map(seen_in, errors))
    assert text(again) == text(chunks)


async def test_an_error_leads_to_no_draft(client: openai.OpenAI, store: TargetStore, upstream: Upstream) -> None:
    upstream.plan = says("It rained. ", f"The prize went to {SECRET}", ", then. ", "So.", edits=[scripted.cut(4)])
    errors: list[BaseException] = []
    for ask in (
        lambda: client.chat.completions.create(model="m", messages=ASK, stream=True),
        lambda: client.responses.create(model="m", input="Who won?", stream=True),
    ):
        with pytest.raises(openai.APIConnectionError) as raised:
            for _ in ask():
                pass
        errors.append(raised.value)
    async with openai.AsyncOpenAI(base_url=upstream.url, api_key="any", max_retries=0) as own:
        stream = await wrap_openai(own, store).chat.completions.create(model="m", messages=ASK, stream=True)
        with pytest.raises(openai.APIConnectionError) as raised:
            async for _ in stream:
                pass
        errors.append(raised.value)
    for error in errors:
        texts = list(held(error))
        assert any("broke off" in str(text) for text in texts)
        assert not [text for text in texts if "prize went" in str(text)]


def breaking_off(after: int, event: dict[str, Any]) -> Callable[[Iterator[Any]], Iterator[Any]]:
    """Send an event after so many others, and nothing more."""
    return lambda steps: chain(islice(steps, after), [f"data: {json.dumps(event)}\n\n".encode()])


def test_errors_in_a_stream_of_responses(client: openai.OpenAI, upstream: Upstream) -> None:
    upstream.plan = says("It rained. ", "It snowed. ", "So.", edits=[scripted.fail(7, SECRET)])
    events = list(client.responses.create(model="m", input="Who won?", stream=True))
    assert events[-1].type == "error"
    failed = {"type": "response.failed", "response": {"status": "failed", "error": {"message": SECRET}}}
    told = {"type": "error", "message": SECRET, "code": SECRET, "param": SECRET}
    for event in (failed, told):
        upstream.plan = says("It rained. ", "It snowed. ", "So.", edits=[breaking_off(7, event)])
        events += client.responses.create(model="m", input="Who won?", stream=True)
        assert events[-1].type == "error"
    upstream.plan = says("It rained. ", "It snowed. ", "So.", edits=[scripted.end(7)])
    ended = list(client.responses.create(model="m", input="Who won?", stream=True))
    assert ended[-1].type == "response.completed"
    assert "So." not in ended[-1].response.output_text
    assert not leaks(events, ended)


def test_a_stream_that_is_closed_stops_the_model(client: openai.OpenAI, store: TargetStore, upstream: Upstream) -> None:
    before = upstream.hang_ups
    upstream.plan = says("It rained. ", "It snowed. ", "So.", edits=[scripted.stall(3, 5.0)])
    with client.chat.completions.create(model="m", messages=ASK, stream=True) as stream:
        next(iter(stream))
    upstream.settle()
    assert upstream.hang_ups == before + 1
    assert store.ledger.entries(1, newest_first=True)[0].error == "Abandoned"


@pytest.mark.parametrize("first_byte_s", [0.0, 5.0])
async def test_a_call_that_is_cancelled_stops_the_model(
    store: TargetStore, upstream: Upstream, first_byte_s: float
) -> None:
    before, recorded = upstream.hang_ups, len(store.ledger.entries())
    pause = scripted.stall(3, 5.0)
    upstream.plan = says("It rained. ", "It snowed. ", "So.", edits=[pause], first_byte_s=first_byte_s)
    async with openai.AsyncOpenAI(base_url=upstream.url, api_key="any", max_retries=0) as own:
        client = wrap_openai(own, store)
        chunks: list[ChatCompletionChunk] = []

        async def read() -> None:
            async with await client.chat.completions.create(model="m", messages=ASK, stream=True) as stream:
                async for chunk in stream:
                    chunks.append(chunk)

        with pytest.raises(TimeoutError):
            await asyncio.wait_for(read(), 0.3)
        assert text(chunks) == ("" if first_byte_s else "It rained. ")
        upstream.settle()
        assert upstream.hang_ups == before + 1
        assert store.ledger.entries()[recorded:][-1].error == "Abandoned"


async def test_streams_side_by_side(store: TargetStore, upstream: Upstream) -> None:
    upstream.plan = LATE
    async with openai.AsyncOpenAI(base_url=upstream.url, api_key="any") as own:
        client = wrap_openai(own, store)

        async def read() -> str:
            stream = await client.chat.completions.create(model="m", messages=ASK, stream=True)
            return text([chunk async for chunk in stream])

        assert len(set(await asyncio.gather(*(read() for _ in range(8))))) == 1


@pytest.mark.parametrize("library", [httpx, httpx2])
def test_an_http_client_of_the_callers_is_used(store: TargetStore, library: Any) -> None:
    asked: list[str] = []
    request_id = f"req_{1:032x}"

    def answer(request: Any) -> Any:
        asked.append(str(request.url))
        assert request.headers["x-mine"] == "yes"
        message = {"role": "assistant", "content": f"{SECRET} won."}
        choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
        named = {"x-ratelimit-note": "Hina_Ameen", "x-told": "Ameen", "retry-after": "Ameen"}
        told = {"x-request-id": request_id, "x-ratelimit-reset-tokens": "6m0.5s", **named}
        return library.Response(200, json={"choices": choices}, headers=told)

    http = library.Client(transport=library.MockTransport(answer), headers={"x-mine": "yes"})
    azure = openai.AzureOpenAI(azure_endpoint="http://azure", api_key="any", api_version="1", http_client=http)
    client = wrap_openai(azure, store)
    assert isinstance(client, openai.AzureOpenAI)
    raw = client.chat.completions.with_raw_response.create(model="gpt", messages=ASK)
    assert asked == ["http://azure/openai/deployments/gpt/chat/completions?api-version=1"]
    assert (raw.headers["x-request-id"], raw.headers["x-ratelimit-reset-tokens"]) == (request_id, "6m0.5s")
    assert not leaks(raw.text, raw.headers)
    client.close()
    assert http.is_closed


class Listener(Session):
    """Stands in for the network between LangSmith's client and its server, and keeps what was sent."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[str] = []

    def request(self, *args: Any, **kwargs: Any) -> HttpAnswer:
        self.sent.append(f"{args} {kwargs}")
        answer = HttpAnswer()
        answer.status_code = 202
        answer._content = b"{}"
        return answer


@pytest.mark.filterwarnings("ignore:langsmith.wrappers._openai_agents:DeprecationWarning")
def test_tracers_see_what_was_released(store: TargetStore, upstream: Upstream) -> None:
    from langsmith.wrappers import wrap_openai as trace_openai  # warns of what it imports

    upstream.plan = LATE
    listener = Listener()
    tracer = Client("http://langsmith.invalid", api_key="none", session=listener, auto_batch_tracing=False)
    with openai.OpenAI(base_url=upstream.url, api_key="any") as own, tracing_context(enabled=True, client=tracer):
        inside = wrap_openai(trace_openai(own), store)
        inside.chat.completions.create(model="m", messages=ASK)
        outside = trace_openai(wrap_openai(own.copy(), store))
        outside.chat.completions.create(model="m", messages=ASK)
        list(outside.chat.completions.create(model="m", messages=ASK, stream=True))
    assert "Who won?" in str(listener.sent)
    assert not leaks(listener.sent)


def test_what_cannot_be_wrapped(client: openai.OpenAI, store: TargetStore) -> None:
    with pytest.raises(InputError, match="'str'"):
        wrap_openai("gpt-5", store)  # type: ignore[type-var]
    with pytest.raises(InputError, match="guarded already"):
        wrap_openai(client, store)
    assert issubclass(UnguardedSurface, ExpungeError)


def test_a_folder_serves_as_store(own: openai.OpenAI, upstream: Upstream, tmp_path: Path) -> None:
    upstream.plan = says("It rained.")
    client = wrap_openai(own, tmp_path / "targets", stream="buffer")
    assert len(list(client.chat.completions.create(model="m", messages=ASK, stream=True))) == 3
