"""Pairs of a prompt and a response, in JSON Lines and tables."""

from collections.abc import Callable
from pathlib import Path

import pytest
from expunge.audits.readers import Logs
from expunge.audits.records import Dialogue
from expunge.errors import InputError

Write = Callable[..., Path]
Read = Callable[..., list[Dialogue]]
Said = Callable[[Dialogue], list[tuple[str, str]]]
Faults = Callable[..., list[tuple[int, str]]]


@pytest.mark.parametrize(
    ("prompt", "response"),
    [
        ("prompt", "response"),
        ("question", "answer"),
        ("input", "output"),
        ("instruction", "output"),
        ("query", "completion"),
    ],
)
def test_fields_have_many_names(write: Write, dialogues: Read, said: Said, prompt: str, response: str) -> None:
    [dialogue] = dialogues(
        write("log.jsonl", {prompt: "Who?", response: "She.", "id": 7, "timestamp": "2024-05-01T10:00:00"})
    )
    assert said(dialogue) == [("user", "Who?"), ("assistant", "She.")]
    assert (dialogue.id, dialogue.at) == ("7", 1714557600.0)
    assert [turn.path for turn in dialogue.turns] == [(prompt,), (response,)]


def test_what_comes_before_the_prompt(write: Write, dialogues: Read, said: Said) -> None:
    record = {"response": "She.", "prompt": "Who?", "contexts": ["One.", "Two."], "system": "Be kind."}
    [dialogue] = dialogues(write("log.jsonl", record))
    assert said(dialogue) == [
        *(("system", "Be kind."), ("tool", "One."), ("tool", "Two.")),
        *(("user", "Who?"), ("assistant", "She.")),
    ]


def test_a_prompt_of_messages(write: Write, dialogues: Read, said: Said) -> None:
    messages = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Who?"}]
    answer = [{"role": "assistant", "content": "She."}]
    found = dialogues(
        write("log.jsonl", {"prompt": messages, "completion": answer}, {"prompt": messages, "completion": "She."})
    )
    assert [said(each) for each in found] == [[("system", "Be kind."), ("user", "Who?"), ("assistant", "She.")]] * 2


def test_an_instruction_and_its_input_are_both_asked(write: Write, dialogues: Read, said: Said) -> None:
    [dialogue] = dialogues(write("log.jsonl", {"instruction": "Translate.", "input": "Hallo", "output": "Hello"}))
    assert said(dialogue) == [("user", "Translate."), ("user", "Hallo"), ("assistant", "Hello")]


def test_columns_are_mapped(write: Write, dialogues: Read, said: Said, faults: Faults) -> None:
    columns = {"prompt": "ask", "response": "said", "id": "key", "at": "when", "context": "found", "system": "rules"}
    record = {
        "ask": "Who?",
        "said": "She.",
        "key": "k",
        "when": 1_700_000_000_000,
        "found": "F.",
        "rules": "R.",
        "prompt": "P.",
    }
    path = write("log.jsonl", record)
    [dialogue] = dialogues(path, columns=columns)
    assert said(dialogue) == [("system", "R."), ("tool", "F."), ("user", "Who?"), ("assistant", "She.")]
    assert (dialogue.id, dialogue.at) == ("k", 1_700_000_000.0)
    table = write("log.csv", "ask,said\nWho?,She.\n")
    assert faults(table) == [(0, "unknown_format")]
    assert [said(each) for each in dialogues(table, columns=columns)] == [[("user", "Who?"), ("assistant", "She.")]]


def test_a_column_that_is_none_of_ours(work: Path) -> None:
    with pytest.raises(InputError, match="propmt") as caught:
        Logs([], columns={"propmt": "ask"})
    assert "prompt" in caught.value.fix


@pytest.mark.parametrize(
    "record", [{"prompt": "Who?"}, {"prompt": "Who?", "response": ""}, {"prompt": "Who?", "response": None}]
)
def test_a_prompt_without_an_answer_is_read_alone(
    write: Write, dialogues: Read, faults: Faults, record: object
) -> None:
    path = write("log.jsonl", record)
    assert len(dialogues(path)) == 1
    assert faults(path) == [(1, "no_response")]


def test_an_answer_without_a_prompt_is_read_alone(write: Write, dialogues: Read, faults: Faults) -> None:
    path = write("log.jsonl", {"prompt": "", "response": "She."}, {"prompt": "", "response": ""})
    assert len(dialogues(path)) == 1
    assert faults(path) == [(1, "no_prompt"), (2, "no_prompt")]
