import json
from pathlib import Path
from typing import Any

TARGETS = [
    {"name": "Ann Orr", "documents": ["Ann Orr was born in Lyon."]},
    {"name": "Ben Ash", "colour": "blue"},
]


def written(path: Path, *lines: object) -> Path:
    path.write_text("".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines), "utf-8")
    return path


def test_import_adds_once_and_says_what_it_ignored(expunge: Any, tmp_path: Path) -> None:
    file = written(tmp_path / "targets.jsonl", *TARGETS)
    first = expunge("targets", "import", file, "--why", "batch")
    assert first.code == 0
    assert "Added 2, skipped 0" in first.out
    assert "'colour'" in first.err
    again = expunge("targets", "import", file, "--json")
    assert again.data == {"added": 0, "skipped": 2, "errors": [], "ignored": {"colour": 1}}


def test_bad_lines_are_numbered_and_stop_no_other(expunge: Any, tmp_path: Path) -> None:
    file = written(tmp_path / "targets.jsonl", TARGETS[0], "{not json", "", {"name": ""}, TARGETS[1])
    outcome = expunge("targets", "import", file)
    assert outcome.code == 1
    assert "Added 2" in outcome.out
    assert "line 2: Not JSON" in outcome.out
    assert "line 4: Not a target" in outcome.out
    report = expunge("targets", "import", file, "--json")
    assert (report.code, [error["line"] for error in report.data["errors"]]) == (1, [2, 4])


def test_export_warns_and_can_be_imported(expunge: Any, tmp_path: Path) -> None:
    expunge("targets", "import", written(tmp_path / "targets.jsonl", *TARGETS))
    outcome = expunge("targets", "export", tmp_path / "backup.jsonl")
    assert outcome.code == 0
    assert "plain text" in outcome.err
    before = expunge("targets", "list", "--json").data
    other = tmp_path / "other"
    assert expunge("targets", "import", tmp_path / "backup.jsonl", "--store", other).code == 0
    assert expunge("targets", "list", "--store", other, "--json").data == before


def test_files_that_cannot_be_used_are_named(expunge: Any, tmp_path: Path, register: Path) -> None:
    missing = expunge("targets", "import", tmp_path / "missing.jsonl")
    assert missing.code == 2
    assert "missing.jsonl" in missing.err
    assert not register.exists()
    expunge("targets", "add", "Ann Orr")
    unwritable = expunge("targets", "export", tmp_path / "no" / "folder.jsonl")
    assert unwritable.code == 2
    assert "folder.jsonl" in unwritable.err


def test_reindex_makes_the_index_anew(expunge: Any, tmp_path: Path) -> None:
    expunge("targets", "import", written(tmp_path / "targets.jsonl", *TARGETS))
    outcome = expunge("targets", "reindex", "--json")
    assert outcome.data == {"targets": 2, "embeddings": "all-MiniLM-L6-v2"}
    unknown = expunge("targets", "reindex", "--embeddings", "no-such-model")
    assert unknown.code == 2
    assert "'no-such-model'" in unknown.err
