from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from expunge import Target
from expunge.serving.app import create_app
from expunge.serving.checks import LONGEST_TEXT, MOST_MESSAGES
from expunge.serving.tenants import Tenant, Tenants
from fastapi.testclient import TestClient

ASKED = "Where was Ann Orr born?"
TOLD = "Ann Orr was born in Lyon."
MIXED = f"Graz is in Austria. {TOLD} Basel is in Switzerland."
CLEAN = "Graz is in Austria."


@pytest.fixture(scope="module")
def tenants(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tenants]:
    with closing(Tenants(tmp_path_factory.mktemp("served"))) as opened:
        yield opened


@pytest.fixture(scope="module")
def tenant(tenants: Tenants) -> Tenant:
    """A tenant with one target."""
    tenant = tenants.authenticate(None).tenant
    tenant.store.add(Target(name="Ann Orr", documents=["Ann Orr was born in Lyon on 3 May 1971."]))
    return tenant


@pytest.fixture(scope="module")
def client(tenants: Tenants, tenant: Tenant) -> Iterator[TestClient]:
    """A caller on this machine, of a register without keys."""
    app = create_app(tenants, {})
    with TestClient(app, base_url="http://localhost", client=("127.0.0.1", 50_000)) as opened:
        yield opened


def checked(client: TestClient, **body: object) -> Any:
    answer = client.post("/v1/checks", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize(
    ("body", "action"),
    [
        ({"prompt": ASKED}, "abstain"),
        ({"prompt": "Where is Graz?"}, "release"),
        ({"response": TOLD}, "abstain"),
        ({"response": MIXED}, "rewrite"),
        ({"prompt": None, "response": CLEAN}, "release"),
        ({"prompt": "Tell me of Graz.", "response": CLEAN}, "release"),
        ({"prompt": ASKED, "response": "In Lyon."}, "abstain"),
        ({"prompt": [{"role": "user", "content": ASKED}], "response": "In Lyon."}, "abstain"),
        ({"prompt": [{"role": "user", "content": [{"type": "text", "text": ASKED}]}]}, "abstain"),
    ],
)
def test_a_check_decides_as_the_sanitizer_does(
    client: TestClient, tenant: Tenant, body: dict[str, Any], action: str
) -> None:
    told = checked(client, **body)
    verdict = tenant.sanitizer.check(body.get("prompt") or "", body.get("response"))
    same = {"action", "text", "targets", "findings", "versions", "error"}
    assert {field: told[field] for field in same} == verdict.model_dump(mode="json", include=same)
    assert (told["object"], told["action"], told["level"]) == ("check", action, "suppression")
    assert told["elapsed_ms"] > 0


def test_a_check_is_recorded_and_what_is_uncertain_waits_for_a_person(client: TestClient, tenant: Tenant) -> None:
    before = len(tenant.store.ledger.entries())
    checked(client, prompt=ASKED)
    assert len(tenant.store.ledger.entries()) == before + 1
    assert tenant.reviews.counts().open == 0
    told = checked(client, response="Of all who were born in Lyon on 3 May 1971 one comes to mind.")
    assert told["action"] != "release"
    assert not any(finding["certain"] for finding in told["findings"])
    [case] = tenant.reviews.open()
    assert case.where == "check"


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ([], None),
        ("secret-value", None),
        ({"prompt": 3}, "prompt"),
        ({"prompt": []}, "prompt"),
        ({"prompt": ["secret-value"]}, "prompt"),
        ({"prompt": [{"role": "secret-value", "content": ""}]}, None),
        ({"prompt": [{"content": "secret-value"}]}, None),
        ({"prompt": [{"role": "user", "content": {"secret-value": 1}}]}, None),
        ({"prompt": ASKED, "response": ["secret-value"]}, "response"),
        ({"prompt": ASKED, "model": "secret-value"}, "model"),
        ({"prompt": "secret-value" * (LONGEST_TEXT // 10)}, "prompt"),
        ({"response": "x" * (LONGEST_TEXT + 1)}, "response"),
        ({"prompt": [{"role": "user", "content": "secret-value"}] * (MOST_MESSAGES + 1)}, "prompt"),
    ],
)
def test_what_cannot_be_checked_is_refused_without_repeating_it(
    client: TestClient, body: object, param: str | None
) -> None:
    answer = client.post("/v1/checks", json=body)
    told = answer.json()["error"]
    assert (answer.status_code, told["type"]) == (400, "invalid_request_error")
    assert param is None or told["param"].startswith(param)
    assert told["message"]
    assert "secret-value" not in answer.text


@pytest.mark.parametrize("body", [{}, {"prompt": None}, {"prompt": None, "response": None}])
def test_where_there_is_nothing_to_check_it_is_said(client: TestClient, body: dict[str, None]) -> None:
    answer = client.post("/v1/checks", json=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "input")
    assert "Give a prompt, a response, or both" in answer.json()["error"]["message"]


def test_a_text_with_half_a_pair_of_surrogates_is_refused(client: TestClient) -> None:
    body = b'{"prompt": "Hello", "response": "\\ud83d"}'
    answer = client.post("/v1/checks", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "response")
