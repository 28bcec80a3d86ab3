"""Several files together: progress, copies, what they are known by; and what holds of any input."""

import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from expunge.audits.readers import Logs
from expunge.audits.records import Dialogue, Fault
from expunge.errors import InputError
from hypothesis import given
from hypothesis import strategies as st

Write = Callable[..., Path]
Read = Callable[..., list[Dialogue | Fault]]

GOOD = {"prompt": "Who?", "response": "She."}


def test_progress_ends_at_the_size(write: Write, work: Path) -> None:
    lines = json.dumps(GOOD).encode() + b"\n"
    paths = [
        write("a.jsonl", lines * 3_000),
        write("b.jsonl.gz", gzip.compress(lines * 3_000)),
        write("c.jsonl", lines),
    ]
    logs = Logs(paths)
    told: list[int] = []
    list(logs.read(told.append))
    assert told == sorted(told)
    assert len(told) > 10
    assert told[-1] == logs.size == sum(path.stat().st_size for path in paths)


def test_reading_again_counts_anew(write: Write, work: Path) -> None:
    logs = Logs([write("a.jsonl", GOOD, {"x": 1}), write("b.jsonl", GOOD)])
    first = list(logs.read())
    counted = [(file.records, file.faults, dict(file.formats)) for file in logs.files]
    assert counted == [(2, 1, {"plain": 1}), (1, 0, {"plain": 1})]
    assert list(logs.read()) == first
    assert [(file.records, file.faults, dict(file.formats)) for file in logs.files] == counted


def test_copies_of_one_name_do_not_collide(write: Write, work: Path, tmp_path: Path) -> None:
    paths = [write("logs/a/log.jsonl", GOOD), write("logs/b/log.jsonl", GOOD)]
    copies = Logs(paths).copy(tmp_path / "out", lambda _: {})
    assert copies == [tmp_path / "out/a/log.jsonl", tmp_path / "out/b/log.jsonl"]
    assert Logs(paths[:1]).copy(tmp_path / "one", lambda _: {}) == [tmp_path / "one/log.jsonl"]


def test_a_record_in_which_a_text_cannot_be_replaced_is_left_out(write: Write, work: Path, tmp_path: Path) -> None:
    path = write("log.jsonl", GOOD, {"prompt": "[1]", "response": "R."}, {"messages": [GOOD]}, GOOD)
    paths = {1: ("response", "x"), 2: ("prompt", None, 7), 3: ("messages", 1)}
    [copy] = Logs([path]).copy(tmp_path / "out", lambda at: {paths[at.line]: "new"} if at.line in paths else {})
    assert copy.read_text() == json.dumps(GOOD) + "\n"


def test_a_copy_that_cannot_be_written(write: Write, work: Path) -> None:
    path = write("log.jsonl", GOOD)
    with pytest.raises(InputError, match="cannot be written"):
        Logs([path]).copy(path, lambda _: {})


def test_logs_are_not_overwritten(write: Write, work: Path) -> None:
    path = write("log.jsonl", GOOD)
    with pytest.raises(InputError, match="one of the logs"):
        Logs([path]).copy(path.parent, lambda _: {("response",): "new"})
    assert path.read_text() == json.dumps(GOOD) + "\n"


def test_the_fingerprint_tells_other_logs(write: Write, work: Path) -> None:
    path = write("log.jsonl", GOOD)
    prints = [Logs([path]).fingerprint(), Logs([path], format="plain").fingerprint()]
    prints.append(Logs([path], columns={"prompt": "ask"}).fingerprint())
    prints.append(Logs([path, path]).fingerprint())
    told = path.stat()
    path.write_bytes(path.read_bytes().replace(b"Who", b"Why"))
    os.utime(path, ns=(told.st_atime_ns, told.st_mtime_ns))
    prints.append(Logs([path]).fingerprint())
    os.utime(path, ns=(0, 0))
    prints.append(Logs([path]).fingerprint())
    path.unlink()
    prints.append(Logs([path]).fingerprint())
    assert len(set(prints)) == 7
    assert Logs([path]).fingerprint() == prints[-1]


def test_a_file_whose_name_is_no_utf_8(work: Path, tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.jsonl"))
    path.write_text(json.dumps({"prompt": "Who?"}))
    logs = Logs([path])
    dialogue, fault = logs.read()
    assert isinstance(dialogue, Dialogue)
    assert dialogue.turns[0].place.file == fault.file  # type: ignore[union-attr]
    assert isinstance(fault, Fault)
    assert fault.file.endswith("\\udcff.jsonl")
    assert logs.files[0].faults == 1
    assert logs.fingerprint()


def test_public_chats(read: Read) -> None:
    path = Path(os.environ.get("EXPUNGE_DATA", "../shared/data")) / "logs/chat.jsonl"
    if not path.is_file():
        pytest.skip(f"no logs at {path}; EXPUNGE_DATA names another folder")
    records = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    found = [each for each in read(path) if isinstance(each, Dialogue)]
    assert [each.id for each in found] == [record["custom_id"] for record in records]
    expected = [[turn["content"] for turn in record["messages"]] for record in records]
    assert [[turn.text for turn in each.turns] for each in found] == expected


STARTS = [
    b"",
    b"[",
    b"{",
    b"prompt,response\n",
    b"\x1f\x8b\x08\x00",
    b"\x28\xb5\x2f\xfd",
    b"PAR1",
    b"\xff\xfe",
    b"\xfe\xff",
]


@given(
    st.sampled_from(STARTS),
    st.lists(st.binary(max_size=60) | st.sampled_from([b"\n", b'"', b"{}", b'{"prompt":"a"}\n'])),
)
def test_no_bytes_are_raised_over(write: Write, work: Path, tmp_path: Path, start: bytes, rest: list[bytes]) -> None:
    logs = Logs([write("log", start + b"".join(rest))])
    found = list(logs.read())
    assert list(logs.read()) == found
    logs.copy(tmp_path / "out", lambda _: {})


KEYS = st.sampled_from(
    [
        *("messages", "role", "content", "type", "text", "parts", "tool_calls", "function", "arguments", "reasoning"),
        *("prompt", "response", "input", "output", "request", "choices", "message", "conversations", "from", "value"),
        *("inputs", "outputs", "run_type", "generations", "kwargs", "id", "custom_id", "body", "status_code", "error"),
        *(
            "attributes",
            "traceId",
            "events",
            "resourceSpans",
            "scopeSpans",
            "spans",
            "key",
            "stringValue",
            "kvlistValue",
        ),
        *("gen_ai.input.messages", "gen_ai.output.messages", "arrayValue", "values", "created", "at", "context"),
    ]
)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["[{}]", '{"role": 1}'])
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=20
)


@given(st.lists(st.dictionaries(KEYS, VALUES, max_size=5), max_size=4))
def test_no_record_is_raised_over(
    write: Write, read: Read, work: Path, tmp_path: Path, records: list[dict[str, Any]]
) -> None:
    path = write("log.jsonl", *records)
    found = read(path)
    assert read(path) == found
    turns = [turn for each in found if isinstance(each, Dialogue) for turn in each.turns]
    texts = {turn.place: {turn.path: "[withheld]"} for turn in turns}
    [copy] = Logs([path]).copy(tmp_path / "out", lambda place: texts.get(place, {})) or [path]
    assert all(json.loads(line) for line in copy.read_text("utf-8").splitlines() if line != "{}")


TURNS = st.lists(
    st.tuples(st.sampled_from(["system", "user", "assistant", "tool"]), st.text(min_size=1, max_size=40)), max_size=5
)


@given(st.lists(TURNS, min_size=1, max_size=5))
def test_what_is_written_is_read(write: Write, read: Read, talks: list[list[tuple[str, str]]]) -> None:
    records = [
        {"id": str(number), "messages": [{"role": role, "content": text} for role, text in talk]}
        for number, talk in enumerate(talks)
    ]
    found = [each for each in read(write("log.jsonl", *records)) if isinstance(each, Dialogue)]
    expected = [(str(number), talk) for number, talk in enumerate(talks) if talk]
    assert [(each.id, [(turn.role, turn.text) for turn in each.turns]) for each in found] == expected
