import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from expunge import Target, TargetStore
from expunge.errors import AccessDenied, StoreError
from expunge.serving.tenants import Tenants
from expunge.stores.access_keys import AccessKeys, tenant_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "served"


@pytest.fixture
def access(folder: Path) -> Iterator[AccessKeys]:
    """The keys, as `expunge keys` changes them beside a server that is running."""
    with TargetStore(folder) as register, closing(AccessKeys(register)) as keys:
        yield keys


@pytest.fixture
def tenants(folder: Path) -> Iterator[Tenants]:
    with closing(Tenants(folder)) as opened:
        yield opened


def make(folder: Path, tenant: str) -> None:
    TargetStore(tenant_folder(folder, tenant)).close()


def test_without_keys_everyone_is_the_administrator_of_the_register_in_the_folder(
    tenants: Tenants, folder: Path
) -> None:
    assert not tenants.has_keys
    caller = tenants.authenticate(None)
    assert (caller.tenant.name, caller.tenant.store.path, caller.admin) == ("default", folder, True)
    assert tenants.authenticate("whatever").tenant is caller.tenant


def test_with_the_first_key_nobody_else_is_let_in_also_when_it_was_revoked(
    tenants: Tenants, access: AccessKeys
) -> None:
    secret, key = access.create("default", label="web shop")
    for wrong in (None, "", "exp_", secret[:-1], key.id):
        with pytest.raises(AccessDenied) as denied:
            tenants.authenticate(wrong)
        assert secret[:-1] not in str(denied.value)
    caller = tenants.authenticate(secret)
    assert (caller.tenant.name, caller.admin, caller.who) == ("default", False, "web shop")
    access.revoke(key.id)
    for gone in (secret, None):
        with pytest.raises(AccessDenied):
            tenants.authenticate(gone)
        with pytest.raises(AccessDenied):
            tenants.recognise(gone)
    assert tenants.has_keys


def test_a_tenant_is_opened_once_however_many_ask_at_a_time(tenants: Tenants, access: AccessKeys, folder: Path) -> None:
    make(folder, "acme")
    secret, key = access.create("acme", admin=True)
    assert tenants.recognise(secret) is None
    with ThreadPoolExecutor(8) as pool:
        callers = list(pool.map(tenants.authenticate, [secret] * 8))
    assert len({id(caller.tenant) for caller in callers}) == 1
    assert tenants.recognise(secret) == callers[0]
    assert callers[0].who == key.id
    assert callers[0].tenant.store.path == folder / "tenants" / "acme"


def test_a_register_that_is_missing_is_not_made_anew(tenants: Tenants, access: AccessKeys, folder: Path) -> None:
    make(folder, "acme")
    secret, _ = access.create("acme")
    shutil.rmtree(folder / "tenants" / "acme")
    with pytest.raises(StoreError, match="'acme' is missing"):
        tenants.authenticate(secret)
    assert not (folder / "tenants" / "acme").exists()


def test_the_command_line_and_the_server_see_the_same_register(
    tenants: Tenants, access: AccessKeys, folder: Path, hina: Target
) -> None:
    make(folder, "acme")
    acme, default = (tenants.authenticate(access.create(name).secret).tenant for name in ("acme", "default"))
    with TargetStore(folder / "tenants" / "acme") as beside:
        beside.add(hina)
    assert [target.name for target in acme.store] == ["Hina Ameen"]
    assert acme.sanitizer.check("Where was Hina Ameen born?").action == "abstain"
    assert default.sanitizer.check("Where was Hina Ameen born?").action == "release"
    assert (len(acme.store.ledger.entries()), len(default.store.ledger.entries())) == (1, 1)


def test_knowing_a_key_again_costs_microseconds(tenants: Tenants, access: AccessKeys) -> None:
    secret = [access.create("default").secret for _ in range(100)][-1]
    tenants.authenticate(secret)
    began = time.perf_counter()
    for _ in range(1_000):
        tenants.recognise(secret)
    assert time.perf_counter() - began < 0.5  # 500 µs each, some twenty times what it takes
