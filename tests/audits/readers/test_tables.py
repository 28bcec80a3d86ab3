"""Tables as text, and Parquet."""

import io
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from expunge.audits.readers import Logs
from expunge.audits.records import Dialogue, JsonPath

Write = Callable[..., Path]
Read = Callable[..., list[Dialogue]]
Said = Callable[[Dialogue], list[tuple[str, str]]]
Faults = Callable[..., list[tuple[int, str]]]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_delimiters_and_line_ends(write: Write, dialogues: Read, said: Said, delimiter: str, end: str) -> None:
    rows = [("id", "Prompt", "Response"), ("1", "Who?", "She."), ("2", "And he?", '"He ""too""."')]
    [one, two] = dialogues(write("log.csv", "".join(delimiter.join(row) + end for row in rows)))
    assert said(one) == [("user", "Who?"), ("assistant", "She.")]
    assert said(two)[-1] == ("assistant", 'He "too".')
    assert [turn.path for turn in two.turns] == [("Prompt",), ("Response",)]
    assert (one.id, two.id) == ("1", "2")


def test_fields_over_several_lines_and_rows_of_another_length(write: Write, read: Read, faults: Faults) -> None:
    text = 'prompt,response\n"Who,\nthen?","She,\n\nlong ago."\n\nWhy?\nWhen?,Now,or never\nWhere?,Here\n'
    path = write("log.csv", text)
    found = [each for each in read(path) if isinstance(each, Dialogue)]
    assert [(each.turns[0].text, each.turns[0].place.line) for each in found] == [
        *(("Who,\nthen?", 2), ("Why?", 7), ("Where?", 9)),
    ]
    assert faults(path) == [(7, "no_response"), (8, "unknown_format")]


def test_only_the_row_that_is_replaced_changes(write: Write, work: Path, tmp_path: Path) -> None:
    path = write("log.csv", 'prompt,n,response\r\nA?,1,"A, yes."\r\n"B?","2","B."\r\nC?,3,C.')
    logs = Logs([path])
    texts: dict[int, dict[JsonPath, str]] = {3: {("response",): 'Not\n"B".'}, 4: {("nowhere",): "C"}}
    [copy] = logs.copy(tmp_path / "out", lambda place: texts.get(place.line, {}))
    assert copy.read_bytes() == b'prompt,n,response\r\nA?,1,"A, yes."\r\n"B?","2","Not\n""B""."\r\n'


def test_messages_in_a_column(write: Write, dialogues: Read, said: Said) -> None:
    messages = '[{"role": "user", "content": "Who?"}, {"role": "assistant", "content": "She."}]'.replace('"', '""')
    [dialogue] = dialogues(write("log.csv", f'id,messages\n1,"{messages}"\n'))
    assert said(dialogue) == [("user", "Who?"), ("assistant", "She.")]
    assert dialogue.turns[1].path == ("messages", None, 1, "content")


def parquet(rows: list[dict[str, object]], schema: pa.Schema | None = None) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows, schema), sink)
    return sink.getvalue()


def test_rows_of_parquet(write: Write, dialogues: Read, said: Said) -> None:
    schema = pa.schema(
        {
            "id": pa.int64(),
            "messages": pa.list_(pa.struct({"role": pa.string(), "content": pa.large_string()})),
            "created_at": pa.timestamp("ns", "UTC"),
            "model": pa.dictionary(pa.int32(), pa.string()),
        }
    )
    messages = [{"role": "user", "content": "Who?"}, {"role": "assistant", "content": "She."}]
    at = datetime(2024, 5, 1, 10, tzinfo=UTC)
    rows = [{"id": number, "messages": messages, "created_at": at, "model": "m"} for number in range(1500)]
    found = dialogues(write("log.parquet", parquet(rows, schema)))
    assert len(found) == 1500
    assert said(found[7]) == [("user", "Who?"), ("assistant", "She.")]
    assert (found[7].id, found[7].at, found[7].turns[0].place.line) == ("7", 1714557600.0, 8)


def test_a_copy_of_parquet_has_its_schema(write: Write, work: Path, tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [{"prompt": f"{n}?", "response": f"{n}.", "n": n, "other": None} for n in range(4)]
    schema = pa.schema({"prompt": pa.string(), "response": pa.string(), "n": pa.int8(), "other": pa.float32()})
    path = write("log.parquet", parquet(rows, schema))
    logs = Logs([path])
    texts: dict[int, dict[JsonPath, str]] = {
        2: {("response",): "[withheld]"},
        3: {("n",): "no number"},
        4: {("messages", 0): "nowhere"},
    }
    [copy] = logs.copy(tmp_path / "out", lambda place: texts.get(place.line, {}))
    table = pq.read_table(copy)
    assert table.schema.equals(schema)
    assert table.to_pylist() == [rows[0], {**rows[1], "response": "[withheld]"}]


def test_broken_parquet(write: Write, faults: Faults) -> None:
    whole = parquet([{"prompt": "Who?", "response": "She."}])
    assert faults(write("cut.parquet", whole[: len(whole) // 2])) == [(0, "unreadable")]
    assert faults(write("other.parquet", parquet([{"a": 1}]))) == [(1, "unknown_format")]


def test_forced_storage(write: Write, faults: Faults) -> None:
    lines = write("log.jsonl", {"prompt": "Who?", "response": "She."})
    assert faults(lines, format="csv") == [(0, "unknown_format")]
    assert faults(lines, format="parquet") == [(0, "unknown_format")]
    assert faults(write("log.csv", "prompt,response\nWho?,She.\n"), format="csv") == []
