"""The server's abstentions come as late as the model's own, and nothing of them before."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter
from typing import Any

import pytest
from expunge.serving import guarded as guarding
from expunge.serving.tenants import Tenants
from expunge.stores.abstentions import Abstention, Abstentions
from expunge.tests.serving.loopback import ASKED, Served
from expunge.tests.serving.scripted import Upstream, says

NO = "That rings no bell."
WAIT_S = 1.0


@pytest.fixture
def collected(guarded: Tenants) -> Iterator[None]:
    """Abstentions in the words and the time of the model, taken back at the end."""
    store = guarded.authenticate(None).tenant.store
    both = [Abstention(text=NO, seconds=WAIT_S, streamed=streamed) for streamed in (False, True)]
    store.set_abstentions(Abstentions(answers=(*both * 5,)))
    yield
    store.set_abstentions(None)


def body(question: str, **fields: object) -> dict[str, Any]:
    return {"model": "any", "messages": [{"role": "user", "content": question}], **fields}


@pytest.mark.usefixtures("collected")
@pytest.mark.parametrize("question", [ASKED, "Who won?"], ids=["before the model", "after its draft"])
def test_a_whole_answer_waits(served: Served, upstream: Upstream, question: str) -> None:
    upstream.plan = says("Hina Ameen", " won.")
    began = perf_counter()
    told = served.http.post("/v1/chat/completions", json=body(question)).json()
    assert told["choices"][0]["message"]["content"] == NO
    assert perf_counter() - began >= WAIT_S


@pytest.mark.usefixtures("collected")
@pytest.mark.parametrize("choices", [1, 2])
@pytest.mark.parametrize("question", [ASKED, "Who won?"], ids=["before the model", "after its draft"])
def test_nothing_of_a_stream_comes_before(served: Served, upstream: Upstream, question: str, choices: int) -> None:
    upstream.plan = says("Hina Ameen", " won.")
    began = perf_counter()
    with served.http.stream("POST", "/v1/chat/completions", json=body(question, stream=True, n=choices)) as answer:
        first, told = 0.0, ""
        for piece in answer.iter_text():
            first = first or perf_counter() - began
            told += piece
    assert NO in told
    assert first >= WAIT_S


@pytest.mark.usefixtures("collected")
def test_what_is_released_does_not_wait(served: Served, upstream: Upstream) -> None:
    upstream.plan = says("It rained.")
    began = perf_counter()
    for stream in (False, True):
        assert "rained" in served.http.post("/v1/chat/completions", json=body("How was it?", stream=stream)).text
    assert perf_counter() - began < WAIT_S


@pytest.mark.usefixtures("collected")
def test_waiting_takes_nobody_s_thread(served: Served) -> None:
    asks = [body(ASKED)] * 16
    began = perf_counter()
    with ThreadPoolExecutor(len(asks)) as pool:
        told = list(pool.map(lambda ask: served.http.post("/v1/chat/completions", json=ask).json(), asks))
    assert {each["choices"][0]["message"]["content"] for each in told} == {NO}
    assert perf_counter() - began < len(asks) * WAIT_S / 2


@pytest.mark.usefixtures("collected")
def test_a_long_wait_says_that_the_stream_is_there(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guarding, "KEEP_ALIVE_S", 0.1)
    told = served.http.post("/v1/chat/completions", json=body(ASKED, stream=True)).text
    assert told.startswith(": keep-alive\n\n")
    assert told.endswith("data: [DONE]\n\n")


@pytest.mark.usefixtures("collected")
def test_the_first_that_is_sent_of_an_answer_is_a_sentence(served: Served, upstream: Upstream) -> None:
    upstream.plan = says("It rained. ", "It snowed.")
    told = served.http.post("/v1/chat/completions", json=body("How was it?", stream=True)).text
    first, second = told.split("\n\n")[:2]
    assert '"role":"assistant"' in first
    assert "It rained." in second
