"""How fast an audit of a log is, what it finds of what was planted there, and what memory it takes.

The log is made and temporary (`audited_logs.py`), and so is the register, of made-up targets with a document each. The
audit is run by its command, in a process of its own. After it, other ways are put to a sample of the same exchanges:
`Sanitizer.check`, one at a time in this process, and Presidio in batches where it is installed.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from ..audits.options import EngineName
from ..audits.report import require_packages
from ..errors import InputError, PrerequisiteError
from ..graphs.sanitize import Sanitizer
from ..schema import Target
from ..settings import settings
from ..stores.targets import TargetStore
from .audit_bench_report import AuditBenchReport, AuditRun, ComparedRate
from .audit_process import run_audit
from .audit_rates import compare, one_at_a_time, presidio
from .audited_logs import make_log
from .log_files import LogFile, draw, write_log
from .synthetic_targets import make_targets

PLANTED = 200
"""Exchanges with a planted disclosure that the other ways are shown, at most."""


def run_audits(
    exchanges: int = 100_000,
    targets: int = 1_000,
    *,
    data: Path | None = None,
    workers: int = 2,
    sample: int = 2_000,
    duplicates: float = 0.0,
    engine: EngineName = "local",
    seed: int = 0,
    progress: bool = False,
) -> AuditBenchReport:
    """Measure an audit, and other ways to look at the same log.

    Args:
        exchanges: How many exchanges the log holds, at least 100.
        targets: How many targets the register holds, at most 281,250.
        data: The folder of benchmark data that the log is made of; `None`: that of the settings.
        workers: Processes of the audit, and of Presidio's language model.
        sample: How many exchanges the other ways are measured on.
        duplicates: About which share of the dialogues repeats an earlier one, from 0 to below 1.
        engine: Where the audit judges exchanges.
        seed: Another seed gives another log.
        progress: Whether to show on standard error what is being done.

    Raises:
        InputError: A number is out of range, or there is no such data.
        PrerequisiteError: A package of the extra `audit` is missing, or the audit could not be done.
    """
    if min(targets, workers, sample) < 1:
        fix = "Ask for one target, worker and sampled exchange at least."
        raise InputError("There is too little to measure.", fix=fix)
    require_packages()
    known = make_targets(targets, 1)
    made = make_log(data or settings().data, known, exchanges, duplicates=duplicates, seed=seed)
    with TemporaryDirectory(prefix="expunge-") as name:
        store = Path(name) / "store"
        with _stage("Making the log", progress):
            log = write_log(Path(name) / "chat.jsonl", made, draw(exchanges, sample, seed))
        with _stage("Registering", progress):
            ids = _register(store, known)
        with _stage(f"Auditing {exchanges:,} exchanges", progress):
            planted = {place: ids[target] for place, target in log.planted.items()}
            audit = run_audit(log.path, store, planted, workers=workers, engine=engine)
        with _stage("Comparing", progress):
            compared, skipped = _compare(store, log, audit)
        size = log.size(duplicates)
    return AuditBenchReport(
        targets=targets, cores=os.cpu_count(), log=size, audit=audit, compared=compared, skipped=skipped
    )


def _register(folder: Path, targets: Sequence[Target]) -> dict[str, str]:
    """Make a register, and return the ids of its targets by name."""
    with TargetStore(folder) as register:
        register.add_many(targets)
        register.sync()
        return {target.name: target.id for target in register}


def _compare(store: Path, log: LogFile, audit: AuditRun) -> tuple[list[ComparedRate], list[str]]:
    """Put the other ways to the sample; those that cannot be had are noted."""
    skipped: list[str] = []
    with ExitStack() as stack:
        register = stack.enter_context(TargetStore(store))
        ways = [one_at_a_time(Sanitizer(register), {target.id: target.name for target in register})]
        try:
            ways += stack.enter_context(presidio(list(register), sorted({1, audit.workers})))
        except PrerequisiteError as error:
            skipped.append(f"Presidio is skipped. {error}")
        return list(compare(ways, log.sample, log.disclosing[:PLANTED], audit)), skipped


@contextmanager
def _stage(task: str, progress: bool) -> Iterator[None]:
    """Show on standard error what is being done."""
    with Console(stderr=True).status(task) if progress else nullcontext():
        yield
