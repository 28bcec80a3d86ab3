"""A server before a scripted upstream, with one target that nobody may be told of."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from expunge import Target
from expunge.serving.limits import Limits
from expunge.serving.tenants import Tenants
from expunge.serving.upstream import RemoteUpstream
from expunge.tests.serving import scripted
from expunge.tests.serving.loopback import SECRET, Served, serving


@pytest.fixture(scope="session")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tenants]:
    """One tenant with one target, and no keys: whoever calls is its administrator."""
    with closing(Tenants(tmp_path_factory.mktemp("guarded"))) as tenants:
        tenant = tenants.authenticate(None).tenant
        tenant.store.add(Target(name="Hina Ameen", documents=[SECRET, 'Hina Ameen wrote "Granite Glossary".']))
        tenant.sanitizer.check("Hello!", "Hello!")  # what is loaded at the first exchange would count for a test
        yield tenants


@pytest.fixture(scope="session")
def _scripted() -> Iterator[scripted.Upstream]:
    with scripted.Upstream() as upstream:
        yield upstream


@pytest.fixture
def upstream(_scripted: scripted.Upstream) -> scripted.Upstream:
    """The scripted upstream, with nothing scripted yet."""
    _scripted.settle()
    _scripted.plan = scripted.Plan()
    _scripted.models.clear()
    _scripted.next.clear()
    _scripted.requests.clear()
    _scripted.hang_ups = 0
    return _scripted


@pytest.fixture(scope="session")
def _served(guarded: Tenants, _scripted: scripted.Upstream) -> Iterator[Served]:
    limits = Limits(timeout_s=0.3, max_body=100_000)
    with serving(guarded, {"": RemoteUpstream(_scripted.url, "upstream's key", limits)}, limits=limits) as served:
        yield served


@pytest.fixture
def served(_served: Served, upstream: scripted.Upstream) -> Served:
    """A server before the scripted upstream; it gives up after a third of a second of silence."""
    return _served
