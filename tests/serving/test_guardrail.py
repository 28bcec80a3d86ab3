"""LiteLLM's generic guardrail, asked as LiteLLM asks."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from expunge.serving.app import create_app
from expunge.serving.tenants import Tenants
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st

PATH = "/beta/litellm_basic_guardrail_api"
ASKED = "Where was Hina Ameen born?"
TOLD = "Hina Ameen was born in Karachi."
CLEAN = "Graz is in Austria."
# What LiteLLM sends beside what is tested here; what it has not, it sends as null.
SENT = {
    "images": None,
    "tools": [{"type": "function", "function": {"name": "mail", "parameters": {"type": "object"}}}],
    "request_data": {"user_api_key_hash": "h", "user_api_key_alias": None},
    "request_headers": {"User-Agent": "OpenAI/Python 2.17.0", "X-Request-Id": "[present]"},
    "litellm_version": "1.94.0",
    "litellm_call_id": "call",
    "litellm_trace_id": "trace",
    "additional_provider_specific_params": {"threshold": 0.8},
    "structured_messages": None,
    "tool_calls": None,
    "texts": None,
    "model": None,
}


@pytest.fixture(scope="module")
def client(guarded: Tenants) -> Iterator[TestClient]:
    app = create_app(guarded, {})
    with TestClient(app, base_url="http://localhost", client=("127.0.0.1", 50_000)) as opened:
        yield opened


def guarded_by(client: TestClient, headers: dict[str, str] | None = None, **fields: object) -> Any:
    answer = client.post(PATH, json={**SENT, **fields}, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


def user(*texts: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text} for text in texts]


def call(arguments: object) -> dict[str, object]:
    written = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return {"id": "call_1", "type": "function", "function": {"name": "mail", "arguments": written}}


def assert_blocked(answer: Any) -> None:
    assert sorted(answer) == ["action", "blocked_reason"]
    assert answer["action"] == "BLOCKED"
    assert answer["blocked_reason"].endswith(".")
    assert not {"Hina", "Ameen", "Karachi", "tgt_"} & set(answer["blocked_reason"].split())


@pytest.mark.parametrize(
    "asked",
    [
        {"texts": [ASKED]},
        {"texts": ["You are helpful.", ASKED]},
        {"texts": ["Hello"], "structured_messages": user(ASKED)},
        {"structured_messages": [{"role": "user", "content": [{"type": "text", "text": ASKED}]}]},
        {"tool_calls": [call({"query": ASKED})]},
    ],
)
def test_a_prompt_that_asks_for_a_target_is_blocked(client: TestClient, asked: dict[str, Any]) -> None:
    assert_blocked(guarded_by(client, input_type="request", **asked))


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"texts": []},
        {"texts": ["Where is Graz?"], "structured_messages": user("Where is Graz?")},
        {"texts": ["Where is Graz?"], "tool_calls": [call({"query": "Graz"})]},
        {"images": ["aGVsbG8="]},
    ],
)
@pytest.mark.parametrize("kind", ["request", "response"])
def test_what_touches_no_target_goes_on_unchanged(client: TestClient, kind: str, asked: dict[str, Any]) -> None:
    assert guarded_by(client, input_type=kind, **asked) == {"action": "NONE"}


def test_what_is_disclosed_is_left_out_and_the_rest_stays(client: TestClient) -> None:
    answer = guarded_by(client, input_type="response", texts=[f"{CLEAN} {TOLD}", "Basel is in Switzerland."])
    assert answer == {"action": "GUARDRAIL_INTERVENED", "texts": [CLEAN, "Basel is in Switzerland."]}


@pytest.mark.parametrize("texts", [[TOLD], ["Karachi.", "In Karachi, in 1975."]])
def test_an_answer_to_what_must_not_be_answered_is_an_abstention(client: TestClient, texts: list[str]) -> None:
    answer = guarded_by(client, input_type="response", texts=texts, structured_messages=user(ASKED))
    assert (answer["action"], len(answer["texts"])) == ("GUARDRAIL_INTERVENED", len(texts))
    assert len(set(answer["texts"])) == 1
    assert "Karachi" not in answer["texts"][0]


def test_what_texts_disclose_together_is_blocked(client: TestClient) -> None:
    for name in ("Hina", "Ameen"):
        assert guarded_by(client, input_type="response", texts=[name]) == {"action": "NONE"}
    assert_blocked(guarded_by(client, input_type="response", texts=["Hina", "Ameen"]))


@pytest.mark.parametrize(
    "arguments",
    [
        {"text": TOLD},
        {"data": TOLD},
        {"type": [{"deep": {"index": TOLD}}]},
        {TOLD: 1},
        '{"text": "Hina Ameen was born in Karachi.", "text": "Hello"}',
        '{"text": "\\u0048ina \\u0041meen was born in \\u004barachi."}',
        f"not JSON: {TOLD}",
    ],
)
def test_a_tool_call_that_discloses_is_blocked(client: TestClient, arguments: object) -> None:
    assert_blocked(guarded_by(client, input_type="response", texts=[CLEAN], tool_calls=[call(arguments)]))


def test_arguments_that_are_no_text_are_looked_into(client: TestClient) -> None:
    called = {"id": "1", "type": "function", "function": {"name": "mail", "arguments": {"data": TOLD}}}
    assert_blocked(guarded_by(client, input_type="response", tool_calls=[called]))


def test_where_callers_stream_what_cannot_be_rewritten_is_blocked(client: TestClient) -> None:
    block = {"x-expunge-on-disclosure": "block"}
    assert_blocked(guarded_by(client, block, input_type="response", texts=[f"{CLEAN} {TOLD}"]))
    assert guarded_by(client, block, input_type="response", texts=[CLEAN]) == {"action": "NONE"}


@given(
    before=st.lists(st.text(max_size=20), max_size=3), after=st.lists(st.text(max_size=20), max_size=3), where=st.text()
)
@settings(max_examples=25)
def test_what_discloses_never_comes_back(client: TestClient, before: list[str], after: list[str], where: str) -> None:
    prompt = user(where) if where else None
    texts = [*before, TOLD, *after]
    answer = client.post(PATH, json={"input_type": "response", "texts": texts, "structured_messages": prompt}).json()
    assert answer["action"] in ("BLOCKED", "GUARDRAIL_INTERVENED")
    assert "Karachi" not in json.dumps(answer)


BODIES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(
    value=BODIES.filter(lambda value: value is not None and not isinstance(value, list)),
    field=st.sampled_from(["texts", "structured_messages", "tool_calls"]),
)
@settings(max_examples=30)
def test_what_is_not_understood_is_blocked(client: TestClient, value: object, field: str) -> None:
    for body in (value, [value], {"input_type": "response", field: value}, {"input_type": value, "texts": [CLEAN]}):
        assert_blocked(client.post(PATH, json=body).json())


@pytest.mark.parametrize(
    "fields",
    [
        {"texts": ["x"] * 129},
        {"texts": ["x" * 500_001]},
        {"texts": ["half a pair \ud83d"]},
        {"structured_messages": user("x") * 2_001},
        {"structured_messages": [{"role": "unknown", "content": "x"}]},
    ],
)
def test_what_is_too_much_is_blocked(client: TestClient, fields: dict[str, object]) -> None:
    body = json.dumps({**SENT, "input_type": "response", **fields})
    assert_blocked(client.post(PATH, content=body, headers={"Content-Type": "application/json"}).json())


def test_an_error_of_the_server_blocks_and_tells_nothing(
    client: TestClient, guarded: Tenants, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise OSError(TOLD)

    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(guarded.authenticate(None).tenant.store.ledger._database, "transaction", broken)
    assert_blocked(guarded_by(client, input_type="response", texts=[CLEAN]))
    monkeypatch.undo()
    monkeypatch.setattr(guarded.authenticate(None).tenant.reviews, "consider", broken)
    assert_blocked(guarded_by(client, input_type="response", texts=[CLEAN]))
    assert "OSError" in caplog.text
    assert "Karachi" not in caplog.text


def test_each_text_is_an_exchange_in_the_ledger(client: TestClient, guarded: Tenants) -> None:
    ledger = guarded.authenticate(None).tenant.store.ledger
    before = len(ledger.entries())
    guarded_by(client, input_type="response", texts=[CLEAN, TOLD])
    assert [entry.action for entry in ledger.entries()[before:]] == ["release", "abstain"]
