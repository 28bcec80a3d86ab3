import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from expunge import Target
from expunge.serving import targets
from expunge.serving.app import create_app
from expunge.serving.tenants import Tenants
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

ANN = {"name": "Ann Orr", "documents": ["Ann Orr was born in Lyon on 3 May 1971."]}


@pytest.fixture(scope="module")
def tenants(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tenants]:
    with closing(Tenants(tmp_path_factory.mktemp("served"))) as opened:
        yield opened


@pytest.fixture
def client(tenants: Tenants) -> Iterator[TestClient]:
    """A caller on this machine, of an empty register without keys."""
    store = tenants.authenticate(None).tenant.store
    for target in store.list():
        store.remove(target.id)
    app = create_app(tenants, {})
    with TestClient(app, base_url="http://localhost", client=("127.0.0.1", 50_000)) as opened:
        yield opened


def registered(client: TestClient, **fields: Any) -> Any:
    answer = client.post("/v1/targets", json={**ANN, **fields})
    assert answer.status_code == 201, answer.text
    return answer.json()


def history(client: TestClient, target_id: str) -> list[tuple[str, str, str]]:
    changes = client.get(f"/v1/targets/{target_id}/history").json()["data"]
    return [(change["action"], change["who"], change["why"]) for change in changes]


def error(answer: Any, status: int) -> Any:
    assert answer.status_code == status, answer.text
    [(key, told)] = answer.json().items()
    assert (key, sorted(told)) == ("error", ["code", "message", "param", "type"])
    return told


def test_what_a_user_gives_of_a_target_can_be_given() -> None:
    by_the_register = {"id", "version", "state", "created_at"}
    assert set(targets.Changes.model_fields) == set(Target.model_fields) - by_the_register | {"why"}


def test_a_target_is_registered_shown_listed_changed_and_removed(client: TestClient) -> None:
    added = registered(client, aliases=["A. Orr"], expires_at="2099-12-31", why="she asked")
    assert (added["object"], added["version"], added["state"], added.pop("warnings")) == ("target", 1, "active", [])
    assert (added["documents"], added["expires_at"]) == (ANN["documents"], "2099-12-31T00:00:00Z")
    path = f"/v1/targets/{added['id']}"
    assert client.get(path).json() == added
    assert client.get("/v1/targets").json() == {"object": "list", "data": [added], "has_more": False}

    changed = client.patch(path, json={"aliases": [], "policy": {"abstain": "refuse"}, "why": "no alias"}).json()
    assert (changed["version"], changed["aliases"], changed["policy"]["abstain"]) == (2, [], "refuse")
    assert (changed["documents"], changed["expires_at"]) == (added["documents"], added["expires_at"])

    replaced = client.put(path, json={"name": "Ann Orr", "keep": ["Graz is a city."]}).json()
    assert (replaced["documents"], replaced["expires_at"], replaced["policy"]) == ([], None, None)
    assert (replaced["keep"], replaced["created_at"]) == (["Graz is a city."], added["created_at"])

    removed = client.delete(path, params={"why": "it ended"})
    assert removed.json() == {"id": added["id"], "object": "target", "deleted": True}
    error(client.get(path), 404)
    assert history(client, added["id"]) == [("remove", "local", "it ended")]


def test_what_changes_counts_from_the_next_exchange_on(client: TestClient, tenants: Tenants) -> None:
    sanitizer = tenants.authenticate(None).tenant.sanitizer
    target_id = registered(client)["id"]
    assert sanitizer.check("Where was Ann Orr born?").action == "abstain"
    assert client.post(f"/v1/targets/{target_id}/pause", json={"why": "a doubt"}).json()["state"] == "paused"
    assert sanitizer.check("Where was Ann Orr born?").action == "release"
    assert client.post(f"/v1/targets/{target_id}/resume").json()["state"] == "active"
    assert sanitizer.check("Where was Ann Orr born?").action == "abstain"
    whys = [("add", "local", ""), ("update", "local", "a doubt"), ("update", "local", "")]
    assert history(client, target_id) == whys


def test_a_target_that_is_hard_to_tell_apart_is_registered_with_a_warning(
    client: TestClient, recwarn: pytest.WarningsRecorder
) -> None:
    first = registered(client)
    second = registered(client, documents=["Ann Orr wrote Low Water."], keep=["May is a month."])
    [warning] = second["warnings"]
    assert first["id"] in warning
    [common] = registered(client, name="May", documents=[])["warnings"]
    assert "common word" in common
    assert [str(told.message) for told in recwarn] == [warning, common]  # the register's own say the same


@given(count=st.integers(0, 7), limit=st.integers(1, 8))
@hypothesis_settings(max_examples=10)
def test_the_pages_together_are_the_register(client: TestClient, tenants: Tenants, count: int, limit: int) -> None:
    store = tenants.authenticate(None).tenant.store
    for target in store.list():
        store.remove(target.id)
    store.add_many(Target(name=f"Ann Orr {number}") for number in range(count))
    pages: list[Any] = []
    more: dict[str, str] = {}
    while not pages or pages[-1]["has_more"]:
        pages.append(client.get("/v1/targets", params={"limit": limit, **more}).json())
        more = {"after": pages[-1]["data"][-1]["id"]} if pages[-1]["data"] else {}
    assert [target["id"] for page in pages for target in page["data"]] == [target.id for target in store.list()]
    assert all(len(page["data"]) == limit for page in pages[:-1])


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("GET", "/history"),
        ("PATCH", ""),
        ("PUT", ""),
        ("DELETE", ""),
        ("POST", "/pause"),
        ("POST", "/resume"),
    ],
)
def test_an_id_that_no_target_has_is_not_found(client: TestClient, method: str, path: str) -> None:
    body = {"name": "Ann Orr"} if method in ("PATCH", "PUT") else None
    told = error(client.request(method, f"/v1/targets/tgt_0123456789abcdef{path}", json=body), 404)
    assert told["code"] == "unknown_target"
    assert "tgt_0123456789abcdef" in told["message"]


def test_a_page_after_a_target_that_is_not_there_is_not_found(client: TestClient) -> None:
    assert error(client.get("/v1/targets", params={"after": "tgt_0"}), 404)["param"] == "after"


def test_the_same_target_twice_is_a_conflict(client: TestClient) -> None:
    first = registered(client)
    assert first["id"] in error(client.post("/v1/targets", json=ANN), 409)["message"]
    other = registered(client, documents=["Ann Orr lives in Graz."], name="Ann Oss")
    path = f"/v1/targets/{other['id']}"
    assert error(client.patch(path, json=ANN), 409)["code"] == "duplicate_target"
    assert client.get(path).json()["name"] == "Ann Oss"


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({}, "name"),
        ({"name": " "}, "name"),
        ({"name": ["secret-value"]}, "name"),
        ({"name": "Ann Orr", "kind": "secret-value"}, "kind"),
        ({"name": "Ann Orr", "documents": "secret-value"}, "documents"),
        ({"name": "Ann Orr", "expires_at": "secret-value"}, "expires_at"),
        ({"name": "Ann Orr", "scope": "documents"}, "scope 'documents'"),
        ({"name": "Ann Orr", "id": "secret-value"}, "id"),
        ({"name": "Ann Orr", "state": "secret-value"}, "state"),
        ({"name": "Ann Orr", "nickname": "secret-value"}, "nickname"),
        ({"name": "secret-value" * 50}, "name"),
        ({"name": "Ann Orr", "policy": {"prefer": "secret-value"}}, "policy.prefer"),
    ],
)
def test_what_is_no_target_is_refused_without_repeating_it(
    client: TestClient, fields: dict[str, object], says: str
) -> None:
    answer = client.post("/v1/targets", json=fields)
    assert says in error(answer, 400)["message"]
    assert "secret-value" not in answer.text
    assert client.get("/v1/targets").json()["data"] == []


@pytest.mark.parametrize("limit", ["0", "101", "many"])
def test_a_page_has_its_bounds(client: TestClient, limit: str) -> None:
    assert error(client.get("/v1/targets", params={"limit": limit}), 400)["param"] == "limit"


def test_half_a_pair_of_surrogates_comes_back_as_it_was_given(client: TestClient) -> None:
    body = json.dumps({"name": "Ann Orr", "aliases": ["Ann \ud83d"]})
    answer = client.post("/v1/targets", content=body, headers={"Content-Type": "application/json"})
    assert json.loads(answer.content)["aliases"] == ["Ann \ud83d"]
    assert client.get("/v1/targets").status_code == 200
