"""Finding the files of logs."""

import io
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from expunge.audits.readers import find_logs
from expunge.errors import InputError

Write = Callable[..., Path]


@pytest.fixture
def folder(write: Write, tmp_path: Path) -> Path:
    for name in ("b.jsonl", "a.csv.gz", "sub/c.JSON.zst", "sub/d.parquet", "e.txt", ".hidden.jsonl", ".git/f.json"):
        write(f"logs/{name}", "x")
    return tmp_path / "logs"


def names(paths: list[Path], folder: Path) -> list[str]:
    return [str(path.relative_to(folder)) for path in paths]


def test_a_folder_holds_what_has_a_known_ending(folder: Path, work: Path) -> None:
    assert names(find_logs([folder], work), folder) == ["a.csv.gz", "b.jsonl", "sub/c.JSON.zst", "sub/d.parquet"]


def test_files_and_patterns_each_once_in_the_order_given(folder: Path, work: Path) -> None:
    given: list[str | Path] = [
        folder / "e.txt",
        f"{folder}/*.jsonl",
        f"{folder}/**/*.parquet",
        folder / "b.jsonl",
        folder,
    ]
    found = ["e.txt", "b.jsonl", "sub/d.parquet", "a.csv.gz", "sub/c.JSON.zst"]
    assert names(find_logs(given, work), folder) == found


def test_a_relative_pattern(folder: Path, work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder.parent)
    assert find_logs(["logs/*.jsonl"], work) == [Path("logs/b.jsonl")]


def test_a_name_with_signs_of_a_pattern(write: Write, work: Path) -> None:
    path = write("log[1].jsonl", "x")
    assert find_logs([path], work) == [path]


@pytest.mark.parametrize("given", [["gone.jsonl"], ["gone/*.jsonl"], ["[.jsonl"], [""], []])
def test_nothing_matches(tmp_path: Path, work: Path, monkeypatch: pytest.MonkeyPatch, given: list[str]) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as caught:
        find_logs(given, work)
    assert all(each in str(caught.value) for each in given)
    assert caught.value.fix


def test_standard_input_is_kept_once(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b'{"prompt": "\xff"}\n')))
    [path] = find_logs(["-", "-"], work)
    assert path == work / "stdin.log"
    assert path.read_bytes() == b'{"prompt": "\xff"}\n'
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    monkeypatch.setattr(sys, "stdin", None)
    assert find_logs(["-"], work) == [path]
    assert list(work.iterdir()) == [path]


def test_standard_input_that_is_closed(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(InputError, match="closed"):
        find_logs(["-"], work)
