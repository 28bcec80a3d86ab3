"""Conversations in the form of ShareGPT."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from expunge.audits.records import Dialogue

Write = Callable[..., Path]
Read = Callable[..., list[Dialogue]]
Said = Callable[[Dialogue], list[tuple[str, str]]]

TALK = [
    {"from": "system", "value": "Be kind."},
    {"from": "human", "value": "Who?"},
    {"from": "function_call", "value": "find()"},
    {"from": "observation", "value": "Found."},
    {"from": "gpt", "value": "She."},
]
EXPECTED = [
    ("system", "Be kind."),
    ("user", "Who?"),
    ("assistant", "find()"),
    ("tool", "Found."),
    ("assistant", "She."),
]


def test_a_conversation(write: Write, dialogues: Read, said: Said) -> None:
    [dialogue] = dialogues(write("log.jsonl", {"id": "s-1", "conversations": TALK}))
    assert said(dialogue) == EXPECTED
    assert dialogue.id == "s-1"
    assert dialogue.turns[1].path == ("conversations", 1, "value")


@pytest.mark.parametrize(
    "record",
    [
        {"system": "Be kind.", "conversations": TALK[1:]},
        {"conversation": [{"role": each["from"], "content": each["value"]} for each in TALK]},
        {"conversations": json.dumps(TALK)},
    ],
)
def test_variants(write: Write, dialogues: Read, said: Said, record: object) -> None:
    [dialogue] = dialogues(write("log.jsonl", record))
    assert said(dialogue) == EXPECTED
