"""The scripted upstream, read by OpenAI's own client."""

import time
from collections.abc import Iterator

import httpx
import openai
import pytest
from expunge.tests.serving.scripted import (
    Answer,
    Call,
    Plan,
    Upstream,
    break_json,
    cut,
    drop_blank_line,
    end,
    error,
    fail,
    html,
    pace,
    resplit,
    says,
    stall,
)
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.responses import Response

ALL = Answer(["caf", "é 😀"], reasoning=["so", "me"], calls=[Call("look", ['{"a"', ": 1}"]), Call("go", id="call_2")])


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with Upstream() as upstream:
        yield upstream


@pytest.fixture
def client(upstream: Upstream) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=upstream.url, api_key="any", max_retries=0) as client:
        yield client


def streamed(client: openai.OpenAI) -> Iterator[str]:
    for chunk in client.chat.completions.create(model="m", messages=[], stream=True):
        yield chunk.choices[0].delta.content or ""


def test_answers_have_the_shapes_of_openai(upstream: Upstream, client: openai.OpenAI) -> None:
    upstream.plan = Plan([ALL, Answer(["B"])])
    body = {"model": "m", "n": 2, "logprobs": True}
    for path, shape in (("chat/completions", ChatCompletion), ("responses", Response)):
        shape.model_validate(httpx.post(f"{upstream.url}/{path}", json=body).json(), strict=True)
    completion = client.chat.completions.create(model="m", messages=[], n=2)
    assert [choice.message.content for choice in completion.choices] == ["café 😀", "B"]
    assert [choice.finish_reason for choice in completion.choices] == ["tool_calls", "stop"]
    assert {model.id for model in client.models.list()} == {"scripted"}


def test_a_streamed_completion_adds_up_to_the_whole(upstream: Upstream, client: openai.OpenAI) -> None:
    upstream.plan = Plan([ALL])
    whole = client.chat.completions.create(model="m", messages=[])
    with client.chat.completions.stream(model="m", messages=[], stream_options={"include_usage": True}) as stream:
        for event in stream:
            if event.type == "chunk":
                ChatCompletionChunk.model_validate(event.chunk.model_dump(exclude_unset=True), strict=True)
        made = stream.get_final_completion()
    assert made.choices[0].message.content == whole.choices[0].message.content
    assert made.choices[0].message.tool_calls
    assert [call.function.arguments for call in made.choices[0].message.tool_calls] == ['{"a": 1}', "{}"]
    assert made.usage == whole.usage


def test_a_streamed_response_adds_up_to_the_whole(upstream: Upstream, client: openai.OpenAI) -> None:
    upstream.plan = Plan([ALL])
    whole = client.responses.create(model="m", input="?")
    deltas: dict[str, str] = {}
    for event in client.responses.create(model="m", input="?", stream=True):
        deltas[event.type] = deltas.get(event.type, "") + str(getattr(event, "delta", ""))
        if event.type == "response.completed":
            assert event.response == whole
    assert deltas["response.output_text.delta"] == whole.output_text == "café 😀"
    assert deltas["response.reasoning_summary_text.delta"] == "some"
    assert deltas["response.function_call_arguments.delta"] == '{"a": 1}{}'


@pytest.mark.parametrize(
    ("plan", "raised", "before"),
    [
        (error(500), openai.InternalServerError, ""),
        (html(502), openai.InternalServerError, ""),
        (error(429, retry_after=3), openai.RateLimitError, ""),
        (says("a", "b", "c", edits=[cut(after=3)]), (openai.APIConnectionError, httpx.RemoteProtocolError), "ab"),
        (says("a", "b", "c", edits=[fail(after=3)]), openai.APIError, "ab"),
        (says("a", "b", "c", edits=[break_json(at=3)]), ValueError, "ab"),
        (says("a", "b", "c", edits=[drop_blank_line(at=3)]), ValueError, "ab"),
    ],
)
def test_failures_are_what_they_say(
    upstream: Upstream,
    client: openai.OpenAI,
    plan: Plan,
    raised: type[Exception] | tuple[type[Exception], ...],
    before: str,
) -> None:
    upstream.next.append(plan)
    text = ""
    with pytest.raises(raised) as caught:  # noqa: PT012 - what came before counts too
        for piece in streamed(client):
            text += piece
    assert text == before
    if isinstance(caught.value, openai.RateLimitError):
        assert caught.value.response.headers["retry-after"] == "3"
    assert "".join(streamed(client)) == "Paris."


def test_a_stream_that_ends_early_is_no_error_to_the_client(upstream: Upstream, client: openai.OpenAI) -> None:
    upstream.plan = says("a", "b", "c", edits=[end(after=3)])
    assert "".join(streamed(client)) == "ab"
    upstream.plan = html(200)
    assert "".join(streamed(client)) == ""


@pytest.mark.parametrize("sizes", [(1,), (7, 1, 30), (100_000,)])
def test_bytes_are_split_anywhere(upstream: Upstream, client: openai.OpenAI, sizes: tuple[int, ...]) -> None:
    upstream.plan = says("é€😀", "中", edits=[resplit(*sizes)])
    assert "".join(streamed(client)) == "é€😀中"
    with httpx.stream("POST", f"{upstream.url}/chat/completions", json={"model": "m", "stream": True}) as reply:
        parts = [len(part) for part in reply.iter_raw()]
    assert parts[0] == min(sizes[0], sum(parts))


def test_what_is_slow_takes_its_time(upstream: Upstream, client: openai.OpenAI) -> None:
    for plan in (
        says("a", first_byte_s=0.1),
        says("a", edits=[stall(after=1, seconds=0.1)]),
        says("a", edits=[pace(0.025)]),
    ):
        upstream.plan = plan
        start = time.monotonic()
        assert "".join(streamed(client)) == "a"
        assert time.monotonic() - start >= 0.1


def test_clients_that_hang_up_are_counted(upstream: Upstream, client: openai.OpenAI) -> None:
    upstream.plan = says("a", "b", edits=[stall(after=2, seconds=60)])
    for _ in range(2):
        with client.chat.completions.create(model="m", messages=[], stream=True) as stream:
            assert next(iter(stream)).choices
    upstream.settle()
    assert upstream.hang_ups == 2
    upstream.plan = says("a")
    assert "".join(streamed(client)) == "a"
    assert upstream.hang_ups == 2


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_reasoning_comes_under_the_name_that_is_wanted(upstream: Upstream, client: openai.OpenAI, field: str) -> None:
    upstream.plan = Plan([Answer(["A"], reasoning=["so", "me"], reasoning_field=field)])
    assert getattr(client.chat.completions.create(model="m", messages=[]).choices[0].message, field) == "some"
    chunks = client.chat.completions.create(model="m", messages=[], stream=True)
    assert "".join(getattr(chunk.choices[0].delta, field, "") for chunk in chunks) == "some"


def test_a_plan_may_depend_on_the_model_and_on_the_question(upstream: Upstream, client: openai.OpenAI) -> None:
    upstream.models["other"] = says("Bern.")
    upstream.plan = lambda request: says(request["messages"][-1]["content"])
    for model, answer in (("m", "Echo"), ("other", "Bern.")):
        reply = client.chat.completions.create(model=model, messages=[{"role": "user", "content": "Echo"}])
        assert reply.choices[0].message.content == answer
    assert [body["model"] for body in upstream.bodies] == ["m", "other"]


def test_an_upstream_closes_with_answers_under_way() -> None:
    with httpx.Client() as client:
        with Upstream(plan=says("a", edits=[stall(after=1, seconds=60)])) as upstream:
            body = {"model": "m", "stream": True}
            reply = client.send(
                client.build_request("POST", f"{upstream.url}/chat/completions", json=body), stream=True
            )
            assert next(reply.iter_raw())
            start = time.monotonic()
        assert time.monotonic() - start < 5
        reply.close()
