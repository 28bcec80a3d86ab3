"""`/v1/reviews`: an administrator sees the cases of their own tenant and decides them; nobody else does."""

from collections.abc import Iterator
from typing import NamedTuple

import pytest
from expunge.schema import Finding, Verdict
from expunge.serving import errors, reviews
from expunge.serving.tenants import Tenants
from expunge.stores import TargetStore
from expunge.stores.access_keys import AccessKeys, tenant_folder
from fastapi import FastAPI
from starlette.testclient import TestClient

UNSURE = Finding(
    target="tgt_1", start=3, end=9, where="draft", layer="meaning", score=1.7, threshold=1.4, evidence="a likeness"
)


class Office(NamedTuple):
    """A server that has nothing but reviews, and keys to it."""

    client: TestClient
    tenants: Tenants
    admin: dict[str, str]
    guest: dict[str, str]
    stranger: dict[str, str]

    def case(self, score: float) -> str:
        """Put a case into the queue, and return its id."""
        key = self.admin["Authorization"].removeprefix("Bearer ")
        findings = [UNSURE.model_copy(update={"score": score})]
        verdict = Verdict(action="abstain", text="I don't know.", findings=findings, targets=["tgt_1"])
        case_id = self.tenants.authenticate(key).tenant.reviews.consider(verdict, where="chat")
        assert case_id
        return case_id


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("office")
    with TargetStore(folder) as register, TargetStore(tenant_folder(folder, "other")):
        keys = AccessKeys(register)
        admin = keys.create("default", admin=True, label="the clerk")
        guest, stranger = keys.create("default"), keys.create("other", admin=True)
        keys.close()
    app = FastAPI()
    app.include_router(reviews.router)
    errors.install(app)
    app.state.tenants = tenants = Tenants(folder)
    bearers = ({"Authorization": f"Bearer {key.secret}"} for key in (admin, guest, stranger))
    with TestClient(app) as client:
        yield Office(client, tenants, *bearers)
    tenants.close()


def test_a_case_waits_until_it_is_decided(office: Office) -> None:
    case_id = office.case(1.7)
    waiting = office.client.get("/v1/reviews", headers=office.admin).json()
    assert waiting["object"] == "list"
    case = next(case for case in waiting["data"] if case["id"] == case_id)
    assert (case["where"], case["action"], case["targets"], case["decision"]) == ("chat", "abstain", ["tgt_1"], None)
    assert case["findings"] == [UNSURE.model_dump(exclude={"start", "end", "certain", "turn"})]

    told = {"decision": "wrong", "note": "a namesake"}
    decided = office.client.post(f"/v1/reviews/{case_id}", json=told, headers=office.admin).json()
    assert (decided["decision"], decided["note"], decided["who"]) == ("wrong", "a namesake", "the clerk")
    now = office.client.get("/v1/reviews", headers=office.admin).json()
    assert case_id not in [case["id"] for case in now["data"]]
    assert now["counts"]["open"] == waiting["counts"]["open"] - 1
    assert now["counts"]["wrong"] == waiting["counts"]["wrong"] + 1
    after = office.client.get("/v1/reviews?state=decided&limit=1", headers=office.admin).json()
    assert after["data"] == [decided]


def test_no_more_than_the_limit_are_listed_the_last_first(office: Office) -> None:
    ids = [office.case(score) for score in (2.1, 2.2, 2.3)]
    listed = office.client.get("/v1/reviews?limit=2", headers=office.admin).json()["data"]
    assert [case["id"] for case in listed] == [ids[2], ids[1]]


def test_nobody_else_sees_or_decides_a_case(office: Office) -> None:
    case_id = office.case(3.0)
    told = {"decision": "right"}
    for headers, status in ((office.guest, 403), ({}, 401)):
        for answer in (
            office.client.get("/v1/reviews", headers=headers),
            office.client.post(f"/v1/reviews/{case_id}", json=told, headers=headers),
        ):
            assert (answer.status_code, set(answer.json())) == (status, {"error"})
    assert office.client.get("/v1/reviews", headers=office.stranger).json()["data"] == []
    assert office.client.post(f"/v1/reviews/{case_id}", json=told, headers=office.stranger).status_code == 404
    listed = office.client.get("/v1/reviews", headers=office.admin).json()["data"]
    assert next(case for case in listed if case["id"] == case_id)["decision"] is None


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "decision"),
        ({"decision": "maybe"}, "decision"),
        ({"decision": "right", "note": "x" * (reviews.LONGEST_NOTE + 1)}, "note"),
        ({"decision": "right", "verdict": 1}, "verdict"),
    ],
)
def test_a_bad_decision_names_its_field_and_changes_nothing(
    office: Office, body: dict[str, object], param: str
) -> None:
    case_id = office.case(4.0)
    answer = office.client.post(f"/v1/reviews/{case_id}", json=body, headers=office.admin)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)
    assert "maybe" not in answer.text
    listed = office.client.get("/v1/reviews", headers=office.admin).json()["data"]
    assert case_id in [case["id"] for case in listed]


@pytest.mark.parametrize("query", ["state=lost", "limit=0", "limit=1001", "limit=many"])
def test_a_bad_query_is_refused(office: Office, query: str) -> None:
    answer = office.client.get(f"/v1/reviews?{query}", headers=office.admin)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, query.split("=")[0])


def test_an_unknown_case_is_not_found(office: Office) -> None:
    answer = office.client.post("/v1/reviews/rev_nobody", json={"decision": "right"}, headers=office.admin)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "unknown_case")
