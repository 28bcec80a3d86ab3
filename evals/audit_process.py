"""`expunge audit` in a process of its own, as users run it: what it found of what was planted, its time and memory."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from time import perf_counter

from ..audits.findings import AuditFinding
from ..audits.options import EngineName
from ..audits.summary import Summary
from ..errors import PrerequisiteError
from .audit_bench_report import AuditRun
from .process_memory import Memory, watching_memory

Planted = Mapping[tuple[str, int], str]
"""The id of each target that was planted, by the dialogue's id and the index of the answer that discloses it."""

_TOLD = 2_000


def run_audit(log: Path, store: Path, planted: Planted, *, workers: int, engine: EngineName) -> AuditRun:
    """Audit a log from the start of a process to its end, and compare its findings with what was planted.

    Args:
        log: The log.
        store: The folder of the register; no other process may have it open.
        planted: What was planted.
        workers: Processes that judge.
        engine: Where they run.

    Raises:
        PrerequisiteError: The audit could not be done.
    """
    out = log.with_name("report")
    command = ["audit", str(log), "--store", str(store), "--out", str(out), "--fail-on", "never"]
    start = perf_counter()
    memory = _run([*command, "--workers", str(workers), "--engine", engine], out.with_name("errors.txt"))
    wall_s = perf_counter() - start
    summary = Summary.model_validate_json((out / "summary.json").read_text("ascii"))
    found, flagged = _found(out / "findings.jsonl", planted)
    return AuditRun(
        engine=engine,
        workers=workers,
        exchanges=summary.exchanges,
        distinct=summary.distinct,
        wall_s=wall_s,
        elapsed_s=summary.elapsed_s,
        per_s=summary.exchanges / wall_s,
        worked_per_s=summary.exchanges / summary.elapsed_s,
        planted=len(planted),
        found=found,
        false=flagged,
        failed=summary.failed,
        memory=memory,
    )


def _run(arguments: list[str], errors: Path) -> Memory | None:
    """Run a command to its end, and return the most memory that it took."""
    with errors.open("wb") as file:
        process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "expunge", *arguments], stdout=subprocess.DEVNULL, stderr=file
        )
        try:
            with watching_memory(process.pid) as watch:
                process.wait()
        finally:
            process.terminate()
            process.wait()
    if process.returncode:
        told = errors.read_text("utf-8", "replace").strip()[-_TOLD:]
        raise PrerequisiteError(f"The audit could not be done. It says: {told}", fix="Try: expunge audit --help")
    return watch.peak


def _found(findings: Path, planted: Planted) -> tuple[int, int]:
    """Count what was planted and found, and the exchanges told as disclosed that nothing was planted in."""
    found: set[tuple[str, int]] = set()
    others: set[tuple[str, int]] = set()
    with findings.open(encoding="ascii") as file:
        for line in file:
            finding = AuditFinding.model_validate_json(line)
            place = (finding.exchange, finding.turn)
            if finding.severity != "disclosed":
                continue
            if place not in planted:
                others.add(place)
            elif planted[place] == finding.target:
                found.add(place)
    return len(found), len(others)
