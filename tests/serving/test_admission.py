import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from typing import Any

import openai
import pytest
from expunge.serving.admission import LONGEST_RETRY_S, Admission
from expunge.serving.errors import ApiError
from expunge.serving.limits import Limits
from expunge.serving.tenants import Tenants
from expunge.serving.upstream import RemoteUpstream
from expunge.tests.serving.loopback import serving
from expunge.tests.serving.scripted import Plan, Upstream, says


async def test_who_finds_the_queue_full_is_told_when_to_come_back() -> None:
    admission = Admission(Limits(concurrency=1, queue=1))
    async with admission.place():
        waiting = asyncio.create_task(hold(admission))
        await asyncio.sleep(0)
        assert (admission.in_flight, admission.waiting) == (1, 1)
        with pytest.raises(ApiError) as refused:
            await hold(admission)
    assert refused.value.status == 429
    assert 1 <= int((refused.value.headers or {})["Retry-After"]) <= LONGEST_RETRY_S
    await asyncio.wait_for(waiting, 1)
    assert (admission.in_flight, admission.waiting) == (0, 0)


async def test_nobody_waits_longer_than_is_said() -> None:
    admission = Admission(Limits(concurrency=1, queue=5, queue_timeout_s=0.05))
    async with admission.place():
        with pytest.raises(ApiError):
            await asyncio.wait_for(hold(admission), 1)
    await asyncio.wait_for(hold(admission), 1)


async def test_who_waits_is_served_in_order() -> None:
    admission, order = Admission(Limits(concurrency=2, queue=20)), list[int]()

    async def enter(number: int) -> None:
        async with admission.place():
            assert admission.in_flight <= 2
            order.append(number)
            await asyncio.sleep(0)

    await asyncio.gather(*map(enter, range(20)))
    assert order == list(range(20))


async def test_who_leaves_the_queue_leaves_no_gap() -> None:
    admission = Admission(Limits(concurrency=1, queue=10))
    async with admission.place():
        leaving = [asyncio.create_task(hold(admission)) for _ in range(5)]
        staying = asyncio.create_task(hold(admission))
        await asyncio.sleep(0)
        for task in leaving:
            task.cancel()
        await asyncio.wait(leaving)
        assert admission.waiting == 1
    await asyncio.wait_for(staying, 1)


async def test_an_exchange_that_fails_frees_its_place() -> None:
    admission = Admission(Limits(concurrency=1, queue=0))
    for _ in range(3):
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(admission.place())
            stack.push(lambda *_: True)
            raise ValueError
    assert admission.in_flight == 0


async def hold(admission: Admission) -> None:
    async with admission.place():
        pass


def test_a_slow_upstream_is_in_nobody_elses_way(guarded: Tenants, upstream: Upstream) -> None:
    upstream.models["slow"] = Plan(first_byte_s=0.6)
    upstream.models["fast"] = says("Paris.")
    limits = Limits(concurrency=1, queue=1)
    upstreams = {name: RemoteUpstream(upstream.url, None, limits) for name in ("a", "b")}
    with serving(guarded, upstreams, limits=limits) as served, ThreadPoolExecutor(2) as pool:

        def ask(model: str) -> str:
            messages: Any = [{"role": "user", "content": "Where is it?"}]
            answer = served.client.chat.completions.create(model=model, messages=messages)
            return str(answer.choices[0].message.content)

        slow = [pool.submit(ask, "a/slow") for _ in range(2)]
        while not served.service.upstreams.backends["a"].admission.waiting:
            time.sleep(0.002)
        with pytest.raises(openai.RateLimitError) as refused:
            ask("a/fast")
        assert refused.value.code == "rate_limit_exceeded"
        assert int(refused.value.response.headers["retry-after"]) >= 1
        began = time.monotonic()
        assert [ask("b/fast") for _ in range(3)] == ["Paris."] * 3
        assert time.monotonic() - began < 0.4
        assert not slow[0].done()
        assert served.service.observation.text().count(b'expunge_waiting{upstream="a"} 1.0') == 1
        assert [answer.result() for answer in slow] == ["Paris."] * 2
