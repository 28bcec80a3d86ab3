import re
import sqlite3
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from expunge import TargetStore
from expunge.errors import InputError, WrongKey
from expunge.stores.access_keys import AccessKeys, tenant_folder
from hypothesis import example, given
from hypothesis import strategies as st


@pytest.fixture
def access(store: TargetStore) -> Iterator[AccessKeys]:
    with closing(AccessKeys(store)) as keys:
        yield keys


def altered(store: TargetStore, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(store.path / "access.db")) as database, database:
        assert database.execute(statement, values).rowcount == 1


def test_a_key_is_found_until_it_is_revoked_and_says_whose_it_is(access: AccessKeys) -> None:
    secret, key = access.create("acme", admin=True, label="web shop")
    assert re.fullmatch(r"exp_[\w-]{43}", secret)
    assert access.find(secret) == key
    assert (key.tenant, key.admin, key.label, key.revoked_at) == ("acme", True, "web shop", None)
    revoked = access.revoke(key.id)
    assert revoked.revoked_at is not None
    assert access.find(secret) is None
    assert access.revoke(key.id) == revoked
    assert list(access) == [revoked]


def test_what_another_process_changes_is_seen_at_once(access: AccessKeys, store: TargetStore) -> None:
    with closing(AccessKeys(store)) as other:
        assert not access
        secret, key = other.create("acme")
        assert access
        assert access.find(secret) == key
        other.revoke(key.id)
        assert access.find(secret) is None


@given(text=st.text())
def test_no_other_text_is_a_key(access: AccessKeys, text: str) -> None:
    secret, _ = access.create("acme")
    assert access.find(text) is None
    assert access.find(f"{secret}{text or ' '}") is None
    assert access.find(secret[: len(text) % len(secret)]) is None


def test_keys_are_not_on_the_disk(access: AccessKeys, store: TargetStore) -> None:
    secrets = [access.create("acme", label=f"label {number}").secret for number in range(5)]
    content = b"".join(path.read_bytes() for path in store.path.rglob("*") if path.is_file())
    for secret in secrets:
        bare = secret.removeprefix("exp_")
        assert bare.encode() not in content
        assert urlsafe_b64decode(bare + "=") not in content
    assert b"label" not in content


def test_who_can_write_to_the_file_cannot_widen_a_key(access: AccessKeys, store: TargetStore) -> None:
    admin, plain = (access.create("acme", admin=admin) for admin in (True, False))
    altered(
        store,
        "UPDATE keys SET sealed = (SELECT sealed FROM keys WHERE id = ?) WHERE id = ?",
        admin.key.id,
        plain.key.id,
    )
    with pytest.raises(WrongKey):
        access.find(plain.secret)


def test_a_key_of_another_register_is_none(access: AccessKeys, store: TargetStore, tmp_path: Path) -> None:
    with TargetStore(tmp_path / "other") as other, closing(AccessKeys(other)) as foreign:
        secret, key = foreign.create("acme", admin=True)
        [row] = foreign._database.query("SELECT digest, sealed FROM keys")
    assert access.find(secret) is None
    altered(store, "INSERT INTO keys (id, digest, sealed) VALUES (?, ?, ?)", key.id, *row)
    with pytest.raises(WrongKey):
        access.find(secret)


def test_an_id_that_no_key_has_is_said(access: AccessKeys) -> None:
    with pytest.raises(InputError, match="'key_0'"):
        access.revoke("key_0")


@given(name=st.from_regex(r"[a-z0-9][a-z0-9-]{0,62}", fullmatch=True))
def test_a_tenant_has_a_folder_of_its_own(name: str) -> None:
    folder = tenant_folder(Path("/srv"), name)
    assert folder == (Path("/srv") if name == "default" else Path("/srv/tenants") / name)


@given(name=st.text().filter(lambda name: not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,62}", name)))
@example(name="..")
@example(name="../acme")
@example(name="a/b")
@example(name="Acme")
@example(name="acme\n")
@example(name="a" * 64)
def test_what_is_no_name_of_a_tenant_is_refused(access: AccessKeys, name: str) -> None:
    with pytest.raises(InputError):
        tenant_folder(Path("/srv"), name)
    with pytest.raises(InputError):
        access.create(name)
    assert not access
