"""Streams that somebody leaves, reads slowly, or waits for."""

import asyncio
import time
from typing import Any

import httpx
import pytest
from expunge.serving import guarded as guarding
from expunge.serving.intake import AHEAD, Intake
from expunge.serving.limits import Limits
from expunge.serving.tenants import Tenants
from expunge.serving.upstream import RemoteUpstream
from expunge.serving.wire import ClientGone, Events
from expunge.tests.serving.loopback import Served, serving
from expunge.tests.serving.scripted import Plan, Upstream, pace, says, stall

BODY: dict[str, Any] = {"model": "any", "messages": [{"role": "user", "content": "Where is Graz?"}]}
STREAM = {**BODY, "stream": True}
SLOW = says(*["Graz is in Austria. "] * 100, edits=[pace(0.02)])


@pytest.mark.parametrize("body", [BODY, STREAM])
def test_a_client_that_hangs_up_before_anything_came_stops_the_model(
    served: Served, upstream: Upstream, body: dict[str, Any]
) -> None:
    upstream.plan = Plan(first_byte_s=5)
    with pytest.raises(httpx.ReadTimeout):
        served.http.post("/v1/chat/completions", json=body, timeout=0.2)
    began = time.monotonic()
    upstream.settle()
    served.settle()
    assert upstream.hang_ups == 1
    assert time.monotonic() - began < 1


def test_a_client_that_hangs_up_half_way_stops_the_model(served: Served, upstream: Upstream, guarded: Tenants) -> None:
    upstream.plan = SLOW
    with served.http.stream("POST", "/v1/chat/completions", json=STREAM) as answer:
        assert next(answer.iter_text()).startswith("data: ")
    upstream.settle(1)
    served.settle(1)
    assert upstream.hang_ups == 1
    last = guarded.authenticate(None).tenant.store.ledger.entries(1, newest_first=True)[0]
    assert last.error or last.action != "release" or last.text_digest != last.draft_digest


async def test_a_client_that_takes_nothing_in_is_given_up() -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)
        if len(sent) > 2:
            await asyncio.sleep(10)

    events = Events(send, timeout_s=0.05)
    await events.send([{"a": "\u2028 and half \ud83d"}, {"b": 1}])
    assert sent[1]["body"].decode() == 'data: {"a":"\u2028 and half \\ud83d"}\n\ndata: {"b":1}\n\n'
    with pytest.raises(ClientGone):
        await events.done()


def test_silence_is_filled_with_comments(served: Served, upstream: Upstream, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guarding, "KEEP_ALIVE_S", 0.05)
    upstream.plan = says("Graz is", " in Austria.", edits=[stall(after=2, seconds=0.2)])
    answer = served.http.post("/v1/chat/completions", json=STREAM)
    assert ": keep-alive\n\n" in answer.text
    assert answer.headers["x-accel-buffering"] == "no"
    upstream.plan = says("Graz is", " in Austria.", edits=[stall(after=2, seconds=0.2)])
    said = served.client.chat.completions.create(**STREAM)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in said) == "Graz is in Austria."


def test_in_buffer_mode_all_comes_at_the_end(guarded: Tenants, upstream: Upstream) -> None:
    upstream.plan = says("Graz is in Austria. ", "Basel is in Switzerland. ", "Lyon is in France.")
    limits = Limits()
    with serving(guarded, {"": RemoteUpstream(upstream.url, None, limits)}, stream="buffer") as served:
        said = [chunk.choices[0].delta.content for chunk in served.client.chat.completions.create(**STREAM)]
    assert list(filter(None, said)) == ["Graz is in Austria. Basel is in Switzerland. Lyon is in France."]


class Endless:
    """A stream that never waits and never ends."""

    def __init__(self) -> None:
        self.read = 0
        self.closed = False

    async def __aenter__(self) -> "Endless":
        return self

    async def __aexit__(self, *error: object) -> None:
        self.closed = True

    def __aiter__(self) -> "Endless":
        return self

    async def __anext__(self) -> dict[str, Any]:
        self.read += 1
        return {"number": self.read}


async def test_reading_ahead_is_bounded_and_loses_nothing() -> None:
    stream = Endless()
    intake = Intake(stream)
    reading = asyncio.create_task(intake.read())
    taken: list[int] = []
    while len(taken) < 10 * AHEAD:
        batch = await asyncio.wait_for(intake.take(), 1)
        assert len(batch) <= AHEAD
        taken += [chunk["number"] for chunk in batch]
    assert taken == list(range(1, len(taken) + 1))
    assert stream.read <= len(taken) + AHEAD + 1
    intake.stop()
    await asyncio.wait_for(reading, 1)
    assert stream.closed
