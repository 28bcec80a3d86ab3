"""Metrics for Prometheus and spans for OpenTelemetry: figures and layers, no content and no ids of anybody."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter
from typing import Literal

from opentelemetry.trace import Span, SpanKind, Status, StatusCode, TracerProvider, get_tracer
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from ..graphs.draft import is_name
from ..schema import Verdict
from .admission import Admission
from .decision import decision_of
from .errors import ApiError
from .failures import UpstreamFailure

Surface = Literal["chat", "check", "guardrail"]
"""Where an exchange comes in."""

_ADDED_MS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000)
_FIRST_S = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)


class Observed:
    """An exchange that is being watched."""

    def __init__(self, observation: "Observation", surface: Surface, span: Span) -> None:
        self._observation = observation
        self._surface = surface
        self._span = span
        self._began = perf_counter()
        self._first = True

    def released(self) -> None:
        """Note that something is shown; the first time counts."""
        if self._first:
            self._first = False
            self._observation.first_release.labels(self._surface).observe(perf_counter() - self._began)

    def decided(self, verdicts: Sequence[Verdict]) -> None:
        """Note what was decided."""
        for verdict in verdicts:
            self._observation.decided(self._surface, verdict)
        if verdicts:
            told = decision_of(verdicts)
            self._span.set_attributes({f"expunge.{name}": told[name] for name in ("action", "layers", "elapsed_ms")})

    def failed(self, upstream: str, error: ApiError) -> None:
        """Note why there was no answer."""
        kind = error.kind if isinstance(error, UpstreamFailure) else str(error.status)
        if isinstance(error, UpstreamFailure):
            self._observation.upstream_errors.labels(upstream, kind).inc()
        self._span.set_attribute("error.type", kind)
        self._span.set_status(Status(StatusCode.ERROR))


class Observation:
    """What is measured about one server.

    Args:
        tracer_provider: Where spans go; `None`: to OpenTelemetry's global provider.
    """

    def __init__(self, tracer_provider: TracerProvider | None = None) -> None:
        self._tracer = get_tracer("expunge", tracer_provider=tracer_provider)
        self._registry = own = CollectorRegistry()
        self.exchanges = Counter("expunge_exchanges", "Exchanges decided.", ["surface", "action"], registry=own)
        self.findings = Counter("expunge_findings", "Findings in them.", ["layer"], registry=own)
        self.agents = Counter("expunge_agent_calls", "Requests to agents' models.", ["agent", "outcome"], registry=own)
        self.tokens = Counter("expunge_agent_tokens", "Tokens that they read and wrote.", ["agent"], registry=own)
        self.added = Histogram(
            "expunge_added_milliseconds",
            "What an exchange took beyond the model's own time.",
            ["surface"],
            buckets=_ADDED_MS,
            registry=own,
        )
        self.first_release = Histogram(
            "expunge_first_release_seconds",
            "From the request to the first word shown.",
            ["surface"],
            buckets=_FIRST_S,
            registry=own,
        )
        self.upstream_errors = Counter(
            "expunge_upstream_errors", "Failures of models.", ["upstream", "kind"], registry=own
        )
        self._in_flight = Gauge("expunge_in_flight", "Exchanges under way.", ["upstream"], registry=own)
        self._waiting = Gauge("expunge_waiting", "Exchanges that wait for a model.", ["upstream"], registry=own)

    def watch(self, upstream: str, admission: Admission) -> None:
        """Tell from now on how full an upstream is."""
        self._in_flight.labels(upstream).set_function(lambda: admission.in_flight)
        self._waiting.labels(upstream).set_function(lambda: admission.waiting)

    def decided(self, surface: Surface, verdict: Verdict) -> None:
        """Count a decision."""
        self.exchanges.labels(surface, verdict.action).inc()
        self.added.labels(surface).observe(verdict.elapsed_ms)
        for finding in verdict.findings:
            self.findings.labels(finding.layer).inc()
        for call in verdict.agents:
            self.agents.labels(call.agent, call.outcome).inc(call.calls)
            self.tokens.labels(call.agent).inc(call.tokens)

    @contextmanager
    def exchange(self, surface: Surface, model: str) -> Iterator[Observed]:
        """Open a span around an exchange. No exception is recorded in it: its text may be a draft's."""
        attributes = {"gen_ai.operation.name": "chat"}
        # Of what a caller asks for only this is told on.
        if is_name(model):
            attributes["gen_ai.request.model"] = model
        with self._tracer.start_as_current_span(
            "expunge.exchange",
            kind=SpanKind.SERVER,
            attributes=attributes,
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            yield Observed(self, surface, span)

    def text(self) -> bytes:
        """Return all metrics in Prometheus' text format."""
        return generate_latest(self._registry)
