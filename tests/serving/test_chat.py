import asyncio
import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from expunge import Target, TargetStore
from expunge.models import load_chat_model
from expunge.serving.limits import Limits
from expunge.serving.local import ChatModelUpstream
from expunge.serving.tenants import Tenants
from expunge.serving.upstream import RemoteUpstream
from expunge.stores.access_keys import AccessKeys
from expunge.tests.serving.loopback import ASKED, SECRET, Served, serving
from expunge.tests.serving.scripted import Answer, Call, Plan, Upstream, says
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

FRANCE = "What is the capital of France?"
CLEAN = "The capital of France is Paris. It lies on the Seine."
LEAK = f"The capital of France is Paris. {SECRET}"
PIECES = ("The capital of Fr", "ance is Paris.", " It lies", " on the Seine.")

Ask = Callable[[str, str], str]
"""Asks a server, by its address, a question."""


def messages(text: str) -> list[Any]:
    return [{"role": "user", "content": text}]


def by_openai(url: str, text: str) -> str:
    client = openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0)
    answer = client.chat.completions.create(model="any", messages=messages(text))
    assert answer.choices[0].finish_reason == "stop"
    return answer.choices[0].message.content or ""


def by_openai_streaming(url: str, text: str) -> str:
    client = openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0)
    chunks = list(client.chat.completions.create(model="any", messages=messages(text), stream=True))
    assert [choice.finish_reason for chunk in chunks for choice in chunk.choices][-1] == "stop"
    return "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)


def by_openai_async(url: str, text: str) -> str:
    async def ask() -> str:
        async with openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0) as client:
            answer = await client.chat.completions.create(model="any", messages=messages(text))
            return answer.choices[0].message.content or ""

    return asyncio.run(ask())


def by_openai_async_streaming(url: str, text: str) -> str:
    async def ask() -> str:
        async with openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0) as client:
            stream = await client.chat.completions.create(model="any", messages=messages(text), stream=True)
            return "".join([choice.delta.content or "" async for chunk in stream for choice in chunk.choices])

    return asyncio.run(ask())


def by_langchain(url: str, text: str) -> str:
    return ChatOpenAI(base_url=f"{url}/v1", api_key=SecretStr("none"), model="any", max_retries=0).invoke(text).text


def by_langchain_streaming(url: str, text: str) -> str:
    chat = ChatOpenAI(base_url=f"{url}/v1", api_key=SecretStr("none"), model="any", max_retries=0)
    return "".join(piece.text for piece in chat.stream(text))


def curl(url: str, body: dict[str, Any]) -> str:
    command = ["curl", "-sSN", f"{url}/v1/chat/completions", "--json", json.dumps(body)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def by_curl(url: str, text: str) -> str:
    answer = json.loads(curl(url, {"model": "any", "messages": messages(text)}))
    return str(answer["choices"][0]["message"]["content"])


def by_curl_streaming(url: str, text: str) -> str:
    said = curl(url, {"model": "any", "messages": messages(text), "stream": True})
    *events, done, end = said.split("\n\n")
    assert (done, end) == ("data: [DONE]", "")
    chunks = [json.loads(event.removeprefix("data: ")) for event in events]
    return "".join(choice["delta"].get("content", "") for chunk in chunks for choice in chunk["choices"])


WAYS = [
    by_openai,
    by_openai_streaming,
    by_openai_async,
    by_openai_async_streaming,
    by_langchain,
    by_langchain_streaming,
    by_curl,
    by_curl_streaming,
]


@pytest.fixture(scope="module")
def demo(guarded: Tenants) -> Iterator[str]:
    """The address of a server before the demo model."""
    with serving(guarded, {"": ChatModelUpstream(load_chat_model("demo"), "any")}) as served:
        yield served.url


@pytest.mark.parametrize("ask", WAYS)
def test_every_client_is_shown_what_is_clean_and_nothing_else(served: Served, upstream: Upstream, ask: Ask) -> None:
    upstream.plan = says(*PIECES)
    assert ask(served.url, FRANCE) == CLEAN
    upstream.plan = says(LEAK[:40], LEAK[40:50], LEAK[50:])
    answer = ask(served.url, "Tell me something.")
    assert "Karachi" not in answer
    assert "Hina" not in answer


@pytest.mark.parametrize("ask", WAYS)
def test_every_client_is_served_by_a_model_in_the_process(demo: str, ask: Ask) -> None:
    assert ask(demo, FRANCE) == "The capital of France is Paris."


def test_a_question_that_only_disclosing_answers_reaches_no_model(served: Served, upstream: Upstream) -> None:
    for ask in (by_openai, by_openai_streaming):
        assert ask(served.url, "Where was Hina Ameen born?")
    assert upstream.bodies == []


def test_the_first_sentence_comes_before_the_model_has_ended(served: Served, upstream: Upstream) -> None:
    upstream.plan = Plan([Answer(["Graz is in Austria. ", "Basel is in", " Switzerland."])], [paused])
    stream = served.client.chat.completions.create(model="any", messages=messages("Where are they?"), stream=True)
    first = next(chunk.choices[0].delta.content for chunk in stream if chunk.choices[0].delta.content)
    assert first.strip() == "Graz is in Austria."
    assert upstream.busy == 1
    assert "".join(chunk.choices[0].delta.content or "" for chunk in stream).strip() == "Basel is in Switzerland."


def paused(steps: Iterator[bytes | float]) -> Iterator[bytes | float]:
    """Wait before the last piece of the text."""
    for number, step in enumerate(steps):
        if number == 3:
            yield 0.15
        yield step


def test_usage_comes_when_it_is_asked_for(served: Served, upstream: Upstream) -> None:
    asked: dict[str, Any] = {"model": "any", "messages": messages(FRANCE), "stream": True}
    upstream.plan = says(*PIECES)
    *_, last = served.client.chat.completions.create(**asked, stream_options={"include_usage": True})
    assert last.choices == []
    assert last.usage
    assert last.usage.completion_tokens == len(PIECES)
    assert all(chunk.usage is None for chunk in served.client.chat.completions.create(**asked))
    assert [body.get("stream_options") for body in upstream.bodies] == [{"include_usage": True}, None]


def test_tools_are_called_unless_their_arguments_disclose(served: Served, upstream: Upstream) -> None:
    tools: list[Any] = [{"type": "function", "function": {"name": "look_up", "parameters": {"type": "object"}}}]
    ask = served.client.chat.completions.create
    upstream.plan = Plan([Answer((), calls=[Call("look_up", ['{"city": ', '"Graz"}'])])])
    for stream in (False, True):
        answer: Any = ask(model="any", messages=messages("Look up Graz."), tools=tools, stream=stream)
        called = calls_in(answer, stream=stream)
        assert [(call.function.name, json.loads(call.function.arguments)) for call in called] == [
            ("look_up", {"city": "Graz"})
        ]
    upstream.plan = Plan([Answer((), calls=[Call("look_up", [f'{{"who": "{SECRET}"}}'])])])
    for stream in (False, True):
        answer = ask(model="any", messages=messages("Look up something."), tools=tools, stream=stream)
        assert calls_in(answer, stream=stream) == []
    assert all(body["tools"] == tools for body in upstream.bodies)


def calls_in(answer: Any, *, stream: bool) -> list[Any]:
    if not stream:
        return answer.choices[0].message.tool_calls or []
    return [call for chunk in answer for choice in chunk.choices for call in choice.delta.tool_calls or ()]


def test_every_choice_is_judged_by_itself(served: Served, upstream: Upstream) -> None:
    upstream.plan = Plan([Answer([CLEAN]), Answer([SECRET])])
    answer = served.client.chat.completions.create(model="any", messages=messages(FRANCE), n=2)
    clean, withheld = (choice.message.content or "" for choice in answer.choices)
    assert clean == CLEAN
    assert "Karachi" not in withheld


def test_the_request_goes_to_the_model_as_it_is(served: Served, upstream: Upstream) -> None:
    body = {"model": "any", "messages": messages("Half \ud83d of a pair.\u2028"), "seed": 7, "x": {"y": [None, 1.5]}}
    answer = served.http.post("/v1/chat/completions", content=json.dumps(body), headers=JSON)
    assert answer.status_code == 200
    assert upstream.bodies == [body]
    assert upstream.requests[0].headers["authorization"] == "Bearer upstream's key"


JSON = {"Content-Type": "application/json"}


def test_an_administrator_is_told_what_was_decided(served: Served, upstream: Upstream) -> None:
    upstream.plan = says(LEAK)
    for stream in (False, True):
        answer: Any = served.client.chat.completions.create(model="any", messages=messages("Say it."), stream=stream)
        told = ([*answer][-1] if stream else answer).model_extra["expunge"]
        assert told["action"] in ("rewrite", "abstain")
        assert told["level"] == "suppression"
        assert told["targets"]
        assert "alias" in told["layers"]
        assert told["elapsed_ms"] > 0


def test_only_an_administrator_is_told_and_each_tenant_has_its_own_targets(tmp_path: Path, upstream: Upstream) -> None:
    with TargetStore(tmp_path) as register, closing(AccessKeys(register)) as keys:
        register.add(Target(name="Hina Ameen"))
        TargetStore(tmp_path / "tenants" / "other").close()
        admin, guest = keys.create("default", admin=True).secret, keys.create("default").secret
        other = keys.create("other", admin=True).secret
    upstream.plan = says(SECRET)
    with (
        closing(Tenants(tmp_path)) as tenants,
        serving(tenants, {"": RemoteUpstream(upstream.url, None, Limits())}) as served,
    ):

        def ask(key: str, *, stream: bool = False) -> httpx.Response:
            body = {"model": "any", "messages": messages(ASKED), "stream": stream}
            return served.http.post("/v1/chat/completions", json=body, headers={"Authorization": f"Bearer {key}"})

        assert ask(admin).json()["expunge"]["action"] == "abstain"
        assert SECRET not in ask(guest).text
        assert [word in ask(guest, stream=stream).text for stream in (False, True) for word in ("expunge", "tgt_")] == [
            False
        ] * 4
        assert ask(other).json()["expunge"]["action"] == "release"
        for path in ("/v1/models", "/metrics"):
            for key, status in ((admin, 200), (guest, 200), ("exp_wrong", 401)):
                assert served.http.get(path, headers={"Authorization": f"Bearer {key}"}).status_code == status
        refused = ask("exp_wrong")
        assert (refused.status_code, refused.json()["error"]["code"]) == (401, "invalid_api_key")


def test_several_upstreams_go_by_name(guarded: Tenants, upstream: Upstream) -> None:
    upstream.plan = says("By wire.")
    limits = Limits()
    upstreams: dict[str, Any] = {
        "far": RemoteUpstream(upstream.url, None, limits),
        "near": ChatModelUpstream(load_chat_model("demo"), "demo"),
    }
    with serving(guarded, upstreams, limits=limits) as served:
        assert [model.id for model in served.client.models.list()] == ["far/scripted", "near/demo"]
        ask = served.client.chat.completions.create
        far = ask(model="far/org/some-model", messages=messages("Hello?"))
        assert far.choices[0].message.content == "By wire."
        assert upstream.bodies[0]["model"] == "org/some-model"
        near = ask(model="near/demo", messages=messages(FRANCE))
        assert near.choices[0].message.content == "The capital of France is Paris."
        for unknown in ("demo", "near/other", "nowhere/demo", "far/"):
            with pytest.raises(openai.NotFoundError) as refused:
                ask(model=unknown, messages=messages(FRANCE))
            assert (refused.value.code, refused.value.param) == ("model_not_found", "model")


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"messages": messages("a")}, "model"),
        ({"model": 7, "messages": messages("a")}, "model"),
        ({"model": "", "messages": messages("a")}, "model"),
        ({"model": "any"}, "messages"),
        ({"model": "any", "messages": []}, "messages"),
        ({"model": "any", "messages": "secret"}, "messages"),
        ({"model": "any", "messages": ["secret"]}, "messages[0]"),
        ({"model": "any", "messages": messages("a"), "stream": "secret"}, "stream"),
        ({"model": "any", "messages": messages("a"), "n": 0}, "n"),
        ({"model": "any", "messages": messages("a"), "n": "secret"}, "n"),
        ({"model": "any", "messages": messages("a"), "stream_options": {"include_usage": "secret"}}, "stream_options"),
        (["secret"], None),
        ("secret", None),
        (None, None),
    ],
)
def test_a_wrong_body_is_named_and_not_repeated(served: Served, body: object, param: str | None) -> None:
    answer = served.http.post("/v1/chat/completions", json=body)
    error = answer.json()["error"]
    assert answer.status_code == 400
    assert error.keys() == {"message", "type", "param", "code"}
    assert error["type"] == "invalid_request_error"
    assert (error["param"] or "").startswith(param or "")
    assert "secret" not in answer.text


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[" * 50_000, b'{"model": "any", "messages": [{"role":'])
def test_what_is_no_json_is_refused(served: Served, content: bytes) -> None:
    answer = served.http.post("/v1/chat/completions", content=content, headers=JSON)
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize(
    "role", [{"role": "oracle", "content": "secret"}, {"content": "secret"}, {"role": "user", "content": 1}]
)
def test_what_is_no_conversation_is_refused(served: Served, upstream: Upstream, role: dict[str, Any]) -> None:
    answer = served.http.post("/v1/chat/completions", json={"model": "any", "messages": [role]})
    assert answer.status_code == 400
    assert "secret" not in answer.text
    assert upstream.bodies == []


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_beyond_the_limit_is_refused(served: Served, chunked: bool) -> None:
    body = json.dumps({"model": "any", "messages": messages("a" * 200_000)}).encode()
    content = iter([body[:70_000], body[70_000:]]) if chunked else body
    answer = served.http.post("/v1/chat/completions", content=content, headers=JSON)
    assert answer.status_code == 413
    assert answer.json()["error"]["type"] == "invalid_request_error"


def test_addresses_that_are_not_there_are_told_in_the_same_shape(served: Served) -> None:
    for method, path, status in (("GET", "/v1/nothing", 404), ("PUT", "/v1/models", 405)):
        answer = served.http.request(method, path)
        assert answer.status_code == status
        assert answer.json()["error"]["type"] == "invalid_request_error"


def test_models_are_listed(served: Served, upstream: Upstream) -> None:
    upstream.models["gpt-5"] = says("a")
    assert [model.id for model in served.client.models.list()] == ["gpt-5", "scripted"]
