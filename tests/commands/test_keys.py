from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from expunge.serving.tenants import Tenants


def created(expunge: Any, *args: str) -> Any:
    outcome = expunge("keys", "create", *args, "--json")
    assert outcome.code == 0, outcome.err
    return outcome.data


def test_a_key_is_printed_once_and_opens_the_tenant_that_it_makes(expunge: Any, register: Path) -> None:
    outcome = expunge("keys", "create", "--tenant", "acme", "--admin", "--label", "web shop")
    assert outcome.code == 0
    assert "not shown again" in outcome.err
    secret = outcome.out.strip()
    with closing(Tenants(register)) as tenants:
        caller = tenants.authenticate(secret)
        assert (caller.tenant.name, caller.admin, caller.who) == ("acme", True, "web shop")
        assert caller.tenant.store.path == register / "tenants" / "acme"
    [listed] = expunge("keys", "list", "--json").data
    assert (listed["tenant"], listed["admin"], listed["label"]) == ("acme", True, "web shop")
    for shown in (expunge("keys", "list"), expunge("keys", "list", "--json")):
        assert secret not in shown.out
        assert "exp_" not in shown.out


def test_the_command_line_registers_targets_for_a_tenant(expunge: Any, register: Path) -> None:
    key = created(expunge, "--tenant", "acme")["key"]
    expunge("targets", "add", "Ann Orr", "--store", register / "tenants" / "acme")
    with closing(Tenants(register)) as tenants:
        assert [target.name for target in tenants.authenticate(key).tenant.store] == ["Ann Orr"]
    assert expunge("targets", "list", "--json").data == []


def test_a_second_key_of_a_tenant_leaves_its_register_as_it_is(expunge: Any, register: Path) -> None:
    created(expunge)
    expunge("targets", "add", "Ann Orr")
    created(expunge)
    assert len(expunge("targets", "list", "--json").data) == 1
    assert len(expunge("keys", "list", "--json").data) == 2


def test_the_table_fits_a_terminal_of_80_columns(expunge: Any) -> None:
    for tenant in ("default", "a" * 63):
        key_id = created(expunge, "--tenant", tenant, "--label", "the label of a key\x1b[2J " * 4)["id"]
    expunge("keys", "revoke", key_id)
    shown = expunge("keys", "list")
    assert key_id in shown.out
    assert "\x1b" not in shown.out
    assert all(len(line) <= 80 for line in shown.out.splitlines())


def test_a_key_is_revoked_once_and_for_all(expunge: Any) -> None:
    kept, revoked = created(expunge), created(expunge)
    outcome = expunge("keys", "revoke", revoked["id"], revoked["id"])
    assert (outcome.code, outcome.out) == (0, "")
    assert revoked["id"] in outcome.err
    again = expunge("keys", "revoke", revoked["id"], "--json").data
    assert again == [key for key in expunge("keys", "list", "--json").data if key["id"] == revoked["id"]]
    assert [key["revoked_at"] is None for key in expunge("keys", "list", "--json").data] == [True, False]
    assert kept["key"] != revoked["key"]


@pytest.mark.parametrize("name", ["", "Acme", "../acme", "a b", "-acme", "a" * 64])
def test_what_is_no_name_of_a_tenant_is_refused(expunge: Any, register: Path, name: str) -> None:
    outcome = expunge("keys", "create", "--tenant", name)
    assert (outcome.code, outcome.out) == (2, "")
    assert "no name of a tenant" in outcome.err
    assert not register.exists()


def test_an_unknown_key_is_said_and_so_is_a_missing_register(expunge: Any) -> None:
    for command in (("list",), ("revoke", "key_0")):
        outcome = expunge("keys", *command)
        assert (outcome.code, outcome.out) == (2, "")
        assert "There is no register" in outcome.err
    created(expunge)
    outcome = expunge("keys", "revoke", "key_0")
    assert outcome.code == 2
    assert "'key_0'" in outcome.err


def test_without_keys_the_list_says_what_that_means(expunge: Any) -> None:
    expunge("targets", "add", "Ann Orr")
    assert "answers its own machine alone" in expunge("keys", "list").out
    assert expunge("keys", "list", "--json").data == []
