import os
import signal
import subprocess
import sys
from collections import Counter
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from statistics import median

import pytest
from expunge.audits.exchanges import exchanges_in
from expunge.audits.readers import Logs
from expunge.audits.records import Fault
from expunge.cli import app
from expunge.errors import InputError, PrerequisiteError
from expunge.evals import AuditBenchReport, run_audits
from expunge.evals.audit_bench_report import AuditRun
from expunge.evals.audit_process import run_audit
from expunge.evals.audit_rates import compare, presidio
from expunge.evals.audited_logs import LoggedDialogue, make_log
from expunge.evals.log_files import draw, write_log
from expunge.evals.process_memory import watching_memory
from expunge.evals.synthetic_targets import make_targets
from expunge.settings import settings
from rich.console import Console
from typer.testing import CliRunner

TARGETS = make_targets(40, 1)


@pytest.fixture(scope="module")
def data() -> Path:
    folder = settings().data
    if not (folder / "logs" / "chat.jsonl").exists():
        pytest.skip(f"no benchmark data at {folder}; EXPUNGE_DATA names another folder")
    return folder


@pytest.fixture(scope="module")
def report(data: Path) -> AuditBenchReport:
    """A small benchmark by its command, on a machine without Presidio."""
    command = ["eval", "audit", "--exchanges", "600", "--targets", "40", "--sample", "60", "--workers", "1", "--json"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "presidio_analyzer", None)
        run = CliRunner().invoke(app, [*command, "--data", str(data)])
    assert run.exit_code == 0, run.output
    return AuditBenchReport.model_validate_json(run.stdout)


@cache
def made(folder: Path, exchanges: int, duplicates: float = 0.0, seed: int = 0) -> list[LoggedDialogue]:
    return list(make_log(folder, TARGETS, exchanges, duplicates=duplicates, seed=seed))


def texts_of(dialogues: list[LoggedDialogue]) -> list[tuple[str, ...]]:
    return [tuple(exchange.texts) for dialogue in dialogues for exchange in dialogue.exchanges]


def test_no_two_exchanges_of_a_log_are_the_same(data: Path) -> None:
    texts = texts_of(made(data, 5_000))
    assert len(set(texts)) == len(texts) == 5_000
    assert len({dialogue.id for dialogue in made(data, 5_000)}) == len(made(data, 5_000))


def test_a_log_depends_on_its_seed_alone(data: Path) -> None:
    assert list(make_log(data, TARGETS, 600)) == made(data, 600)
    assert not set(texts_of(made(data, 600))) & set(texts_of(made(data, 600, seed=1)))


def test_each_hundred_exchanges_hold_one_disclosure(data: Path) -> None:
    exchanges = [exchange for dialogue in made(data, 5_000) for exchange in dialogue.exchanges]
    for first in range(0, 5_000, 100):
        assert sum(exchange.target is not None for exchange in exchanges[first : first + 100]) == 1
    disclosing = [exchange for exchange in exchanges if exchange.target]
    documents = {target.name: target.documents[0] for target in TARGETS}
    assert {exchange.target for exchange in disclosing} == set(documents)
    ways = Counter[str]()
    for exchange in disclosing:
        assert exchange.target
        assert documents[exchange.target] in exchange.answer
        named = exchange.target in exchange.messages[-1]["content"]
        ways["asked" if named else "followed up" if len(exchange.messages) > 1 else "unasked"] += 1
    assert ways == {"asked": 25, "unasked": 13, "followed up": 12}


def test_nothing_else_holds_the_name_of_a_target(data: Path) -> None:
    others = [exchange for each in made(data, 5_000) for exchange in each.exchanges if not exchange.target]
    assert not [exchange for exchange in others if any(target.name in exchange.answer for target in TARGETS)]


def test_duplicates_come_again_under_other_ids(data: Path) -> None:
    dialogues = made(data, 2_000, 0.5)
    assert len(texts_of(dialogues)) == 2_000
    assert 0.4 < 1 - len(set(texts_of(dialogues))) / 2_000 < 0.6
    assert len({dialogue.id for dialogue in dialogues}) == len(dialogues)


def test_a_log_is_read_as_it_was_made(data: Path, tmp_path: Path) -> None:
    log = write_log(tmp_path / "chat.jsonl", iter(made(data, 600)), draw(600, 50, seed=0))
    read = list(Logs([log.path]).read())
    assert not [item for item in read if isinstance(item, Fault)]
    exchanges = [each for item in read if not isinstance(item, Fault) for each in exchanges_in(item, 0)]
    found = [tuple(turn.text for turn in (*each.prompt, each.answer) if turn) for each in exchanges]
    assert found == texts_of(made(data, 600))
    assert (log.exchanges, log.dialogues, len(log.sample), len(log.disclosing)) == (600, len(read), 50, 6)
    assert sorted(log.planted.values()) == sorted(each.target or "" for each in log.disclosing)


@pytest.mark.parametrize(("exchanges", "duplicates"), [(99, 0.0), (100, 1.0), (100, -0.1)])
def test_numbers_out_of_range_make_no_log(data: Path, exchanges: int, duplicates: float) -> None:
    with pytest.raises(InputError, match="No such log"):
        make_log(data, TARGETS, exchanges, duplicates=duplicates)


@pytest.mark.parametrize("given", [{"targets": 0}, {"workers": 0}, {"sample": 0}])
def test_there_must_be_something_to_measure(given: dict[str, int]) -> None:
    with pytest.raises(InputError, match="too little"):
        run_audits(600, **given)  # type: ignore[arg-type]


def test_a_log_needs_its_data(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"chat\.jsonl"):
        run_audits(600, data=tmp_path)


def test_all_that_was_planted_is_found(report: AuditBenchReport) -> None:
    audit, single = report.audit, report.one_at_a_time
    assert (audit.found, audit.planted, audit.failed) == (6, 6, 0)
    assert (single.found, single.planted) == (6, 6)
    assert (audit.exchanges, audit.distinct) == (600, 600)
    assert (report.log.exchanges, report.log.planted) == (600, 6)
    assert audit.false < 6


def test_rates_and_their_ratios_agree(report: AuditBenchReport) -> None:
    audit, single = report.audit, report.one_at_a_time
    assert 0 < audit.elapsed_s < audit.wall_s
    assert audit.per_s == pytest.approx(600 / audit.wall_s)
    assert audit.worked_per_s == pytest.approx(600 / audit.elapsed_s)
    assert (single.exchanges, single.processes, len(single.slices)) == (60, 1, 4)
    assert single.per_s == pytest.approx(median(single.slices))
    assert single.ratio == pytest.approx(audit.per_s / single.per_s)
    assert single.worked_ratio == pytest.approx(audit.worked_per_s / single.per_s)


def test_memory_is_that_of_the_audit(report: AuditBenchReport) -> None:
    memory = report.audit.memory
    if memory is None:
        pytest.skip("this system does not tell how much memory a process takes")
    assert memory.rss_mb > 50
    assert memory.pss_mb is None or 0 < memory.pss_mb <= memory.rss_mb


def test_a_report_is_written_and_read(report: AuditBenchReport) -> None:
    assert AuditBenchReport.model_validate_json(report.model_dump_json()) == report
    assert [each.name for each in report.compared] == ["one at a time"]
    assert [text for text in report.skipped if "pip install 'expunge[bench]'" in text] == report.skipped != []


def test_the_table_shows_rates_and_what_was_found(report: AuditBenchReport) -> None:
    console = Console(width=80)
    with console.capture() as capture:
        console.print(report.table())
    drawn = capture.get()
    assert max(map(len, drawn.splitlines())) <= 80
    assert drawn.count("6 of 6") == 2
    assert f"{report.audit.per_s:,.1f}" in drawn
    assert "Presidio is skipped" in drawn


def test_presidio_is_measured_in_batches(data: Path) -> None:
    if not (find_spec("presidio_analyzer") and find_spec("spacy")):
        pytest.skip("Presidio is not installed: pip install 'expunge[bench]'")
    exchanges = [exchange for each in made(data, 600) for exchange in each.exchanges]
    planted = [exchange for exchange in exchanges if exchange.target]
    others = [exchange._replace(target="Nobody") for exchange in exchanges[:3]]
    with presidio(TARGETS, [2]) as ways:
        rates = list(compare(ways, exchanges[:4], [*planted, *others], audited(per_s=10, worked_per_s=20)))
    assert [(rate.processes, rate.found, rate.planted) for rate in rates] == [(2, 6, 9)]
    for rate in rates:
        assert (rate.exchanges, len(rate.slices)) == (4, 4)
        assert (rate.ratio, rate.worked_ratio) == pytest.approx((10 / rate.per_s, 20 / rate.per_s))


def test_an_audit_that_fails_says_why(tmp_path: Path) -> None:
    with pytest.raises(PrerequisiteError, match="There is no register"):
        run_audit(tmp_path / "chat.jsonl", tmp_path / "store", {}, workers=1, engine="local")


def test_the_memory_of_all_processes_is_summed() -> None:
    child = "import time; held = bytearray(b'1') * 60_000_000; print(flush=True); time.sleep(60)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    process = subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, process_group=0)
    try:
        assert process.stdout
        process.stdout.readline()
        with watching_memory(process.pid) as watch:
            pass
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    if not Path("/proc").exists():
        assert watch.peak is None
        return
    assert watch.peak
    assert watch.peak.processes == 2
    assert watch.peak.rss_mb > 60


def audited(*, per_s: float, worked_per_s: float) -> AuditRun:
    return AuditRun(
        engine="local",
        workers=1,
        exchanges=1,
        distinct=1,
        wall_s=1,
        elapsed_s=1,
        per_s=per_s,
        worked_per_s=worked_per_s,
        planted=0,
        found=0,
        false=0,
        failed=0,
        memory=None,
    )
