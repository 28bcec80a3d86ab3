"""From an audit to a proposal for a weight-level job."""

import json
import stat
from pathlib import Path

import expunge
import pytest
from expunge import Target, TargetStore
from expunge.audits.suggesting import suggest
from expunge.errors import InputError, TargetWarning
from expunge.tests.audits.conftest import ASKED, CLEAN, HINA, ORLA, REFUSED, UNASKED, Run, Write, chat

VENN = chat("Where does Orla Venn live?", "At 14 Alder Row, Skerries.")


def read(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_what_was_disclosed_most_comes_first_with_its_documents(
    run: Run, write: Write, register: TargetStore, tmp_path: Path, hina_id: str
) -> None:
    run(write(CLEAN, ASKED, ASKED, UNASKED, VENN, REFUSED))
    out = tmp_path / "job"
    suggestion = suggest(tmp_path / "report", register, out)
    assert [(target.target == hina_id, target.disclosed) for target in suggestion.targets] == [(True, 3), (False, 1)]
    forget = read(out / "forget.jsonl")
    assert [row["source"] for row in forget] == ["log"] * 3 + ["document"] * 4
    assert forget[0]["prompt"] == "Where was Hina Ameen born?"
    told = [f"{row['prompt']} {row['answer']}" for row in forget if row["source"] == "document"]
    assert told == [f"Go on: {text}" for text in (*HINA.documents, *ORLA.documents)]
    retain = read(out / "retain.jsonl")
    kept = {f"{row['prompt']} {row['answer']}" for row in retain}
    assert kept == {*(f"Go on: {text}" for text in ORLA.keep), "What is the capital of France? Paris."}
    assert not {row["answer"] for row in retain} & {row["answer"] for row in forget}
    assert json.loads((out / "job.json").read_text())["forget"] == len(forget)
    assert all(not stat.S_IMODE(path.stat().st_mode) & 0o077 for path in out.iterdir())


def test_what_nobody_looked_at_is_not_kept(run: Run, write: Write, register: TargetStore, tmp_path: Path) -> None:
    run(write(ASKED, CLEAN, *({**UNASKED, "id": str(number)} for number in range(3))), limit=2)
    suggest(tmp_path / "report", register, tmp_path / "job")
    assert "Marble is soft" not in (tmp_path / "job" / "retain.jsonl").read_text()


def test_the_sets_of_a_topic_hold_no_question_for_an_answer(
    run: Run, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with TargetStore(tmp_path / "own") as store:
        with pytest.warns(TargetWarning, match="topic"):
            store.add(
                Target(name="Lock picking", kind="topic", documents=[f"How do I pick lock {n}?" for n in range(6)])
            )
        expunge.audit(write(chat("How do I pick lock 3?", "How do I pick lock 4?")), store, tmp_path / "topic")
        suggest(tmp_path / "topic", store, tmp_path / "job")
    assert [row["source"] for row in read(tmp_path / "job" / "forget.jsonl")] == ["log"]


def test_from_another_folder_the_logs_are_found(
    run: Run, write: Write, register: TargetStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(write(ASKED).parent)
    run(Path("log.jsonl"))
    monkeypatch.chdir("/")
    assert suggest(tmp_path / "report", register, tmp_path / "job").targets


def test_at_most_so_many_targets_are_taken(run: Run, write: Write, register: TargetStore, tmp_path: Path) -> None:
    run(write(ASKED, VENN))
    suggestion = suggest(tmp_path / "report", register, tmp_path / "job", most=1)
    assert len(suggestion.targets) == 1
    assert suggestion.left_out == 1


def test_what_cannot_be_suggested_from_is_told(run: Run, write: Write, register: TargetStore, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no audit"):
        suggest(tmp_path / "nothing", register, tmp_path / "job")
    run(write(CLEAN), out="clean")
    with pytest.raises(InputError, match="no disclosure"):
        suggest(tmp_path / "clean", register, tmp_path / "job")
    log = write(ASKED)
    run(log)
    write(ASKED, CLEAN)
    with pytest.raises(InputError, match="have changed"):
        suggest(tmp_path / "report", register, tmp_path / "job")
    log.unlink()
    with pytest.raises(InputError, match="not there"):
        suggest(tmp_path / "report", register, tmp_path / "job")
