"""`expunge audit`, and `expunge jobs suggest` of what it found."""

import json
from pathlib import Path

import pytest
from expunge.cli import app
from expunge.tests.audits.conftest import ASKED, CLEAN, HINA, REFUSED, UNASKED, Write, chat
from expunge.tests.audits.conftest import write as write
from expunge.tests.commands.conftest import Expunge
from typer.testing import CliRunner

pytestmark = pytest.mark.usefixtures("_no_page")


@pytest.fixture
def _no_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """The page takes a second to draw, and has tests of its own."""
    monkeypatch.setattr("expunge.audits.report_files.write_report", lambda summary, path: None)


@pytest.fixture
def registered(expunge: Expunge) -> Expunge:
    expunge("targets", "add", HINA.name, "--document", HINA.documents[0])
    return expunge


@pytest.mark.parametrize(
    ("rows", "fail_on", "code"),
    [
        ([ASKED], "disclosed", 1),
        ([ASKED], "never", 0),
        ([REFUSED], "disclosed", 0),
        ([REFUSED], "asked", 1),
        ([REFUSED], "context", 1),
        ([CLEAN], "context", 0),
    ],
)
def test_the_exit_code_says_whether_something_was_found(
    registered: Expunge, write: Write, tmp_path: Path, rows: list[object], fail_on: str, code: int
) -> None:
    done = registered("audit", write(*rows), "--out", tmp_path / "report", "--fail-on", fail_on)
    assert done.code == code
    assert "exchanges disclosed a target" in done.out


def test_json_is_the_summary(registered: Expunge, write: Write, tmp_path: Path) -> None:
    done = registered("audit", write(ASKED, CLEAN), "--out", tmp_path / "report", "--json")
    assert done.data == json.loads((tmp_path / "report" / "summary.json").read_text())
    assert done.data["counts"]["disclosed"] == 1


def test_nothing_that_is_printed_names_a_target(registered: Expunge, write: Write, tmp_path: Path) -> None:
    done = registered("audit", write(ASKED, UNASKED, "{"), "--out", tmp_path / "report")
    assert "Ameen" not in done.out + done.err
    assert "1 invalid_json" in done.out


def test_standard_input(registered: Expunge, tmp_path: Path) -> None:
    done = registered("audit", "-", "--out", tmp_path / "report", "--json", stdin=json.dumps(ASKED))
    assert done.data["counts"]["disclosed"] == 1
    assert not (tmp_path / "report" / "stdin.log").exists()


def test_a_dry_run_writes_no_report(registered: Expunge, write: Write, tmp_path: Path) -> None:
    log = write(CLEAN, CLEAN, ASKED, "{", chat("Alone?"))
    done = registered("audit", log, "--out", tmp_path / "report", "--dry-run", "--json")
    assert done.code == 0
    assert {name: done.data[name] for name in ("exchanges", "distinct", "unanswered", "touching", "calls")} == {
        "exchanges": 4,
        "distinct": 3,
        "unanswered": 1,
        "touching": 1,
        "calls": 0,
    }
    assert done.data["faults"] == {"invalid_json": 1, "no_response": 1}
    assert not (tmp_path / "report").exists()
    assert "It would take about" in registered("audit", log, "--out", tmp_path / "report", "--dry-run").out


def test_columns_are_mapped(registered: Expunge, tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text("q,a\nWhere was Hina Ameen born?,Hina Ameen was born in Karachi.\n")
    mapped = ("--map", "prompt=q", "--map", "response=a")
    assert registered("audit", log, "--out", tmp_path / "report", *mapped, "--json").data["counts"]["disclosed"] == 1
    assert "maps nothing" in registered("audit", log, "--out", tmp_path / "other", "--map", "prompt").err


def test_a_policy_is_read_from_a_file_or_named(registered: Expunge, write: Write, tmp_path: Path) -> None:
    log = write(ASKED)
    policy = tmp_path / "policy.yaml"
    policy.write_text("name: plain\nabstain: refuse\n")
    done = registered("audit", log, "--out", tmp_path / "one", "--policy", policy, "--json")
    assert done.data["policy"] == "plain"
    done = registered("audit", log, "--out", tmp_path / "two", "--policy", "input-filter", "--json")
    assert done.data["policy"] == "input_filter"
    policy.write_text("max_rounds: many\n")
    assert "max_rounds" in registered("audit", log, "--out", tmp_path / "three", "--policy", policy).err
    policy.write_text("a: [")
    assert "is no YAML" in registered("audit", log, "--out", tmp_path / "three", "--policy", policy).err
    assert "cannot be read" in registered("audit", log, "--out", tmp_path / "three", "--policy", "nowhere").err


def test_a_replay_says_what_changes(registered: Expunge, write: Write, tmp_path: Path) -> None:
    log = write(UNASKED)
    registered("audit", log, "--out", tmp_path / "one")
    again = ("--out", tmp_path / "two", "--policy", "input-filter", "--replay", tmp_path / "one")
    done = registered("audit", log, *again)
    assert "1 exchanges are judged otherwise" in " ".join(done.out.split())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing.jsonl", "--out", "report"], "holds no logs"),
        (["log.jsonl", "--out", "log.jsonl"], "cannot be used"),
        (["log.jsonl", "--out", "report", "--map", "who=a"], "who"),
        (["log.jsonl", "--out", "report", "--sample", "2"], "no share"),
    ],
)
def test_what_cannot_be_done_is_told(
    registered: Expunge, write: Write, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    monkeypatch.chdir(write(CLEAN).parent)
    done = registered("audit", *arguments)
    assert done.code == 2
    assert message in " ".join(done.err.split())


def test_without_a_register_nothing_is_audited(expunge: Expunge, write: Write, tmp_path: Path) -> None:
    done = expunge("audit", write(CLEAN), "--out", tmp_path / "report")
    assert done.code == 2
    assert "no register" in done.err


def test_an_interruption_is_told_with_how_to_go_on(
    registered: Expunge, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    log = write(ASKED)
    with monkeypatch.context() as patch:
        patch.setattr("expunge.audits.judging.Judge.judge", interrupt)
        done = registered("audit", log, "--out", tmp_path / "report")
    assert done.code == 130
    assert "--resume" in done.err
    assert registered("audit", log, "--out", tmp_path / "report", "--resume").code == 1


def test_a_job_is_suggested(registered: Expunge, write: Write, tmp_path: Path) -> None:
    registered("audit", write(ASKED, CLEAN), "--out", tmp_path / "report")
    done = registered("jobs", "suggest", tmp_path / "report", "--out", tmp_path / "job", "--json")
    assert done.code == 0
    assert [target["disclosed"] for target in done.data["targets"]] == [1]
    assert "To forget: 2" in registered("jobs", "suggest", tmp_path / "report", "--out", tmp_path / "job").out


@pytest.mark.parametrize("command", [["audit"], ["jobs", "suggest"]])
def test_help_shows_an_example(command: list[str]) -> None:
    assert "Example: expunge" in CliRunner().invoke(app, [*command, "--help"]).output
