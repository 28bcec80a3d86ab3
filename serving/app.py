"""The server as an ASGI application."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path

from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig
from opentelemetry.trace import TracerProvider

from ..schema import StreamMode
from . import chat, checks, errors, guardrail, health, page, reviews, targets, unlearning
from .job_places import JobModels
from .limits import BodyLimit, Limits
from .observation import Observation
from .service import Service
from .tenants import Tenants
from .upstreams import Upstream, Upstreams

# FastAPI's own telemetry would record query strings, exceptions and their tracebacks.
_SILENT: TelemetryConfig = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
}

# Checks at once, for each exchange that one upstream may have under way, where agents have models.
_WAITING = 4


def create_app(
    tenants: Tenants,
    upstreams: Mapping[str, Upstream],
    *,
    limits: Limits | None = None,
    stream: StreamMode = "sentence",
    tracer_provider: TracerProvider | None = None,
    models_to_unlearn: Mapping[str, Path] | None = None,
) -> FastAPI:
    """Make the server.

    Args:
        tenants: The registers, by the keys of those who call. Closed by whoever made it.
        upstreams: The models, by name; the models of one with an empty name go by their own names.
        limits: How much is taken on; `None`: the defaults.
        stream: How streams are released.
        tracer_provider: Where spans go; `None`: to OpenTelemetry's global provider.
        models_to_unlearn: The folders of the models that weight-level jobs may be asked for, and of their controls,
            by name; others cannot be reached over HTTP.

    Returns:
        The application. Its `state.service` holds what its answers are made with.
    """
    limits = limits or Limits()
    service = Service(Upstreams(upstreams, limits), limits, stream, Observation(tracer_provider))
    if tenants.ask_models:
        # Their checks wait for models; others, and checks of no upstream, are not to wait for those.
        service.workers.total_tokens = _WAITING * limits.concurrency
    for backend in service.upstreams.backends.values():
        service.observation.watch(backend.name, backend.admission)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await service.upstreams.close()

    # No pages of documentation: they would run another site's scripts where an administrator's key is typed in.
    app = FastAPI(
        title="expunge",
        version=version("expunge"),
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        telemetry=_SILENT,
    )
    app.state.tenants = tenants
    app.state.service = service
    app.state.job_models = JobModels(models_to_unlearn or {})
    app.add_middleware(BodyLimit, most=limits.max_body, within_s=limits.body_timeout_s)
    errors.install(app)
    for part in (chat, checks, guardrail, targets, reviews, unlearning, health, page):
        app.include_router(part.router)
    return app
