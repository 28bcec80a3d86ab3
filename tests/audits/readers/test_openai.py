"""Chats, logged requests and responses, and the responses API."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from expunge.audits.records import Dialogue, Place, Turn

Write = Callable[..., Path]
Read = Callable[..., list[Dialogue]]
Said = Callable[[Dialogue], list[tuple[str, str]]]

ASK: dict[str, Any] = {"role": "user", "content": "Who is she?"}
ANSWER: dict[str, Any] = {"role": "assistant", "content": "A writer."}


def test_a_chat(write: Write, dialogues: Read) -> None:
    record = {
        "id": "c-1",
        "created": 1_700_000_000,
        "messages": [{"role": "developer", "content": "Be kind."}, ASK, ANSWER],
    }
    path = write("chat.jsonl", record)
    place = Place(str(path), 1)
    turns = (
        Turn("system", "Be kind.", place, ("messages", 0, "content")),
        Turn("user", "Who is she?", place, ("messages", 1, "content")),
        Turn("assistant", "A writer.", place, ("messages", 2, "content")),
    )
    assert dialogues(path) == [Dialogue("c-1", 1_700_000_000.0, turns)]


def test_a_chat_with_a_custom_id_is_no_batch(write: Write, dialogues: Read) -> None:
    [dialogue] = dialogues(write("chat.jsonl", {"custom_id": "mt-81", "messages": [ASK, ANSWER]}))
    assert (dialogue.id, len(dialogue.turns)) == ("mt-81", 2)


@pytest.mark.parametrize(
    "record",
    [
        {"request": {"messages": [ASK]}, "response": {"choices": [{"message": ANSWER}]}},
        {"request": json.dumps({"messages": [ASK]}), "response": json.dumps({"choices": [{"message": ANSWER}]})},
        {"request": {"messages": [ASK]}, "response": "A writer."},
        {"request": {"prompt": "Who is she?"}, "response": {"choices": [{"text": "A writer."}]}},
        {"request": {"input": "Who is she?"}, "response": {"output": [{"type": "message", **ANSWER}]}},
        {"messages": [ASK], "choices": [{"message": ANSWER}]},
        {"messages": [ASK], "response": "A writer."},
        {"messages": [ASK], "response": {"choices": [{"message": ANSWER}]}},
        {"messages": [ASK], "response": {"role": "assistant", "content": [{"type": "text", "text": "A writer."}]}},
        {"messages": json.dumps([ASK, ANSWER])},
        {"prompt": "Who is she?", "choices": [{"text": "A writer."}]},
        {"input": [ASK], "output": "A writer."},
        {
            "input": "Who is she?",
            "output": [{"type": "message", "content": [{"type": "output_text", "text": "A writer."}]}],
        },
    ],
)
def test_forms_of_one_exchange(write: Write, dialogues: Read, said: Said, record: object) -> None:
    [dialogue] = dialogues(write("log.jsonl", record))
    assert said(dialogue) == [("user", "Who is she?"), ("assistant", "A writer.")]


def test_an_answer_that_is_json_is_a_text(write: Write, dialogues: Read, said: Said) -> None:
    [dialogue] = dialogues(write("log.jsonl", {"request": {"messages": [ASK]}, "response": '{"job": "writer"}'}))
    assert said(dialogue)[-1] == ("assistant", '{"job": "writer"}')


def test_choices_are_dialogues(write: Write, dialogues: Read, said: Said) -> None:
    choices = [{"message": ANSWER}, {"message": {"content": "A poet."}}]
    first, second = dialogues(write("log.jsonl", {"messages": [ASK], "choices": choices}))
    assert said(first) == [("user", "Who is she?"), ("assistant", "A writer.")]
    assert said(second) == [("user", "Who is she?"), ("assistant", "A poet.")]


def test_blocks_reasoning_and_calls_are_turns(write: Write, dialogues: Read) -> None:
    calls = [
        {"id": "a", "type": "function", "function": {"name": "find", "arguments": '{"name": "Hina"}'}},
        {"id": "b", "name": "find", "args": {"name": "Jane"}},
    ]
    messages = [
        {"role": "user", "content": [{"type": "text", "text": "One."}, {"type": "text", "text": "Two."}]},
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:…"}}]},
        {"role": "assistant", "content": "", "reasoning_content": "Let me think.", "tool_calls": calls},
        {"role": "tool", "tool_call_id": "a", "content": "Found."},
        {
            "role": "assistant",
            "content": [{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": "She writes."}],
        },
    ]
    [dialogue] = dialogues(write("log.jsonl", {"messages": messages}))
    assert [(turn.role, turn.text, turn.path[1:]) for turn in dialogue.turns] == [
        ("user", "One.", (0, "content", 0, "text")),
        ("user", "Two.", (0, "content", 1, "text")),
        ("assistant", "Let me think.", (2, "reasoning_content")),
        ("assistant", '{"name": "Hina"}', (2, "tool_calls", 0, "function", "arguments")),
        ("assistant", '{"name": "Jane"}', (2, "tool_calls", 1, "args")),
        ("tool", "Found.", (3, "content")),
        ("assistant", "Hm.", (4, "content", 0, "thinking")),
        ("assistant", "She writes.", (4, "content", 1, "text")),
    ]


def test_items_of_the_responses_api(write: Write, dialogues: Read, said: Said) -> None:
    asked = [ASK, {"type": "function_call_output", "call_id": "c", "output": "Found."}]
    output = [
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "I think."}]},
        {"type": "function_call", "name": "find", "arguments": "{}"},
        {"type": "web_search_call", "action": {"type": "search", "query": "Hina"}},
        {"type": "message", "content": [{"type": "refusal", "refusal": "No."}]},
    ]
    [dialogue] = dialogues(write("log.jsonl", {"instructions": "Be kind.", "input": asked, "output": output}))
    assert said(dialogue) == [
        ("system", "Be kind."),
        ("user", "Who is she?"),
        ("tool", "Found."),
        ("assistant", "I think."),
        ("assistant", "{}"),
        ("assistant", '{"type": "search", "query": "Hina"}'),
        ("assistant", "No."),
    ]


def test_tools_in_anthropics_messages(write: Write, dialogues: Read, said: Said) -> None:
    messages = [
        {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "find", "input": {"name": "Hina"}}]},
        {
            "role": "user",
            "content": [{"type": "tool_result", "tool_use_id": "t", "content": [{"type": "text", "text": "F."}]}],
        },
    ]
    [dialogue] = dialogues(write("log.jsonl", {"system": "Be kind.", "messages": messages}))
    assert said(dialogue) == [("system", "Be kind."), ("assistant", '{"name": "Hina"}'), ("tool", "F.")]
