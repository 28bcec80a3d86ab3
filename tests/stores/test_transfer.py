"""Files of targets, one JSON object a line: in, out, and in again."""

import json
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from expunge.errors import InputError, TargetWarning
from expunge.schema import Target
from expunge.stores import ImportReport, TargetStore


def write(path: Path, *lines: object) -> Path:
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines), "utf-8")
    return path


def test_a_file_is_imported_once(store: TargetStore, tmp_path: Path) -> None:
    file = write(
        tmp_path / "in.jsonl", {"name": "Hsiao Yun-Hwa", "documents": ["Born in Taipei."]}, {"name": "Nikolai Abilov"}
    )
    assert store.import_jsonl(file, why="request 17") == ImportReport(2, 0, [], {})
    assert store.import_jsonl(file) == ImportReport(0, 2, [], {})
    assert [(target.name, target.documents) for target in store] == [
        ("Hsiao Yun-Hwa", ["Born in Taipei."]),
        ("Nikolai Abilov", []),
    ]
    assert store.history(store.list()[0].id)[0].why == "request 17"


def test_bad_lines_are_reported_and_do_not_stop_the_others(store: TargetStore, tmp_path: Path) -> None:
    file = tmp_path / "in.jsonl"
    lines = [
        b'\xef\xbb\xbf{"name": "Hsiao Yun-Hwa"}',
        b"",
        b"{not json: Taipei}",
        b"[1, 2]",
        b'{"documents": ["Taipei"]}',
        b'{"name": "  "}',
        b'{"name": "Taipei", "kind": "Taipei"}',
        b'{"name": "Ta\xffipei"}',
        b'{"name": "Taipei Man", "state": "expired"}',
        b'{"name": "Taipei\\ud800 Man"}',
        b"[" * 100_000,
        b'{"name": "Nikolai Abilov"}\r',
        b'{"name": "nikolai  abilov"}',
    ]
    file.write_bytes(b"\n".join(lines))
    report = store.import_jsonl(file)
    assert (report.added, report.skipped, report.ignored) == (2, 1, {})
    assert [error.line for error in report.errors] == [3, 4, 5, 6, 7, 8, 9, 10, 11]
    assert "name" in report.errors[2].message
    assert "kind" in report.errors[4].message
    assert not any("Taipei" in error.message for error in report.errors)
    assert [target.name for target in store] == ["Hsiao Yun-Hwa", "Nikolai Abilov"]


def test_unknown_fields_are_ignored_and_counted(store: TargetStore, tmp_path: Path) -> None:
    lines = [{"name": f"Author Number {i}", "set": "forget10", "parties": [1]} for i in range(3)]
    report = store.import_jsonl(write(tmp_path / "in.jsonl", *lines, {"name": "Hsiao Yun-Hwa", "set": "x"}))
    assert (report.added, report.ignored) == (4, {"set": 4, "parties": 3})


def test_progress_counts_lines(store: TargetStore, tmp_path: Path) -> None:
    file = write(tmp_path / "in.jsonl", *({"name": f"Author Number {i % 400}"} for i in range(450)), "", "")
    seen: list[int] = []
    report = store.import_jsonl(file, progress=seen.append)
    assert (report.added, report.skipped) == (400, 50)
    assert seen == [200, 400, 450]


def test_an_export_restores_all_that_it_can(store: TargetStore, tmp_path: Path) -> None:
    past = datetime(2020, 1, 1, tzinfo=UTC)
    added = store.add(Target(name="Hsiao Yun-Hwa", documents=["lone \ud800 surrogate"], basis="GDPR Art. 17"))
    store.update(added.id, state="paused")
    store.add(Target(name="Nikolai Abilov", expires_at=past, created_at=past))
    assert store.export_jsonl(tmp_path / "out.jsonl") == 2
    assert stat.S_IMODE((tmp_path / "out.jsonl").stat().st_mode) == 0o600
    with TargetStore(tmp_path / "other") as other:
        assert other.import_jsonl(tmp_path / "out.jsonl").added == 2
        assert other.list() == store.list()
        assert [target.state for target in other] == ["paused", "expired"]
    assert store.import_jsonl(tmp_path / "out.jsonl") == ImportReport(0, 2, [], {})


def test_ids_are_restored_only_where_free_and_well_formed(store: TargetStore, tmp_path: Path) -> None:
    taken = store.add(Target(name="Hsiao Yun-Hwa")).id
    ids = [taken, "tgt_0123456789abcdef", "tgt_0123456789abcdef", "Nikolai Abilov", "tgt_' OR 1"]
    lines = [{"name": f"Author Number {i}", "id": id_, "version": 7} for i, id_ in enumerate(ids)]
    assert store.import_jsonl(write(tmp_path / "in.jsonl", *lines)).added == 5
    names = {target.id: target.name for target in store}
    assert names[taken] == "Hsiao Yun-Hwa"
    assert names["tgt_0123456789abcdef"] == "Author Number 1"
    assert len(names) == 6
    assert {target.version for target in store if target.id != taken} == {7}


def test_a_removed_target_that_comes_back_does_not_repeat_a_version(store: TargetStore, tmp_path: Path) -> None:
    added = store.add(Target(name="Hsiao Yun-Hwa"))
    store.export_jsonl(tmp_path / "out.jsonl")
    store.remove(added.id)
    store.import_jsonl(tmp_path / "out.jsonl")
    assert store.get(added.id).version == 3
    assert [(change.action, change.version) for change in store.history(added.id)] == [("remove", 2), ("add", 3)]


def test_a_file_that_cannot_be_read_or_written_is_an_error(store: TargetStore, tmp_path: Path) -> None:
    for path in (tmp_path / "missing.jsonl", tmp_path):
        with pytest.raises(InputError, match="cannot be read"):
            store.import_jsonl(path)
    for path in (tmp_path / "no" / "folder.jsonl", tmp_path):
        with pytest.raises(InputError, match="cannot be written"):
            store.export_jsonl(path)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["store"]


def test_an_import_warns_as_registration_does(store: TargetStore, tmp_path: Path) -> None:
    with pytest.warns(TargetWarning, match="common word"):
        store.import_jsonl(write(tmp_path / "in.jsonl", {"name": "May"}))
