import json
from pathlib import Path
from typing import Any

import pytest

CASES = [
    {
        "id": "1",
        "set": "s",
        "role": "forget",
        "target": "Ann Orr",
        "question": "Where was Ann Orr born?",
        "answer": "Lyon",
    },
    {"id": "2", "set": "s", "role": "retain", "question": "Where is Graz?", "answer": "In Austria"},
]
TARGETS = [{"name": "Ann Orr", "documents": ["Where was Ann Orr born? Lyon."]}]


@pytest.fixture
def cases(tmp_path: Path) -> Path:
    for folder, rows in (("cases", CASES), ("targets", TARGETS)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "s.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    return tmp_path / "cases" / "s.jsonl"


@pytest.mark.parametrize("register", ["name", "documents", "odd-documents"])
def test_guard_finds_the_targets_beside_the_cases(expunge: Any, cases: Path, register: str) -> None:
    report = expunge("eval", "guard", "--cases", cases, "--register", register, "--json").data
    assert (report["registered"], report["targets"]) == (register, 1)
    assert [(total["role"], total["rate"]["count"]) for total in report["totals"]] == [("forget", 0), ("retain", 0)]


def test_guard_draws_a_table(expunge: Any, cases: Path) -> None:
    targets = cases.parent.parent / "targets" / "s.jsonl"
    outcome = expunge("eval", "guard", "--cases", cases, "--targets", targets, "--baseline", "--policy-prefer", "keep")
    assert outcome.code == 0
    assert "leaked" in outcome.out


def test_guard_needs_targets_and_readable_cases(expunge: Any, cases: Path, tmp_path: Path) -> None:
    (cases.parent.parent / "targets" / "s.jsonl").unlink()
    assert "--targets" in expunge("eval", "guard", "--cases", cases).err
    cases.write_text("{", "utf-8")
    broken = expunge("eval", "guard", "--cases", cases, "--targets", cases)
    assert (broken.code, "line 1" in broken.err) == (2, True)
    assert expunge("eval", "guard", "--cases", cases, "--register", "nothing").code == 2
    assert expunge("eval", "guard", "--cases", cases, "--policy-prefer", "nobody").code == 2


def test_latency_is_measured(expunge: Any) -> None:
    report = expunge("eval", "latency", "--targets", "20", "--exchanges", "3", "--json").data
    assert [(register["targets"], register["exchanges"]) for register in report["registers"]] == [(20, 3)]
    assert expunge("eval", "latency", "--targets", "0").code == 2
