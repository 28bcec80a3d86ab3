"""What goes wrong at an upstream, as its clients are told."""

import json
import logging
import socket
from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest
from expunge.serving.limits import Limits
from expunge.serving.tenants import Tenants
from expunge.serving.upstream import RemoteUpstream
from expunge.tests.serving.loopback import Served, serving
from expunge.tests.serving.plans import Reply
from expunge.tests.serving.scripted import (
    Answer,
    Plan,
    Upstream,
    break_json,
    cut,
    drop_blank_line,
    end,
    error,
    fail,
    html,
    resplit,
    says,
    stall,
)

SECRET = "the draft's secret"
BODY = {"model": "any", "messages": [{"role": "user", "content": "Where is Graz?"}]}
GRAZ = ("Graz is", " in Austria. ", SECRET, " is here. And", " there.")


def answer(status: int, body: object, kind: str = "application/json") -> Plan:
    return Plan(instead=Reply(status, [("content-type", kind)], [json.dumps(body).encode()]))


def told(answer: httpx.Response) -> Any:
    """Return the error of an answer; it has OpenAI's shape and repeats nothing of what the upstream sent."""
    assert SECRET not in answer.text
    error = answer.json()["error"]
    assert error.keys() == {"message", "type", "param", "code"}
    return error


def ask(served: Served, **more: object) -> httpx.Response:
    return served.http.post("/v1/chat/completions", json={**BODY, **more})


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No log ever holds a draft, or a traceback."""
    caplog.set_level(logging.DEBUG)
    yield
    for record in caplog.records:
        if not record.name.startswith(("openai", "asyncio")):
            assert SECRET not in f"{record.getMessage()} {record.exc_info} {record.exc_text}", record.name
            assert record.exc_info is None


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("plan", "status", "code"),
    [
        (error(500, SECRET), 502, "upstream_failed"),
        (error(502, SECRET), 502, "upstream_failed"),
        (error(503, SECRET), 502, "upstream_failed"),
        (error(418, SECRET), 502, "upstream_failed"),
        (html(500, SECRET), 502, "upstream_failed"),
        (html(200, SECRET), 502, "upstream_malformed"),
        (html(404, SECRET), 404, "upstream_rejected"),
        (error(401, SECRET), 502, "upstream_credentials"),
        (error(403, SECRET), 502, "upstream_credentials"),
        (error(408, SECRET), 504, "upstream_timeout"),
        (error(400, SECRET), 400, "server_error"),
        (error(404, SECRET), 404, "server_error"),
        (error(422, SECRET), 422, "server_error"),
        (answer(200, [SECRET]), 502, "upstream_malformed"),
        (answer(200, {"choices": SECRET}), 502, "upstream_malformed"),
        (answer(200, SECRET), 502, "upstream_malformed"),
        (answer(302, SECRET), 502, "upstream_failed"),
        (
            Plan(instead=Reply(200, [("content-type", "application/json")], [b'{"choices": [' + SECRET.encode()])),
            502,
            "upstream_malformed",
        ),
        (Plan(first_byte_s=0.5), 504, "upstream_timeout"),
        (Plan(edits=[cut(after=0)]), 502, "upstream_cut"),
    ],
    ids=lambda value: str(value) if isinstance(value, int | str) else "plan",
)
def test_what_fails_before_the_first_byte_has_a_status(
    served: Served, upstream: Upstream, plan: Plan, status: int, code: str, stream: bool
) -> None:
    upstream.plan = plan
    failed = ask(served, stream=stream)
    assert (failed.status_code, told(failed)["code"]) == (status, code)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ({"code": "context_length_exceeded", "param": "messages"}, ("context_length_exceeded", "messages")),
        (
            {"code": None, "type": "invalid_request_error", "param": "messages[3].content"},
            ("invalid_request_error", "messages[3].content"),
        ),
        ({"code": "hina_ameen", "type": "x", "param": "hina_ameen"}, ("upstream_rejected", None)),
        ({"code": SECRET, "type": SECRET, "param": SECRET}, ("upstream_rejected", None)),
        ({"code": 7, "type": ["a"], "param": {"a": SECRET}}, ("upstream_rejected", None)),
    ],
)
def test_of_a_refusal_only_names_are_passed_on(
    served: Served, upstream: Upstream, names: dict[str, object], expected: tuple[str, str | None]
) -> None:
    upstream.plan = answer(400, {"error": {"message": SECRET, **names}})
    error = told(ask(served))
    assert (error["code"], error["param"]) == expected


@pytest.mark.parametrize(("after", "kept"), [("7", "7"), ("0.5", "0.5"), ("soon", None), (SECRET, None)])
def test_a_busy_upstream_says_when_to_come_back(
    served: Served, upstream: Upstream, after: str, kept: str | None
) -> None:
    upstream.plan = Plan(instead=Reply(429, [("content-type", "text/plain"), ("retry-after", after)], [b"no"]))
    failed = ask(served)
    assert failed.status_code == 429
    assert failed.headers.get("retry-after") == kept
    assert told(failed)["code"] == "rate_limit_exceeded"


def test_the_official_client_tries_again(served: Served, upstream: Upstream) -> None:
    upstream.next += [error(429, retry_after=0), error(500)]
    client = openai.OpenAI(base_url=f"{served.url}/v1", api_key="none", max_retries=2)
    answered = client.chat.completions.create(model="any", messages=[{"role": "user", "content": "Where is Paris?"}])
    assert answered.choices[0].message.content == "Paris."
    assert len(upstream.bodies) == 3


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        (cut(after=3), "upstream_cut"),
        (end(after=3), "upstream_cut"),
        (stall(after=3, seconds=0.5), "upstream_timeout"),
        (fail(after=3, message=SECRET), "upstream_failed"),
        (break_json(at=3), "upstream_malformed"),
        (drop_blank_line(at=3), "upstream_malformed"),
        (lambda steps: [*list(steps)[:3], b"data: [1]\n\n"], "upstream_malformed"),
        (lambda steps: [*list(steps)[:3], b'data: {"choices": [[]]}\n\n'], "upstream_malformed"),
        (lambda steps: [*list(steps)[:3], b"data: " + b"[" * 100_000 + b"\n\n"], "upstream_malformed"),
    ],
    ids=["cut", "end", "stall", "fail", "broken JSON", "no blank line", "no object", "no choice", "deep"],
)
def test_what_fails_half_way_ends_the_stream_with_an_error(
    served: Served, upstream: Upstream, edit: Any, code: str
) -> None:
    upstream.plan = says(*GRAZ, edits=[edit])
    shown = ""
    with pytest.raises(openai.APIError) as failed:  # noqa: PT012 - what came before it counts
        # Before a sentence is shown nothing has begun, and the failure has a status of its own.
        for chunk in served.client.chat.completions.create(**BODY, stream=True):  # type: ignore[call-overload]
            shown += "".join(choice.delta.content or "" for choice in chunk.choices)
    assert failed.value.code == code
    assert SECRET not in f"{shown} {failed.value}"
    assert shown in ("", "Graz is in Austria. ", "Graz is in Austria.")
    raw = ask(served, stream=True)
    assert "[DONE]" not in raw.text


def test_an_unreachable_upstream(guarded: Tenants) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    limits = Limits()
    with serving(guarded, {"": RemoteUpstream(f"http://127.0.0.1:{port}", None, limits)}, limits=limits) as served:
        for stream in (False, True):
            failed = ask(served, stream=stream)
            assert (failed.status_code, told(failed)["code"]) == (502, "upstream_unreachable")
        failed = served.http.get("/v1/models")
        assert (failed.status_code, told(failed)["code"]) == (502, "upstream_unreachable")


@pytest.mark.parametrize("sizes", [(1,), (2, 3), (7, 1, 11), (65536,)])
def test_events_are_read_wherever_they_are_split(served: Served, upstream: Upstream, sizes: tuple[int, ...]) -> None:
    text = ["Żółć ", "\u2028 in ", "東京 and ", "🙂\u0085 there."]
    upstream.plan = says(*text, edits=[resplit(*sizes)])
    stream = served.client.chat.completions.create(**BODY, stream=True)  # type: ignore[call-overload]
    shown = "".join(choice.delta.content or "" for chunk in stream for choice in chunk.choices)
    assert shown == "".join(text)


def test_a_stream_without_its_last_line_is_whole_once_every_choice_has_ended(
    served: Served, upstream: Upstream
) -> None:
    upstream.plan = Plan([Answer(["Graz."])], [end(after=3)])
    stream = served.client.chat.completions.create(**BODY, stream=True)  # type: ignore[call-overload]
    assert "".join(chunk.choices[0].delta.content or "" for chunk in stream) == "Graz."


@pytest.mark.parametrize("stream", [False, True])
def test_what_has_not_the_shape_of_an_answer_is_an_error_and_counted_once(
    served: Served, upstream: Upstream, stream: bool
) -> None:
    if stream:
        data = b'data: {"choices": [{"index": 0, "delta": {"content": 5}}]}\n\ndata: [DONE]\n\n'
        upstream.plan = Plan(instead=Reply(200, [("content-type", "text/event-stream")], [data]))
    else:
        upstream.plan = answer(200, {"choices": [{"index": 0, "message": {"content": 5}}]})
    before = counted(served)
    failed = ask(served, stream=stream)
    assert (failed.status_code, told(failed)["code"]) == (502, "upstream_malformed")
    assert counted(served) == before + 1


def counted(served: Served) -> float:
    """Return how many exchanges of chats ended in an abstention."""
    name = 'expunge_exchanges_total{action="abstain",surface="chat"} '
    lines = served.http.get("/metrics").text.splitlines()
    return sum(float(line.removeprefix(name)) for line in lines if line.startswith(name))
