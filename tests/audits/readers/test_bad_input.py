"""Files that are damaged, mixed up or no logs at all: everything is said, nothing is raised, the rest is read."""

import gzip
import json
import tracemalloc
from collections.abc import Callable, Iterator
from itertools import chain, repeat
from pathlib import Path

import pyarrow as pa
import pytest
from expunge.audits.readers import MAX_LINE, Logs
from expunge.audits.records import Dialogue, Fault

Write = Callable[..., Path]
Read = Callable[..., list[Dialogue | Fault]]
Said = Callable[[Dialogue], list[tuple[str, str]]]
Faults = Callable[..., list[tuple[int, str]]]

GOOD = b'{"prompt": "Who is it?", "response": "Nobody you know."}\n'
SECRET = "Hina Ameen"


def zstd(data: bytes) -> bytes:
    return bytes(pa.compress(data, codec="zstd", asbytes=True))


def test_bad_lines_do_not_stop_the_others(write: Write, read: Read, faults: Faults) -> None:
    lines = [
        b"\xef\xbb\xbf" + GOOD,
        b'{"prompt": "Hina Ameen\n',
        b"\n",
        b'["Hina Ameen"]\n',
        b'{"Hina Ameen": "Hina Ameen"}\n',
        '{"prompt": "Hina Ameen \xe9"}\n'.encode("latin-1"),
        b"[" * 100_000 + b"\n",
        b'{"prompt": ' + b'{"a": ' * 5_000 + b"1" + b"}" * 5_001 + b"\n",
        b'{"prompt": ' + b"1" * 5_000 + b"}\n",
        b'{"prompt": "Who?", "response": ' + b"[" * 100 + b'"She."' + b"]" * 100 + b"}\n",
        b'{"prompt": "Who?", "response": "\\ud800", "n": NaN, "m": 1e999, "at": 1e999, "created": -1}\n',
        b'{"messages": 7, "prompt": [[]], "response": {"a": 1}}\n',
        b"\0\n",
        GOOD.rstrip() + b"\r\n",
        GOOD.rstrip(),
    ]
    path = write("log.jsonl", b"".join(lines))
    found = read(path)
    assert faults(path) == [
        *((2, "invalid_json"), (4, "unknown_format"), (5, "unknown_format"), (6, "encoding"), (7, "invalid_json")),
        *((8, "invalid_json"), (9, "invalid_json"), (10, "invalid_json"), (12, "no_prompt")),
    ]
    assert [each.turns[0].place.line for each in found if isinstance(each, Dialogue)] == [1, 11, 14, 15]
    assert not any(SECRET in each.message for each in found if isinstance(each, Fault))


def test_formats_are_mixed_in_one_file(write: Write, work: Path) -> None:
    records = [
        {"messages": [{"role": "user", "content": "A?"}, {"role": "assistant", "content": "A."}]},
        {"prompt": "B?", "response": "B."},
        {"conversations": [{"from": "human", "value": "C?"}, {"from": "gpt", "value": "C."}]},
        {"inputs": {"input": "D?"}, "outputs": {"output": "D."}},
        {"custom_id": "e", "method": "POST", "url": "/", "body": {"input": "E?"}},
        {
            "custom_id": "e",
            "response": {"status_code": 200, "body": {"output": [{"role": "assistant", "content": "E."}]}},
        },
    ]
    path = write("log.jsonl", *records)
    logs = Logs([path])
    found = list(logs.read())
    assert [each.turns[-1].text for each in found if isinstance(each, Dialogue)] == ["A.", "B.", "C.", "D.", "E."]
    [file] = logs.files
    assert file.formats == {"openai": 1, "plain": 1, "sharegpt": 1, "langsmith": 1, "openai-batch": 2}
    assert (file.file, file.records, file.faults, file.exchanges) == (str(path), 6, 0, 0)
    only = Logs([path], format="sharegpt")
    assert [each.line for each in only.read() if isinstance(each, Fault)] == [1, 2, 4, 5, 6]
    assert only.files[0].faults == 5


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize(
    "text", ['{"prompt": "Wör?", "response": "Sie."}\n' * 3, "prompt,response\n" + "Wör?,Sie.\n" * 3]
)
def test_character_sets(write: Write, read: Read, faults: Faults, tmp_path: Path, charset: str, text: str) -> None:
    path = write("log", text.encode(charset))
    if charset in ("utf-16-le", "utf-16-be"):  # without a mark
        assert {code for _, code in faults(path)} == {"encoding"}
        return
    found = [each for each in read(path) if isinstance(each, Dialogue)]
    assert [[turn.text for turn in each.turns] for each in found] == [["Wör?", "Sie."]] * 3
    logs = Logs([path])
    texts = {turn.place: {turn.path: "Er: 😀."} for turn in found[1].turns if turn.role == "assistant"}
    [copy] = logs.copy(tmp_path / "out", lambda place: texts.get(place, {}))
    expected = text.splitlines(keepends=True)
    expected[-2] = expected[-2].replace("Sie.", "Er: 😀.")
    assert copy.read_bytes() == "".join(expected).encode(charset)


@pytest.mark.parametrize("odd", [b"\x00", b"\x00\xd8", b"\x00\xd8a\x00", b"\x00\xdc\x00\xdc"])
def test_broken_utf_16(write: Write, faults: Faults, odd: bytes) -> None:
    line = '{"prompt": "Who?", "response": "She."}\n'.encode("utf-16-le")
    assert faults(write("log.jsonl", b"\xff\xfe" + line + line[:-4] + odd)) in (
        [(2, "encoding")],
        [(2, "encoding"), (2, "encoding")],
    )


@pytest.mark.parametrize("pack", [gzip.compress, zstd])
def test_packed_files(
    write: Write, read: Read, faults: Faults, work: Path, tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    path = write("log.jsonl.x", pack(GOOD * 2) + pack(GOOD))
    assert len(read(path)) == 3
    [copy] = Logs([path]).copy(tmp_path / "out", lambda place: {("response",): "New."} if place.line == 2 else {})
    assert copy.read_bytes()[:2] == path.read_bytes()[:2]
    again = read(copy)
    assert [each.turns[1].text for each in again if isinstance(each, Dialogue)][1] == "New."
    lines = b"".join(b'{"prompt": "%d", "response": "%x"}\n' % (n, n**40) for n in range(3_000))
    packed = pack(lines)
    cut = read(write("cut", packed[: len(packed) // 2]))
    assert isinstance(cut[-1], Fault)
    assert cut[-1].code == "unreadable"
    assert 1_000 < len(cut) == cut[-1].line + 1
    broken = faults(write("broken", packed[:20] + b"\xff" * 50 + packed[70:]), write("next", GOOD))
    assert broken[-1][1] == "unreadable"


@pytest.mark.parametrize("data", [b"", b"\n\n", b"\xef\xbb\xbf", gzip.compress(b"", mtime=0)])
def test_empty_files(write: Write, faults: Faults, data: bytes) -> None:
    assert faults(write("log.jsonl", data)) == [(0, "empty")]


@pytest.mark.parametrize(
    "data", [b"%PDF-1.7\n%\xe2\xe3", b"\x89PNG\r\n\x1a\n", b"just,some\nwords,here\n", b"Hina Ameen"]
)
def test_files_that_are_no_logs(write: Write, read: Read, work: Path, tmp_path: Path, data: bytes) -> None:
    path = write("log", data)
    [fault] = read(path)
    assert isinstance(fault, Fault)
    assert (fault.line, fault.code) == (0, "unknown_format")
    assert SECRET not in fault.message
    assert Logs([path]).copy(tmp_path / "out", lambda _: {}) == []


def test_a_file_that_is_gone_does_not_stop_the_others(write: Write, faults: Faults, tmp_path: Path) -> None:
    assert faults(tmp_path / "gone.jsonl", tmp_path, write("log.jsonl", GOOD)) == [(0, "unreadable")] * 2


def huge() -> Iterator[bytes]:
    """100 MB in one line."""
    return chain([b'{"prompt": "'], repeat(b"x" * 1_000_000, 100), [b'"}\n'])


@pytest.mark.parametrize(
    ("name", "before", "after", "expected"),
    [
        ("log.jsonl", [GOOD], [GOOD], [(2, "too_long")]),
        ("log.csv", [b"prompt,response\na,b\n"], [b'c,d\ne,"f\n'], [(3, "too_long")]),
        ("log.csv", [b'prompt,response\na,"'], [b'"\nc,d\n'], [(2, "too_long"), (3, "too_long")]),
        ("log.json", [b"[", GOOD, b","], [b"]"], [(2, "too_long")]),
    ],
)
def test_a_line_of_100_megabytes(
    write: Write, work: Path, name: str, before: list[bytes], after: list[bytes], expected: list[tuple[int, str]]
) -> None:
    path = write(name, b"")
    with path.open("wb") as file:
        file.writelines(chain(before, huge(), after))
    tracemalloc.start()
    found = list(Logs([path]).read())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [(each.line, each.code) for each in found if isinstance(each, Fault)][:1] == expected[:1]
    assert peak < 5 * MAX_LINE


def test_a_bomb_is_not_unpacked_at_once(write: Write, work: Path) -> None:
    path = write("log.jsonl.zst", zstd(GOOD) + zstd(b"x" * 100_000_000 + b"\n") + zstd(GOOD))
    tracemalloc.start()
    found = list(Logs([path]).read())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [each.code if isinstance(each, Fault) else "" for each in found] == ["", "too_long", ""]
    assert peak < 5 * MAX_LINE


def test_nothing_of_what_waits_or_is_copied_can_be_read_by_others(write: Write, work: Path, tmp_path: Path) -> None:
    [copy] = Logs([write("log.jsonl", GOOD)]).copy(tmp_path / "out", lambda _: {})
    assert copy.stat().st_mode & 0o077 == 0
    assert [path.name for path in copy.parent.iterdir()] == ["log.jsonl"]


def test_records_are_json_after_a_replacement(write: Write, work: Path, tmp_path: Path) -> None:
    path = write("log.jsonl", b'{"prompt": "a \\ud800", "response": "b", "n": 123456789012345678901234567890}\n')
    [copy] = Logs([path]).copy(tmp_path / "out", lambda _: {("response",): "ü"})
    expected = {"prompt": "a \ud800", "response": "ü", "n": 123456789012345678901234567890}
    assert json.loads(copy.read_bytes()) == expected
