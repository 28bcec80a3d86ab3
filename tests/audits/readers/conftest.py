"""What the tests of readers share: writing logs, reading them, and checking what holds of all of them."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from expunge.audits.readers import Logs
from expunge.audits.records import Dialogue, Fault, JsonPath, Place


@pytest.fixture
def work(tmp_path: Path) -> Path:
    return tmp_path / "work"


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes a file of bytes, of a text, or of records, one a line."""

    def write(name: str, *records: object) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        whole = records[0] if len(records) == 1 else None
        if isinstance(whole, str | bytes):
            path.write_bytes(whole.encode() if isinstance(whole, str) else whole)
        else:
            path.write_text("".join(f"{json.dumps(record)}\n" for record in records), "utf-8")
        return path

    return write


@pytest.fixture
def read(work: Path) -> Callable[..., list[Dialogue | Fault]]:
    def read(*paths: Path, **options: Any) -> list[Dialogue | Fault]:
        return list(Logs(paths, **options).read())

    return read


@pytest.fixture
def faults(read: Callable[..., list[Dialogue | Fault]]) -> Callable[..., list[tuple[int, str]]]:
    """Reads files, and returns what is wrong, by line."""

    def faults(*paths: Path, **options: Any) -> list[tuple[int, str]]:
        return [(fault.line, fault.code) for fault in read(*paths, **options) if isinstance(fault, Fault)]

    return faults


@pytest.fixture
def dialogues(work: Path, tmp_path: Path) -> Callable[..., list[Dialogue]]:
    """Reads files, and checks what holds of every shape: copies are equal, and every answer can be replaced in one."""

    def dialogues(*paths: Path, **options: Any) -> list[Dialogue]:
        logs = Logs(paths, **options)
        found = [each for each in logs.read() if isinstance(each, Dialogue)]
        texts: dict[Place, dict[JsonPath, str]] = {}
        for number, turn in enumerate(turn for dialogue in found for turn in dialogue.turns):
            if turn.role == "assistant":
                new = "{}" if turn.path[-1] in {"arguments", "args"} else f"new text {number}"
                texts.setdefault(turn.place, {}).setdefault(turn.path, new)
        copied = logs.copy(tmp_path / "copies", lambda place: texts.get(place, {}))
        again = [each for each in Logs(copied, **options).read() if isinstance(each, Dialogue)]
        assert [_shown(each, {}) for each in again] == [_shown(each, texts) for each in found]
        for path, same in zip(paths, logs.copy(tmp_path / "same", lambda _: {}), strict=True):
            assert same.read_bytes() == path.read_bytes() or path.suffix in {".gz", ".zst", ".parquet"}
        return found

    return dialogues


def _shown(dialogue: Dialogue, texts: Mapping[Place, Mapping[JsonPath, str]]) -> object:
    turns = [(turn.role, texts.get(turn.place, {}).get(turn.path, turn.text), turn.path) for turn in dialogue.turns]
    # Arguments of a call become none, and those written as an object are no turn then.
    return dialogue.id, dialogue.at, [turn for turn in turns if turn[1] != "{}"]


@pytest.fixture
def said() -> Callable[[Dialogue], list[tuple[str, str]]]:
    """Returns who said what in a dialogue."""
    return lambda dialogue: [(turn.role, turn.text) for turn in dialogue.turns]
