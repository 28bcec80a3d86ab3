"""A job, for whoever asked for it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING

from ..errors import WrongStage
from ..stores.jobs import ENDED, JobCheckpoint, JobEvent, JobRecord, Jobs, Stage, Status, jobs_folder
from .launching import is_alive, launch, stop
from .promoting import promote, rollback
from .room import Room

if TYPE_CHECKING:
    from ..unlearning.results import Report

_POLL_S = 0.2
_LAST_LINES = 200


class Job:
    """A weight-level job. It runs in a process of its own, whatever becomes of this object.

    Args:
        store: The register's folder.
        job: The job's id.
        key: The secret that opens the register; `None`: EXPUNGE_KEY, else its key file.

    Raises:
        UnknownJob: There is none of this id.
        StoreError: The file of the jobs cannot be read.
    """

    def __init__(self, store: Path, job: str, *, key: str | None = None) -> None:
        self._store = store
        self._key = key
        self._jobs = Jobs(jobs_folder(store))
        self.id = self._jobs.get(job).id

    def __repr__(self) -> str:
        record = self.record
        return f"Job({self.id!r}, status={record.status!r}, stage={record.stage!r})"

    @property
    def record(self) -> JobRecord:
        """All that is known of it now."""
        return self._jobs.get(self.id)

    @property
    def status(self) -> Status:
        """Where it is, in the words of OpenAI's fine-tuning jobs."""
        return self.record.status

    @property
    def stage(self) -> Stage:
        """The step of its graph that it is at."""
        return self.record.stage

    @property
    def waiting(self) -> bool:
        """Whether it waits for a person to agree."""
        return is_waiting(self.record)

    @property
    def alive(self) -> bool:
        """Whether a process works on it now."""
        return is_alive(self.record)

    @property
    def folder(self) -> Path:
        """Where all that it makes lies."""
        return self._jobs.folder(self.id)

    @property
    def result(self) -> Path | None:
        """The folder of the model that it made; `None`: there is none yet."""
        result = self.record.result
        return Path(result) if result else None

    @property
    def report(self) -> Report | None:
        """What it found; `None`: it is not through."""
        from ..unlearning.results import Report

        path = Room(self.folder).report / "report.json"
        return Report.model_validate_json(path.read_text(encoding="utf-8")) if path.is_file() else None

    def events(self, *, after: int = 0, limit: int | None = None) -> list[JobEvent]:
        """Return what it told, in order; `after`: the id of the last event that is known already."""
        return self._jobs.events(self.id, after=after, limit=limit)

    def checkpoints(self) -> list[JobCheckpoint]:
        """Return the checkpoints of its training that still lie there, the newest first."""
        return self._jobs.checkpoints(self.id)

    def logs(self, lines: int = _LAST_LINES) -> str:
        """Return the last lines that its process printed."""
        path = Room(self.folder).log
        text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
        return "\n".join(text.splitlines()[-lines:])

    def follow(self, timeout_s: float | None = None) -> Iterator[JobEvent]:
        """Yield what it tells as it comes, until it ends, waits for a person, or its process is gone.

        Args:
            timeout_s: Seconds at most; `None`: as long as it takes.
        """
        start, last = monotonic(), 0
        while True:
            idle = self._is_idle()  # before the events, so that the last of them are not missed
            for event in self.events(after=last):
                last = event.id
                yield event
            if idle or (timeout_s is not None and monotonic() - start > timeout_s):
                return
            sleep(_POLL_S)

    def wait(self, timeout_s: float | None = None) -> JobRecord:
        """Wait until it ends, waits for a person, or its process is gone; return what is known of it then.

        Raises:
            TimeoutError: It takes longer.
        """
        start = monotonic()
        while not self._is_idle():
            if timeout_s is not None and monotonic() - start > timeout_s:
                raise TimeoutError(f"The job {self.id!r} takes longer than {timeout_s:g} s.")
            sleep(_POLL_S)
        return self.record

    def approve(self, who: str) -> None:
        """Let it change weights: of a copy; the model that it was given stays as it is.

        Raises:
            WrongStage: It does not wait for that.
        """
        if not self.waiting:
            record = self.record
            raise WrongStage(
                f"The job {self.id!r} does not wait for approval: its status is {record.status!r}, and it is at "
                f"{record.stage!r}."
            )
        # Two who agree at one moment: the second finds it agreed.
        self._jobs.change(
            self.id, only=("queued",), why="does not wait for approval", approved_by=who or "somebody", status="running"
        )
        self._jobs.tell(self.id, f"Approved by {who or 'somebody'}.")
        launch(self._jobs, self.id, self._store, self._key)

    def resume(self) -> None:
        """Go on with a job that failed, or whose process is gone, from its last checkpoint.

        Raises:
            WrongStage: It is through, was cancelled, or runs.
        """
        record = self.record
        if record.status in ("succeeded", "cancelled"):
            raise WrongStage(f"The job {self.id!r} has the status {record.status!r}: there is nothing to go on with.")
        if self.waiting:
            raise WrongStage(f"The job {self.id!r} waits for approval.", fix=f"Run: expunge jobs approve {self.id}")
        if self.alive:
            raise WrongStage(f"The job {self.id!r} is running.", fix="Wait for it.")
        # The graph knows the step that was cut short.
        before: dict[Stage, Status] = {"collect": "validating_files", "approve": "queued"}
        status = before.get(record.stage, "running")
        self._jobs.change(self.id, status=status, error=None, finished_at=None, cancelling=False)
        self._jobs.tell(self.id, "Resumed.")
        launch(self._jobs, self.id, self._store, self._key)

    def cancel(self) -> None:
        """End it, at once and for good; its examples and checkpoints are deleted.

        Raises:
            WrongStage: It has ended already.
        """
        open_statuses: tuple[Status, ...] = ("validating_files", "queued", "running", "failed")
        self._jobs.change(self.id, only=open_statuses, why="has ended, and cannot be cancelled", cancelling=True)
        stop(self.record)  # wherever it is: what it left can be gone on with, and is not
        if self.record.status not in ("succeeded", "cancelled"):
            self._jobs.change(self.id, status="cancelled", finished_at=datetime.now(UTC))
            self._jobs.tell(self.id, "Cancelled.", "warn")
        room = Room(self.folder)
        room.corpus.unlink(missing_ok=True)
        shutil.rmtree(room.training, ignore_errors=True)

    def promote(self, *, force: bool = False) -> Path:
        """Let the link of the model lead to this job's; returns the link (see `jobs.promoting.promote`)."""
        return promote(self._jobs, self.id, store=self._store, force=force)

    def rollback(self) -> Path:
        """Take its model out of use again; returns the link (see `jobs.promoting.rollback`)."""
        return rollback(self._jobs, self.id, store=self._store)

    def delete(self) -> None:
        """Remove it with all that it made and told.

        Raises:
            WrongStage: It has not ended, or its model is in use.
        """
        self._jobs.delete(self.id)

    def close(self) -> None:
        """Close the file of the jobs."""
        self._jobs.close()

    def _is_idle(self) -> bool:
        return self.record.status in ENDED or not self.alive


def is_waiting(record: JobRecord) -> bool:
    """Return whether a job waits for a person to agree."""
    asked = record.plan.get("approval", True) and not record.approved_by
    return bool(asked and record.status == "queued" and record.stage == "approve" and not is_alive(record))


def list_jobs(store: Path) -> list[JobRecord]:
    """Return all jobs of a register, the newest first."""
    with closing(Jobs(jobs_folder(store))) as jobs:
        return list(jobs)
