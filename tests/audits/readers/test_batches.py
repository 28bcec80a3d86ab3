"""Requests and outputs of the batch API, which are joined."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from expunge.audits.readers import Logs
from expunge.audits.records import Dialogue, Fault

Write = Callable[..., Path]
Read = Callable[..., list[Dialogue]]
Said = Callable[[Dialogue], list[tuple[str, str]]]
Faults = Callable[..., list[tuple[int, str]]]


def request(name: object, text: str) -> dict[str, Any]:
    body = {"model": "m", "messages": [{"role": "user", "content": text}]}
    return {"custom_id": name, "method": "POST", "url": "/v1/chat/completions", "body": body}


def output(name: object, *texts: str, status: int = 200) -> dict[str, Any]:
    body = {
        "created": 1_700_000_000,
        "choices": [{"message": {"role": "assistant", "content": text}} for text in texts],
    }
    response = {"status_code": status, "body": body}
    return {"id": f"batch_req_{name}", "custom_id": name, "response": response, "error": None}


def test_requests_and_outputs_meet_in_any_order(write: Write, dialogues: Read, said: Said, faults: Faults) -> None:
    one = write("one.jsonl", request("a", "A?"), output("b", "B."), output("b", "B again."))
    two = write("two.jsonl", request("b", "B?"), output("a", "A.", "Another."))
    found = dialogues(one, two)
    assert [said(each) for each in found] == [
        [("user", "B?"), ("assistant", "B.")],
        [("user", "B?"), ("assistant", "B again.")],
        [("user", "A?"), ("assistant", "A.")],
        [("user", "A?"), ("assistant", "Another.")],
    ]
    assert {(each.id, each.at) for each in found} == {("a", 1_700_000_000.0), ("b", 1_700_000_000.0)}
    assert [turn.place.file for turn in found[2].turns] == [str(one), str(two)]
    assert faults(one, two) == []


def test_the_responses_api_has_batches_too(write: Write, dialogues: Read, said: Said) -> None:
    asked = {"custom_id": "a", "method": "POST", "url": "/v1/responses", "body": {"input": "A?"}}
    answered = {"output": [{"type": "message", "content": [{"type": "output_text", "text": "A."}]}]}
    path = write(
        "b.jsonl", asked, {"custom_id": "a", "response": {"status_code": 200, "body": answered}, "error": None}
    )
    [dialogue] = dialogues(path)
    assert said(dialogue) == [("user", "A?"), ("assistant", "A.")]


def test_what_has_no_counterpart_is_read_alone(write: Write, read: Callable[..., list[Dialogue | Fault]]) -> None:
    path = write("b.jsonl", output("x", "X."), request("a", "A?"), request("a", "A, again?"), request(1, "One?"))
    found = read(path)
    assert [each.id if isinstance(each, Dialogue) else (each.line, each.code) for each in found] == [
        *("a", (3, "not_joined")),
        *("a", (2, "not_joined")),
        *("1", (4, "not_joined")),
        *("x", (1, "not_joined")),
    ]


@pytest.mark.parametrize(
    "answer",
    [
        output("a", "Overloaded.", status=500),
        {"id": "r", "custom_id": "a", "response": None, "error": {"code": "expired", "message": "It expired."}},
        output("a"),
    ],
)
def test_a_request_that_failed_has_no_answer(write: Write, dialogues: Read, faults: Faults, answer: object) -> None:
    path = write("b.jsonl", request("a", "A?"), answer)
    [dialogue] = dialogues(path)
    assert [turn.role for turn in dialogue.turns] == ["user"]
    assert faults(path) == [(2, "no_response")]


def test_what_waits_leaves_no_file_behind(write: Write, tmp_path: Path) -> None:
    path = write("b.jsonl", request("\ud800", "A?"), {"prompt": "P", "response": "R"}, output("\ud800", "A."))
    before = sorted(tmp_path.rglob("*"))
    reading = Logs([path]).read()
    next(reading)
    assert sorted(tmp_path.rglob("*")) == before
    assert len(list(Logs([path]).read())) == 2


def test_ids_may_come_again_in_another_batch(write: Write, dialogues: Callable[..., list[Dialogue]]) -> None:
    batches = [(request("1", f"{name}?"), output("1", f"{name}.")) for name in ("A", "B")]
    paths = [write(f"{number}.jsonl", *batch) for number, batch in enumerate(batches)]
    assert [[turn.text for turn in each.turns] for each in dialogues(*paths)] == [["A?", "A."], ["B?", "B."]]
