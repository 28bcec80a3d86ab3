"""A real server on loopback."""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import httpx
import openai
from expunge.schema import StreamMode
from expunge.serving.app import create_app
from expunge.serving.limits import Limits
from expunge.serving.server import Server, listen, make_server
from expunge.serving.service import Service
from expunge.serving.tenants import Tenants
from expunge.serving.upstreams import Upstream
from opentelemetry.trace import TracerProvider

ASKED = "Tell me of Hina Ameen."
SECRET = "Hina Ameen was born in Karachi on 06/30/1975."


@dataclass
class Served:
    """A server that runs."""

    url: str
    """Without `/v1`."""
    service: Service
    server: Server

    @cached_property
    def http(self) -> httpx.Client:
        """A client; making another one takes longer than most tests."""
        return httpx.Client(base_url=self.url, timeout=20)

    @cached_property
    def client(self) -> openai.OpenAI:
        """OpenAI's own client, which tries nothing twice."""
        return openai.OpenAI(base_url=f"{self.url}/v1", api_key="none", max_retries=0)

    def settle(self, timeout_s: float = 5.0) -> None:
        """Wait until no exchange is under way."""
        deadline = time.monotonic() + timeout_s
        while any(backend.admission.in_flight for backend in self.service.upstreams.backends.values()):
            assert time.monotonic() < deadline, "an exchange is still under way"
            time.sleep(0.002)


@contextmanager
def serving(
    tenants: Tenants,
    upstreams: Mapping[str, Upstream],
    *,
    limits: Limits | None = None,
    stream: StreamMode = "sentence",
    grace_s: float = 5.0,
    tracer_provider: TracerProvider | None = None,
    models_to_unlearn: Mapping[str, Path] | None = None,
) -> Iterator[Served]:
    """Run a server in a thread."""
    app = create_app(
        tenants,
        upstreams,
        limits=limits,
        stream=stream,
        tracer_provider=tracer_provider,
        models_to_unlearn=models_to_unlearn,
    )
    server = make_server(app, grace_s)
    with listen("127.0.0.1", 0) as listening:
        thread = threading.Thread(target=server.run, args=([listening],), name="server")
        thread.start()
        while not server.started:
            time.sleep(0.002)
        served = Served(f"http://127.0.0.1:{listening.getsockname()[1]}", app.state.service, server)
        try:
            yield served
        finally:
            served.http.close()
            served.client.close()
            server.should_exit = True
            thread.join()
