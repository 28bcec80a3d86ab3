"""What a job's process does: the job, from where it is, to its end or to where a person must agree."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout
from langgraph.checkpoint.sqlite import SqliteSaver

from ..errors import JobCancelled, WrongStage
from ..graphs.unlearn import go_on, unlearn_graph
from ..stores.jobs import ENDED, Jobs, jobs_folder
from ..stores.keys import Keys
from ..stores.targets import TargetStore
from ..unlearning.training.checkpoints import drop_broken
from .failures import failure_of, log
from .room import Room
from .stages import JobStages
from .telling import Telling


def work(store: Path, job: str) -> None:
    """Run a job. Where something goes wrong, the job has failed and says why; nothing is raised.

    Args:
        store: The register's folder.
        job: The job's id.

    Raises:
        UnknownJob: There is none of this id.
        WrongStage: Another process runs it.
        StoreError: The register cannot be opened.
    """
    with TargetStore(store) as register, closing(Jobs(jobs_folder(store))) as jobs:
        room = Room(jobs.folder(jobs.get(job).id))
        try:
            with FileLock(room.lock, timeout=0, mode=0o600):
                _work(jobs, job, room, register.keys, store)
        except Timeout:
            raise WrongStage(f"The job {job!r} is running already.", fix="Wait for it.") from None


def _work(jobs: Jobs, job: str, room: Room, keys: Keys, store: Path) -> None:
    record = jobs.get(job)
    if record.status in ENDED:
        if record.status != "failed":
            room.corpus.unlink(missing_ok=True)  # a kill may have left it
        return
    if record.engine == "process":
        jobs.change(job, handle=str(os.getpid()))
    try:
        Telling(jobs, job).look()
        stages = JobStages(jobs, job, keys, store)
        room.graph.touch(mode=0o600)
        with closing(sqlite3.connect(room.graph, check_same_thread=False)) as connection:
            go_on(unlearn_graph(stages, SqliteSaver(connection)), job, record.approved_by)
    except JobCancelled:
        jobs.change(job, status="cancelled", finished_at=datetime.now(UTC))
        jobs.tell(job, "Cancelled.", "warn")
    except Exception as error:  # noqa: BLE001 - whatever it is, the job says that it failed
        _fail(jobs, job, error)


def _fail(jobs: Jobs, job: str, error: Exception) -> None:
    """Note why a job failed."""
    log(error)
    failure = failure_of(error, job, jobs.path)
    if failure.code == "disk_full":
        _make_room(Room(jobs.folder(job)))  # or not even this could be noted
    jobs.change(job, status="failed", finished_at=datetime.now(UTC), error=failure)
    jobs.tell(job, failure.message, "error")


def _make_room(room: Room) -> None:
    """Remove what was being written when the disk was full, and is of no use."""
    for folder in room.training.rglob("phase-*"):
        drop_broken(folder)
    for draft in room.folder.rglob("*.draft"):
        if draft.is_dir():
            shutil.rmtree(draft, ignore_errors=True)
        else:
            draft.unlink(missing_ok=True)
