"""Runs of LangSmith, and examples of its data sets."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from expunge.audits.readers import Logs
from expunge.audits.records import Dialogue
from langchain_core.load import dumpd
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, messages_to_dict
from langchain_core.outputs import ChatGeneration

Write = Callable[..., Path]
Read = Callable[..., list[Dialogue]]
Said = Callable[[Dialogue], list[tuple[str, str]]]

MESSAGES = [SystemMessage("Be kind."), HumanMessage("Who?")]
GENERATION = ChatGeneration(message=AIMessage("She."))
EXPECTED = [("system", "Be kind."), ("user", "Who?"), ("assistant", "She.")]
PLAIN = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Who?"}]
REPLY = {"role": "assistant", "content": "She."}


def run(inputs: object, outputs: object) -> dict[str, Any]:
    return {"id": "r-1", "run_type": "llm", "start_time": "2024-05-01T10:00:00", "inputs": inputs, "outputs": outputs}


@pytest.mark.parametrize(
    ("inputs", "outputs"),
    [
        ({"messages": [dumpd(MESSAGES)]}, {"generations": [[{"text": "She.", "message": dumpd(GENERATION.message)}]]}),
        ({"messages": dumpd(MESSAGES)}, {"generations": [dumpd(GENERATION)["kwargs"]]}),
        ({"messages": messages_to_dict(MESSAGES)}, {"output": dumpd(AIMessage("She."))}),
        (
            {"messages": [{"type": "system", "content": "Be kind."}, {"type": "human", "content": "Who?"}]},
            {"output": "She."},
        ),
        ({"messages": PLAIN}, {"choices": [{"index": 0, "message": REPLY}]}),
        ({"messages": PLAIN}, {"messages": [*PLAIN, REPLY]}),
        ({"system": "Be kind.", "question": "Who?"}, {"answer": "She."}),
        ({"chat_history": PLAIN[:1], "input": "Who?"}, {"output": "She."}),
        (json.dumps({"messages": PLAIN}), json.dumps({"messages": [REPLY]})),
    ],
)
def test_runs(write: Write, dialogues: Read, said: Said, inputs: object, outputs: object) -> None:
    [dialogue] = dialogues(write("runs.jsonl", run(inputs, outputs)))
    assert said(dialogue) == EXPECTED
    assert (dialogue.id, dialogue.at) == ("r-1", 1714557600.0)


def test_an_example_with_fields_of_its_own(write: Write, dialogues: Read, said: Said) -> None:
    record = {"inputs": {"topic": {"name": "Hina"}, "id": "x"}, "outputs": {"story": ["Once.", "Then."]}}
    [dialogue] = dialogues(write("examples.jsonl", record))
    assert said(dialogue) == [("user", "Hina"), ("assistant", "Once."), ("assistant", "Then.")]


def test_a_run_that_failed(write: Write, dialogues: Read, said: Said) -> None:
    [dialogue] = dialogues(write("runs.jsonl", {**run({"input": "Who?"}, None), "error": "Timeout"}))
    assert said(dialogue) == [("user", "Who?")]


def test_the_second_copy_of_an_answer_is_replaced_too(write: Write, work: Path, tmp_path: Path) -> None:
    generation = {"text": "She.", "message": dumpd(GENERATION.message)}
    path = write("runs.jsonl", run({"messages": [dumpd(MESSAGES)]}, {"generations": [[generation]]}))
    logs = Logs([path])
    [dialogue] = [each for each in logs.read() if isinstance(each, Dialogue)]
    [copy] = logs.copy(tmp_path / "out", lambda _: {dialogue.turns[-1].path: "[withheld]"})
    assert "She." not in copy.read_text()
    assert copy.read_text().count("[withheld]") == 2
