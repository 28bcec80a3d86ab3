"""One audit from the logs to the report: it can be estimated, run, and gone on with after an interruption."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from shutil import rmtree

from filelock import FileLock, Timeout

from ..errors import InputError, StoreBusy
from ..reporting.files import open_folder
from ..schema import Policy
from ..stores.snapshot import Snapshot
from ..stores.targets import TargetStore
from .advising import Adviser
from .description import describe, inputs, name_of, require_same
from .engines import Engine, local_engine
from .estimating import Estimate, estimate
from .figures import figures_of
from .findings import AuditFinding, findings_in
from .journal import Journal
from .judging import Judge, Setup
from .options import Options
from .readers import SPOOL, Logs, find_logs, others_in
from .records import Fault
from .replaying import compare, require_same_logs
from .report import require_packages
from .report_files import ReportFiles
from .running import Watch, Work
from .summary import AgentCosts, LogFile, Replay, Summary


@dataclass(frozen=True)
class AuditReport:
    """A finished audit.

    Attributes:
        summary: What was found, in figures.
        files: Where the files of the report lie.
    """

    summary: Summary
    files: ReportFiles

    @property
    def disclosed(self) -> int:
        """Exchanges whose answer disclosed a target."""
        return self.summary.counts.disclosed

    def findings(self) -> Iterator[AuditFinding]:
        """Yield all findings, in the order of the log."""
        with Journal(self.files.journal) as journal:
            yield from findings_in(journal)

    def faults(self) -> Iterator[Fault]:
        """Yield what in the logs could not be used, in their order."""
        with Journal(self.files.journal) as journal:
            yield from journal.faults()


class Audit:
    """One audit.

    Args:
        logs: Files, globs and folders; `-` is standard input.
        store: The register, which is taken as it is now, or was at `options.as_of`.
        out: The folder of the report; created when missing.
        options: What is asked for.

    Raises:
        InputError: There are no such logs, or an option cannot be used.
        PrerequisiteError: A package of the extra `audit` is missing, or a model.
        StoreBusy: Another process owns the register's index.
    """

    def __init__(self, logs: Sequence[str | Path], store: TargetStore, out: Path, options: Options) -> None:
        require_packages()
        _refuse_models(options.policy)
        open_folder(out)
        self._options = options
        self._folder = str(store.path)
        self._files = ReportFiles(out)
        self._spool = out / SPOOL
        if not self._files.journal.exists():
            self._spool.unlink(missing_ok=True)  # of an audit that was broken off before it began
        found, others = find_logs(logs, out), others_in(logs, out)
        self._logs = Logs(found, format=options.format, columns=options.columns, others=others)
        self._snapshot = Snapshot.of(store, options.as_of)
        self._targets = {target.id: target for target in self._snapshot.targets}
        self._setup = Setup(self._snapshot, options.policy)

    @property
    def size(self) -> int:
        """Bytes of the logs."""
        return self._logs.size

    def estimate(self) -> Estimate:
        """Read the logs and judge a few exchanges, to tell how long it would take; writes nothing."""
        estimated = estimate(self._logs, Judge(self._setup), self._snapshot.keys, self._options)
        if not self._files.journal.exists():
            self._spool.unlink(missing_ok=True)
            with suppress(OSError):
                self._files.folder.rmdir()  # unless it holds something
        return estimated

    def run(self, watch: Watch | None = None) -> AuditReport:
        """Do what is left to be done, and write the report.

        Args:
            watch: Is told how far it has come.

        Raises:
            InputError: The folder holds another audit, or one that is not to be gone on with; the logs have changed
                meanwhile; the earlier audit is none of the same logs.
            StoreBusy: Another process audits into the folder.
            ExpungeError: A process that judges has ended.
        """
        with self._alone(), Journal(self._files.journal) as journal:
            self._begin(journal)
            with self._earlier(journal) as earlier:
                adviser = self._adviser(journal)
                keys = self._snapshot.keys
                Work(self._logs, journal, self._engine(), adviser, self._options, keys, self._targets).run(watch)
                return self._finish(journal, earlier)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Be the only one who writes to the folder."""
        lock = FileLock(self._files.folder / "audit.lock", mode=0o600)
        try:
            with lock.acquire(timeout=0):
                yield
        except Timeout:
            fix = "Wait for it to end, or give --out another folder."
            raise StoreBusy(f"Another process audits into {str(self._files.folder)!r}.", fix=fix) from None

    def _begin(self, journal: Journal) -> None:
        """Write down what is to be done; of an audit that was begun make sure that it is this one."""
        own = describe(self._logs, self._snapshot, self._folder, self._options)
        before = {part: journal.read(part) for part in own}
        folder = str(self._files.folder)
        if not any(before.values()):
            journal.set({**own, "inputs": inputs(self._logs, self._options)})
        elif not self._options.resume:
            raise InputError(f"There is an audit in {folder!r}.", fix="Go on with --resume, or give another --out.")
        else:
            require_same(before, own, folder)

    @contextmanager
    def _earlier(self, journal: Journal) -> Iterator[Journal | None]:
        """Yield the journal of the audit to compare with, if there is one and it can be compared."""
        against = self._options.against
        if against is None:
            yield None
            return
        earlier = ReportFiles(against).journal
        if not earlier.exists():
            raise InputError(f"There is no audit in {str(against)!r}.", fix="Give the --out of an earlier audit.")
        with Journal(earlier) as before:
            require_same_logs(before, journal, str(against))
            yield before

    def _engine(self) -> Engine:
        if self._options.engine == "ray":
            from .ray_engine import ray_engine

            return ray_engine(self._setup, self._options.workers, self._options.address)
        return local_engine(self._setup, self._options.workers)

    def _adviser(self, journal: Journal) -> Adviser | None:
        options = self._options
        if not options.models:
            return None
        budget = options.max_calls - journal.progress.spent.calls
        return Adviser(self._snapshot, options.policy, options.models, budget)

    def _finish(self, journal: Journal, earlier: Journal | None) -> AuditReport:
        journal.set({"finished": "yes"})
        self._files.write_lists(journal)
        if self._options.sanitised:
            self._copy(journal)
        against = str(self._options.against)
        replay = compare(earlier, journal, self._files.changes, against) if earlier else None
        summary = self._summary(journal, replay)
        self._files.write_summary(summary)
        self._spool.unlink(missing_ok=True)
        return AuditReport(summary, self._files)

    def _copy(self, journal: Journal) -> None:
        """Write the sanitised copy of the logs as they were judged: what was added since is not in it."""
        self._require_unchanged(journal)
        self._logs.copy(self._files.sanitised, journal.replaced)
        try:
            self._require_unchanged(journal)
        except InputError:
            rmtree(self._files.sanitised)
            raise

    def _require_unchanged(self, journal: Journal) -> None:
        if self._logs.fingerprint() != journal.read("logs"):
            fix = "Audit again, into another folder: no copy is made of what was not looked at."
            raise InputError("The logs have changed during the audit.", fix=fix)

    def _summary(self, journal: Journal, replay: Replay | None) -> Summary:
        done, options = journal.progress, self._options
        figures = figures_of(journal, self._targets, revealed=options.reveal)
        released = done.exchanges - sum(count for action, count in figures.actions.items() if action != "release")
        return Summary(
            expunge=version("expunge"),
            at=datetime.now(UTC),
            elapsed_s=round(done.elapsed_s, 3),
            store=self._folder,
            revision=self._snapshot.revision,
            targets=sum(target.state == "active" for target in self._snapshot.targets),
            policy=options.policy.name,
            revealed=options.reveal,
            sampled=options.sample,
            limit=options.limit,
            files=self._log_files(journal),
            exchanges=done.exchanges,
            distinct=done.new,
            unanswered=done.unanswered,
            failed=figures.failed,
            faults=journal.fault_counts(),
            actions={**figures.actions, "release": released},
            counts=figures.counts,
            findings=figures.findings,
            by_target=figures.by_target,
            by_layer=figures.by_layer,
            over_time=figures.over_time,
            worst=figures.worst,
            near_misses=figures.near_misses,
            near=figures.near,
            agents=self._agents(journal),
            replay=replay,
        )

    def _log_files(self, journal: Journal) -> list[LogFile]:
        return [file.model_copy(update={"exchanges": journal.exchanges_of(file.file)}) for file in self._logs.files]

    def _agents(self, journal: Journal) -> AgentCosts | None:
        if not self._options.models:
            return None
        spent = journal.progress.spent
        models = ", ".join(sorted({name_of(model) for model in self._options.models.values()}))
        return AgentCosts(
            models=models, exchanges=spent.asked, calls=spent.calls, tokens=spent.tokens, skipped=spent.skipped
        )


def _refuse_models(policy: Policy) -> None:
    """Refuse a baseline that asks a model about every answer: an audit asks where the rules leave something open."""
    if policy.baseline and policy.baseline.kind == "alu":
        raise InputError(f"The policy {policy.name!r} is not for audits.", fix="`expunge eval guard` measures it.")
