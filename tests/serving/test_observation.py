import logging
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import openai
import pytest
from expunge.schema import Finding, Verdict
from expunge.serving.decision import decision_of
from expunge.serving.limits import Limits
from expunge.serving.tenants import Tenants
from expunge.serving.upstream import RemoteUpstream
from expunge.tests.serving.loopback import ASKED, SECRET, Served, serving
from expunge.tests.serving.scripted import Upstream, error, fail, says
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

CLEAN = "Graz is in Austria."


@pytest.fixture(scope="module")
def spans() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture(scope="module")
def watched(guarded: Tenants, spans: InMemorySpanExporter) -> Iterator[tuple[Served, Upstream]]:
    """A server whose spans are kept."""
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    limits = Limits()
    with (
        Upstream() as upstream,
        serving(
            guarded,
            {"far": RemoteUpstream(upstream.url, None, limits)},
            limits=limits,
            tracer_provider=provider,
        ) as served,
    ):
        yield served, upstream
    provider.shutdown()


def ask(served: Served, text: str, *, stream: bool, model: str = "far/any") -> None:
    messages: Any = [{"role": "user", "content": text}]
    asked: Any = served.client.chat.completions.create(model=model, messages=messages, stream=stream)
    for _ in asked if stream else ():
        pass


def kept(spans: InMemorySpanExporter) -> list[ReadableSpan]:
    finished = list(spans.get_finished_spans())
    spans.clear()
    return finished


def figure(served: Served, name: str) -> float:
    (line,) = re.findall(rf"^{re.escape(name)} (.+)$", served.http.get("/metrics").text, re.MULTILINE)
    return float(line)


def test_exchanges_are_counted_and_timed(watched: tuple[Served, Upstream], spans: InMemorySpanExporter) -> None:
    served, upstream = watched
    upstream.plan = says(CLEAN)
    for stream in (False, True):
        ask(served, "Where is Graz?", stream=stream)
        ask(served, "Where was Hina Ameen born?", stream=stream)
    assert figure(served, 'expunge_exchanges_total{action="release",surface="chat"}') == 2
    assert figure(served, 'expunge_exchanges_total{action="abstain",surface="chat"}') == 2
    assert figure(served, 'expunge_findings_total{layer="alias"}') >= 2
    assert figure(served, 'expunge_added_milliseconds_count{surface="chat"}') == 4
    assert figure(served, 'expunge_first_release_seconds_count{surface="chat"}') == 4
    assert figure(served, 'expunge_in_flight{upstream="far"}') == 0
    clean, denied = kept(spans)[:2]
    assert clean.name == "expunge.exchange"
    assert dict(clean.attributes or {}) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "far/any",
        "expunge.action": "release",
        "expunge.layers": (),
        "expunge.elapsed_ms": (clean.attributes or {})["expunge.elapsed_ms"],
    }
    assert (denied.attributes or {})["expunge.action"] == "abstain"
    assert "alias" in str((denied.attributes or {})["expunge.layers"])


def test_failures_are_counted_by_kind(watched: tuple[Served, Upstream], spans: InMemorySpanExporter) -> None:
    served, upstream = watched
    upstream.next.append(error(500))
    with pytest.raises(openai.InternalServerError):
        ask(served, "Where is Graz?", stream=False)
    assert figure(served, 'expunge_upstream_errors_total{kind="failed",upstream="far"}') == 1
    (span,) = kept(spans)
    assert (span.attributes or {})["error.type"] == "failed"
    assert not span.status.is_ok
    assert not span.events


def test_no_content_is_told_anywhere(
    watched: tuple[Served, Upstream],
    spans: InMemorySpanExporter,
    guarded: Tenants,
    caplog: pytest.LogCaptureFixture,
) -> None:
    served, upstream = watched
    caplog.set_level(logging.DEBUG)
    plans = [
        says(SECRET),
        says("It is so. ", SECRET),
        says(SECRET, edits=[fail(2, SECRET)]),
        error(400, SECRET),
        error(500, SECRET),
    ]
    for plan in plans:
        for stream in (False, True):
            upstream.plan = plan
            for text in (ASKED, SECRET, "Go on."):
                with suppress(openai.APIError):
                    ask(served, text, stream=stream)
    with pytest.raises(openai.NotFoundError):
        ask(served, "Go on.", stream=False, model="Who was born in Karachi?")
    (target,) = guarded.authenticate(None).tenant.store.list()
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith(("openai", "httpcore"))]
    everything = [served.http.get("/metrics").text, *(span.to_json() for span in kept(spans)), *ours]
    assert len(everything) > len(plans)
    for told in everything:
        for word in ("Karachi", "Hina", "Ameen", "06/30/1975", target.id, "default"):
            assert word not in told


def verdict(action: str, **fields: object) -> Verdict:
    return Verdict.model_validate({"action": action, "text": "", **fields})


def test_the_most_severe_choice_counts() -> None:
    finding = Finding(target="tgt_1", start=0, end=1, where="draft", layer="alias", score=1, threshold=1)
    told = decision_of(
        [
            verdict("rewrite", targets=["tgt_2"], elapsed_ms=1.5),
            verdict("abstain", targets=["tgt_1"], findings=[finding], elapsed_ms=2, error="NoMessage"),
            verdict("release"),
        ]
    )
    assert told == {
        "action": "abstain",
        "targets": ["tgt_1", "tgt_2"],
        "layers": ["alias"],
        "elapsed_ms": 3.5,
        "level": "suppression",
        "error": "NoMessage",
    }
