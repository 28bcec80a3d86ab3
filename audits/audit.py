"""One audit from the logs to the report: it can be estimated, run, and gone on with after an interruption."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from ..errors import InputError
from ..stores.snapshot import Snapshot
from ..stores.targets import TargetStore
from .advising import Adviser
from .engines import Engine, local_engine
from .estimating import Estimate, estimate
from .figures import figures_of
from .files import open_folder
from .findings import AuditFinding, findings_in
from .journal import Journal
from .judging import Judge, Setup
from .options import Options
from .readers import SPOOL, Logs, find_logs
from .records import Fault
from .replaying import compare
from .report import require_packages
from .report_files import ReportFiles
from .running import Watch, Work
from .summary import AgentCosts, LogFile, Replay, Summary

_OTHER = {
    "logs": "the logs have changed, or others were given",
    "part": "another sample or limit was given",
    "judge": "the register or the policy has changed",
    "agents": "other models were given for the agents",
    "reveal": "names were to be revealed in one of the two",
    "sanitised": "a sanitised copy was wanted in one of the two",
}


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
        open_folder(out)
        self._options = options
        self._folder = str(store.path)
        self._files = ReportFiles(out)
        self._spool = out / SPOOL
        if not options.resume:
            self._spool.unlink(missing_ok=True)  # of an audit that was broken off before it began
        self._logs = Logs(find_logs(logs, out), format=options.format, columns=options.columns, work=out)
        self._snapshot = Snapshot.of(store, options.as_of)
        self._targets = {target.id: target for target in self._snapshot.targets}
        self._setup = Setup(self._snapshot, options.policy)

    @property
    def size(self) -> int:
        """Bytes of the logs."""
        return self._logs.size

    def estimate(self) -> Estimate:
        """Read the logs and judge a few exchanges, to tell how long it would take; writes no report."""
        estimated = estimate(self._logs, Judge(self._setup), self._snapshot.keys, self._options)
        self._spool.unlink(missing_ok=True)
        return estimated

    def run(self, watch: Watch | None = None) -> AuditReport:
        """Do what is left to be done, and write the report.

        Args:
            watch: Is told how far it has come.

        Raises:
            InputError: The folder holds another audit, or one that is not to be gone on with.
            StoreBusy: Another process writes to the folder.
        """
        with Journal(self._files.journal) as journal:
            self._begin(journal)
            adviser = self._adviser(journal)
            work = Work(self._logs, journal, self._engine(), adviser, self._options, self._snapshot.keys, self._targets)
            work.run(watch)
            return self._finish(journal)

    def _begin(self, journal: Journal) -> None:
        """Write down what is to be done; of an audit that was begun make sure that it is this one."""
        own = self._description()
        before = {name: journal.read(name) for name in own}
        if not any(before.values()):
            for name, value in {**own, "inputs": self._inputs}.items():
                journal.set(name, value)
            return
        folder = str(self._files.folder)
        if not self._options.resume:
            raise InputError(f"There is an audit in {folder!r}.", fix="Go on with --resume, or give another --out.")
        for name, value in own.items():
            if before[name] != value:
                raise InputError(
                    f"The audit in {folder!r} cannot be gone on with: {_OTHER[name]}.", fix="Give another --out."
                )

    def _description(self) -> dict[str, str]:
        """Say what an audit is of, and by what: to go on with another one would mix the two."""
        options, snapshot = self._options, self._snapshot
        judging = [snapshot.revision, options.policy.model_dump(mode="json"), snapshot.thresholds.model_dump()]
        by = snapshot.keys.digest("audit judge", json.dumps([*judging, str(options.as_of)]).encode()).hex()
        models = sorted(f"{role}: {type(model).__name__}" for role, model in options.models.items())
        return {
            "logs": self._logs.fingerprint(),
            "part": json.dumps([options.sample, options.limit]),
            "judge": f"{self._judged_by} ({by[:16]})",
            "agents": json.dumps([models, options.max_calls] if models else []),
            "reveal": str(options.reveal),
            "sanitised": str(options.sanitised),
        }

    @property
    def _inputs(self) -> str:
        files = [file.file for file in self._logs.files]
        return json.dumps({"files": files, "format": self._options.format, "columns": dict(self._options.columns)})

    @property
    def _judged_by(self) -> str:
        moment = f" as of {self._options.as_of.isoformat()}" if self._options.as_of else ""
        return f"policy {self._options.policy.name}, revision {self._snapshot.revision} of {self._folder}{moment}"

    def _engine(self) -> Engine:
        if self._options.engine == "ray":
            from .ray_engine import ray_engine

            return ray_engine(self._setup, self._options.workers, self._options.address)
        return local_engine(self._setup, self._options.workers)

    def _adviser(self, journal: Journal) -> Adviser | None:
        options = self._options
        if not options.models:
            return None
        budget = options.max_calls - journal.progress.calls
        return Adviser(self._snapshot, options.policy, options.models, budget)

    def _finish(self, journal: Journal) -> AuditReport:
        journal.set("finished", "yes")
        self._files.write_lists(journal)
        if self._options.sanitised:
            self._logs.copy(self._files.sanitised, journal.replaced)
        summary = self._summary(journal, self._replay(journal))
        self._files.write_summary(summary)
        self._spool.unlink(missing_ok=True)
        return AuditReport(summary, self._files)

    def _replay(self, journal: Journal) -> Replay | None:
        against = self._options.against
        if against is None:
            return None
        earlier = ReportFiles(against).journal
        if not earlier.exists():
            raise InputError(f"There is no audit in {str(against)!r}.", fix="Give the --out of an earlier audit.")
        with Journal(earlier) as before:
            return compare(before, journal, self._files.changes, str(against))

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
        done = journal.progress
        models = ", ".join(sorted({type(model).__name__ for model in self._options.models.values()}))
        return AgentCosts(
            models=models, exchanges=done.asked, calls=done.calls, tokens=done.tokens, skipped=done.skipped
        )
