"""Stopping, and what is logged."""

import logging
import threading
import time
from typing import Any

import httpx
import openai
import pytest
from expunge.errors import InputError
from expunge.serving.limits import Limits
from expunge.serving.server import WithoutTraceback, listen
from expunge.serving.tenants import Tenants
from expunge.serving.upstream import RemoteUpstream
from expunge.tests.serving.loopback import serving
from expunge.tests.serving.scripted import Plan, Upstream, pace, says

STREAM: dict[str, Any] = {"model": "any", "messages": [{"role": "user", "content": "Where is Graz?"}], "stream": True}
LIMITS = Limits()


def text_of(stream: Any) -> str:
    return "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)


def test_health_needs_no_key_and_tells_when_the_server_stops(guarded: Tenants, upstream: Upstream) -> None:
    with serving(guarded, {"": RemoteUpstream(upstream.url, None, LIMITS)}) as served:
        assert served.http.get("/healthz").json()["status"] == "ok"
        served.service.stopping.set()
        answer = served.http.get("/healthz")
    assert (answer.status_code, answer.json()["status"]) == (503, "stopping")


def test_a_stream_under_way_ends_before_the_server_does(guarded: Tenants, upstream: Upstream) -> None:
    upstream.plan = says("Graz is", " in", " Austria.", edits=[pace(0.1)])
    with serving(guarded, {"": RemoteUpstream(upstream.url, None, LIMITS)}, grace_s=5) as served:
        stream = iter(served.client.chat.completions.create(**STREAM))
        next(stream)
        served.server.should_exit = True
        assert text_of(stream) == "Graz is in Austria."


def test_when_its_grace_is_over_the_server_ends_what_is_left(guarded: Tenants, upstream: Upstream) -> None:
    upstream.models["any"] = says("Graz is in Austria. ", *["And so on. "] * 1_000, edits=[pace(0.05)])
    upstream.models["late"] = Plan(first_byte_s=20)
    outcomes: list[httpx.Response] = []
    with serving(guarded, {"": RemoteUpstream(upstream.url, None, LIMITS)}, grace_s=0.2) as served:
        stream = iter(served.client.chat.completions.create(**STREAM))
        next(stream)
        body = {**STREAM, "model": "late", "stream": False}
        waiting = threading.Thread(target=lambda: outcomes.append(served.http.post("/v1/chat/completions", json=body)))
        waiting.start()
        while upstream.busy < 2:
            time.sleep(0.002)
        began = time.monotonic()
        served.server.should_exit = True
        with pytest.raises(openai.APIError) as ended:
            text_of(stream)
        waiting.join()
        assert time.monotonic() - began < 2
    assert ended.value.code == "server_stopping"
    assert (outcomes[0].status_code, outcomes[0].json()["error"]["code"]) == (503, "server_stopping")
    upstream.settle()
    assert upstream.hang_ups == 2


def test_a_port_that_is_taken_is_named() -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(InputError, match=str(port)):
            listen("127.0.0.1", port)


def test_a_log_names_an_exception_and_tells_nothing_of_it() -> None:
    error = ValueError("the draft's secret")
    failed = (type(error), error, error.__traceback__)
    record = logging.LogRecord("uvicorn.error", logging.ERROR, "", 0, "It failed", (), failed)
    assert WithoutTraceback("%(message)s").format(record) == "It failed\nValueError"
