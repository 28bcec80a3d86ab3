"""Spans and log records of OpenTelemetry."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from expunge.audits.records import Dialogue

Write = Callable[..., Path]
Read = Callable[..., list[Dialogue]]
Said = Callable[[Dialogue], list[tuple[str, str]]]
Faults = Callable[..., list[tuple[int, str]]]

ATTRIBUTES: dict[str, Any] = {
    "gen_ai.system_instructions": [{"type": "text", "content": "Be kind."}],
    "gen_ai.input.messages": [
        {"role": "user", "parts": [{"type": "text", "content": "Who?"}]},
        {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c", "response": "Found."}]},
    ],
    "gen_ai.output.messages": [
        {
            "role": "assistant",
            "parts": [
                {"type": "reasoning", "content": "Hm."},
                {"type": "tool_call", "id": "c", "name": "find", "arguments": '{"name": "Hina"}'},
                {"type": "text", "content": "She."},
            ],
            "finish_reason": "stop",
        }
    ],
}
EXPECTED = [
    *(("system", "Be kind."), ("user", "Who?"), ("tool", "Found.")),
    *(("assistant", "Hm."), ("assistant", '{"name": "Hina"}'), ("assistant", "She.")),
]


def typed(value: object) -> dict[str, Any]:
    match value:
        case list():
            return {"arrayValue": {"values": [typed(each) for each in value]}}
        case dict():
            return {"kvlistValue": {"values": [{"key": key, "value": typed(held)} for key, held in value.items()]}}
    return {"stringValue": value}


def listed(attributes: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": "gen_ai.usage.input_tokens", "value": {"intValue": "7"}}] + [
        {"key": key, "value": typed(value)} for key, value in attributes.items()
    ]


WRITTEN = {key: json.dumps(value) for key, value in ATTRIBUTES.items()}
OTHER = {"traceId": "t", "spanId": "o", "attributes": listed({"http.method": "GET"})}


def span(attributes: object, **fields: object) -> dict[str, Any]:
    return {
        "traceId": "t",
        "spanId": "s",
        "startTimeUnixNano": "1700000000000000000",
        "attributes": attributes,
        **fields,
    }


def export(*spans: dict[str, Any]) -> dict[str, Any]:
    return {"resourceSpans": [{"resource": {}, "scopeSpans": [{"scope": {}, "spans": list(spans)}]}]}


@pytest.mark.parametrize(
    "record",
    [
        span(ATTRIBUTES),
        span(WRITTEN),
        span(json.dumps(WRITTEN)),
        span(listed(ATTRIBUTES)),
        span(listed(WRITTEN)),
        span({}, events=[{"name": "gen_ai.client.inference.operation.details", "attributes": WRITTEN}]),
        export(OTHER, span(listed(ATTRIBUTES)), OTHER),
        export(span([], events=[{"name": "…", "attributes": listed(ATTRIBUTES)}])),
        {"resourceLogs": [{"scopeLogs": [{"logRecords": [span(listed(WRITTEN))]}]}]},
    ],
)
def test_messages_of_a_span(write: Write, dialogues: Read, said: Said, faults: Faults, record: object) -> None:
    path = write("spans.jsonl", record)
    [dialogue] = dialogues(path)
    assert said(dialogue) == EXPECTED
    assert (dialogue.id, dialogue.at) == ("t:s", 1_700_000_000.0)
    assert faults(path) == []


def test_a_span_of_the_sdk(write: Write, dialogues: Read) -> None:
    context = {"trace_id": "0x1", "span_id": "0x2"}
    record = {"name": "chat", "context": context, "start_time": "2024-05-01T10:00:00.000000Z", "attributes": WRITTEN}
    [dialogue] = dialogues(write("spans.jsonl", record))
    assert (dialogue.id, dialogue.at) == ("0x1:0x2", 1714557600.0)


def test_an_export_written_on_many_lines(write: Write, dialogues: Read, said: Said, faults: Faults) -> None:
    text = json.dumps(export(span(listed(ATTRIBUTES)), OTHER, span(listed(WRITTEN), spanId="u")), indent=2)
    path = write("trace.json", text)
    assert [(each.id, said(each)) for each in dialogues(path)] == [("t:s", EXPECTED), ("t:u", EXPECTED)]
    cut = write("cut.json", text[: len(text) // 2])
    assert faults(cut) == [(1, "invalid_json")]


def test_other_spans_are_passed_over(write: Write, dialogues: Read, faults: Faults) -> None:
    path = write("spans.jsonl", OTHER, export(OTHER), span(listed(WRITTEN)))
    assert len(dialogues(path)) == 1
    assert faults(path) == []
