"""Who may call, and that no tenant sees anything of another."""

import logging
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from expunge import TargetStore
from expunge.serving.app import create_app
from expunge.serving.tenants import Tenant, Tenants
from expunge.stores.access_keys import AccessKeys
from expunge.stores.jobs import Jobs, jobs_folder
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st

NAMES = ("Ann Orr", "Hina Ameen", "Basil Al-Kuwaiti")
TENANTS = ("acme", "beta", "default")
FACT = "{} was born in Lyon on 3 May 1971, and wrote Granite Glossary."


class Party(NamedTuple):
    """A tenant with its keys."""

    tenant: Tenant
    admin: dict[str, str]
    plain: dict[str, str]


class House(NamedTuple):
    """A server with three tenants."""

    folder: Path
    app: FastAPI
    client: TestClient
    access: AccessKeys
    parties: dict[str, Party]

    def call(self, method: str, path: str, headers: dict[str, str] | None = None, body: object = None) -> Any:
        return self.client.request(method, path, headers=headers, json=body)


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    with (
        TargetStore(folder) as register,
        closing(AccessKeys(register)) as access,
        closing(Tenants(folder)) as tenants,
    ):
        parties = {}
        for name in TENANTS:
            TargetStore(folder if name == "default" else folder / "tenants" / name).close()
            admin = access.create(name, admin=True, label=f"{name}'s clerk").secret
            plain = access.create(name).secret
            parties[name] = Party(tenants.authenticate(admin).tenant, bearer(admin), bearer(plain))
        app = create_app(tenants, {})
        with TestClient(app) as client:
            yield House(folder, app, client, access, parties)


def addresses(app: FastAPI) -> list[tuple[str, str]]:
    """Return every method and path that belongs to a tenant."""
    paths = app.openapi()["paths"].items()
    return [
        (method.upper(), path) for path, methods in paths for method in methods if path.startswith(("/v1", "/beta"))
    ]


def told(answer: Any, status: int) -> Any:
    assert answer.status_code == status, answer.text
    assert list(answer.json()) == ["error"]
    assert sorted(answer.json()["error"]) == ["code", "message", "param", "type"]
    return answer.json()["error"]


def revoked(access: AccessKeys) -> str:
    secret, key = access.create("acme", admin=True)
    access.revoke(key.id)
    return secret


def test_every_address_asks_for_a_key(house: House) -> None:
    assert len(addresses(house.app)) >= 14
    gone = revoked(house.access)
    secret = house.parties["acme"].admin["Authorization"].removeprefix("Bearer ")
    wrong = [
        {},
        bearer(""),
        bearer("exp_" + "A" * 43),
        bearer(gone),
        bearer(secret + "A"),
        bearer(secret.removeprefix("exp_")),
        {"Authorization": secret},
        {"Authorization": f"Basic {secret}"},
        {"x-api-key": gone},
        {"api-key": secret},
    ]
    for method, path in addresses(house.app):
        for headers in wrong:
            answer = house.call(method, path, headers)
            error = told(answer, 401)
            assert (error["code"], error["type"]) == ("invalid_api_key", "invalid_request_error")
            assert answer.headers["WWW-Authenticate"] == "Bearer"
            assert secret not in answer.text
            assert gone not in answer.text


def test_targets_reviews_and_jobs_are_for_administrators(house: House) -> None:
    for method, path in addresses(house.app):
        for_admins = path.startswith(("/v1/targets", "/v1/reviews", "/v1/unlearning"))
        answer = house.call(method, path, house.parties["acme"].plain)
        assert (answer.status_code == 403) == for_admins, (method, path, answer.text)
        if for_admins:
            assert told(answer, 403)["code"] == "admin_key_required"


def test_a_key_may_come_as_litellm_sends_it(house: House) -> None:
    admin = house.parties["acme"].admin
    key = {"x-api-key": admin["Authorization"].removeprefix("Bearer ")}
    assert house.call("GET", "/v1/targets", key).status_code == 200
    told(house.call("GET", "/v1/targets", {**key, **bearer("exp_other")}), 401)


def test_a_key_opens_nothing_from_the_moment_it_is_revoked(house: House) -> None:
    secret, key = house.access.create("acme")
    assert house.call("POST", "/v1/checks", bearer(secret), {"prompt": "Hello"}).status_code == 200
    with TargetStore(house.folder) as register, closing(AccessKeys(register)) as beside:
        beside.revoke(key.id)
    told(house.call("POST", "/v1/checks", bearer(secret), {"prompt": "Hello"}), 401)


def test_changes_are_recorded_under_the_label_of_the_key(house: House) -> None:
    admin = house.parties["acme"].admin
    target_id = house.call("POST", "/v1/targets", admin, {"name": "Ann Orr", "why": "asked"}).json()["id"]
    [change] = house.call("GET", f"/v1/targets/{target_id}/history", admin).json()["data"]
    assert (change["action"], change["who"], change["why"]) == ("add", "acme's clerk", "asked")
    house.call("DELETE", f"/v1/targets/{target_id}", admin)


def test_a_plain_key_is_told_what_to_do_and_not_why(house: House) -> None:
    acme = house.parties["acme"]
    target_id = house.call("POST", "/v1/targets", acme.admin, {"name": "Ann Orr"}).json()["id"]
    check = {"prompt": "Where was Ann Orr born?", "response": "In Lyon."}
    full, short = (house.call("POST", "/v1/checks", headers, check).json() for headers in (acme.admin, acme.plain))
    assert full["targets"] == [target_id]
    assert full["findings"]
    assert (short["targets"], short["findings"]) == (None, None)
    assert (short["action"], short["text"]) == (full["action"], full["text"])
    assert target_id not in str(short)
    house.call("DELETE", f"/v1/targets/{target_id}", acme.admin)


def test_keys_are_neither_logged_nor_on_the_disk(house: House, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    keys = [headers for party in house.parties.values() for headers in (party.admin, party.plain)]
    secrets = [key["Authorization"].removeprefix("Bearer ") for key in keys] + [revoked(house.access)]
    for secret in secrets:
        for method, path in addresses(house.app):
            house.call(method, path, bearer(secret))
    content = b"".join(path.read_bytes() for path in house.folder.rglob("*") if path.is_file())
    for secret in secrets:
        assert secret not in caplog.text
        assert secret.removeprefix("exp_").encode() not in content


def test_nothing_of_a_tenant_reaches_another(house: House) -> None:
    acme, beta = house.parties["acme"], house.parties["beta"]
    target = {"name": "Ann Orr", "documents": [FACT.format("Ann Orr")], "requester": "a requester", "why": "a reason"}
    target_id = house.call("POST", "/v1/targets", acme.admin, target).json()["id"]
    unsure = {"response": "Of all who were born in Lyon on 3 May 1971 one comes to mind."}
    assert house.call("POST", "/v1/checks", acme.plain, unsure).json()["action"] != "release"
    [case] = acme.tenant.reviews.open()
    with closing(Jobs(jobs_folder(acme.tenant.store.path))) as jobs:
        job = jobs.add(model="/acme", recipe={}, targets={target_id: 1}, status="queued", stage="approve")

    def state() -> object:
        with closing(Jobs(jobs_folder(acme.tenant.store.path))) as jobs:
            store = acme.tenant.store
            return store.history(target_id), store.ledger.verify(), acme.tenant.reviews.open(), jobs.get(job.id)

    before = state()

    of_models = ("/v1/models", "/v1/chat/completions")  # there are none here
    bodies = [None, {"name": "Ida Holm"}, {"decision": "right"}, {"prompt": "Where was Ann Orr born?"}, unsure]
    for method, path in [address for address in addresses(house.app) if not address[1].startswith(of_models)]:
        own = path.format(target_id=target_id, case_id=case.id, job_id=job.id)
        for body in bodies:
            answer = house.call(method, own, beta.admin, body)
            expected = (400, 404) if own != path else (403,) if path == "/metrics" else (200, 201, 400, 409)
            assert answer.status_code in expected, (method, own, body)
            for mark in ("Ann Orr", "Granite", "a requester", "a reason", "acme"):
                assert mark not in answer.text
            assert own != path or not {target_id, case.id, job.id} & set(answer.text.split('"'))

    assert state() == before
    store = beta.tenant.store
    assert not any(len(store.index.vectors(kind, target_id)) for kind in ("forget", "keep"))
    assert not {target_id} & {found for entry in store.ledger.entries() for found in entry.targets}
    house.call("DELETE", f"/v1/targets/{target_id}", acme.admin)
    [own_target] = house.call("GET", "/v1/targets", beta.admin).json()["data"]
    house.call("DELETE", f"/v1/targets/{own_target['id']}", beta.admin)


DEEDS = st.tuples(
    st.sampled_from(TENANTS), st.sampled_from(["add", "remove", "pause", "resume"]), st.sampled_from(NAMES)
)


@given(deeds=st.lists(DEEDS, max_size=7))
@settings(max_examples=12)
def test_whatever_tenants_do_each_sees_its_own_register_alone(house: House, deeds: list[tuple[str, str, str]]) -> None:
    ids: dict[str, dict[str, str]] = {tenant: {} for tenant in TENANTS}
    paused: set[str] = set()
    for tenant, deed, name in deeds:
        admin, own = house.parties[tenant].admin, ids[tenant]
        if deed == "add" and name not in own:
            body = {"name": name, "documents": [FACT.format(name)]}
            own[name] = house.call("POST", "/v1/targets", admin, body).json()["id"]
        elif deed == "remove" and name in own:
            assert house.call("DELETE", f"/v1/targets/{own.pop(name)}", admin).status_code == 200
        elif deed in ("pause", "resume") and name in own:
            assert house.call("POST", f"/v1/targets/{own[name]}/{deed}", admin).status_code == 200
            (paused.add if deed == "pause" else paused.discard)(own[name])

    for tenant, party in house.parties.items():
        listed = house.call("GET", "/v1/targets", party.admin).json()["data"]
        assert {target["name"]: target["id"] for target in listed} == ids[tenant]
        for name in NAMES:
            check = house.call("POST", "/v1/checks", party.plain, {"prompt": f"Where was {name} born?"}).json()
            enforced = name in ids[tenant] and ids[tenant][name] not in paused
            assert check["action"] == ("abstain" if enforced else "release")
    for tenant, own in ids.items():
        for target_id in own.values():
            house.call("DELETE", f"/v1/targets/{target_id}", house.parties[tenant].admin)


@pytest.fixture(scope="module")
def keyless(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    """A server without any keys."""
    with closing(Tenants(tmp_path_factory.mktemp("keyless"))) as tenants:
        yield create_app(tenants, {})


@pytest.mark.parametrize(
    ("client", "host", "origin", "status"),
    [
        ("127.0.0.1", "127.0.0.1:8000", None, 200),
        ("127.0.0.1", "localhost:8000", "http://localhost:8000", 200),
        ("::1", "[::1]:8000", "http://[::1]:8000", 200),
        ("10.0.0.7", "127.0.0.1:8000", None, 401),
        ("127.0.0.1", "rebound.example:8000", None, 401),
        ("127.0.0.1", "localhost.example", None, 401),
        ("127.0.0.1", "127.0.0.1:8000", "https://evil.example", 401),
        ("127.0.0.1", "127.0.0.1:8000", "null", 401),
        ("127.0.0.1", "127.0.0.1:8000", "http://[", 401),
        ("127.0.0.1", "[", None, 401),
        ("a-socket", "127.0.0.1:8000", None, 401),
    ],
)
def test_without_keys_only_this_machine_is_answered(
    keyless: FastAPI, client: str, host: str, origin: str | None, status: int
) -> None:
    headers = {"Host": host, **({"Origin": origin} if origin else {}), **bearer("any")}
    with TestClient(keyless, client=(client, 50_000)) as caller:
        answer = caller.get("/v1/targets", headers=headers)
    assert answer.status_code == status, answer.text
    assert status == 200 or told(answer, 401)["code"] == "invalid_api_key"
