"""What a job's process does: the job, from where it is, to its end or to where a person must agree."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import sys
import traceback
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout
from langgraph.checkpoint.sqlite import SqliteSaver

from ..errors import ExpungeError, JobCancelled, WrongStage
from ..graphs.unlearn import go_on, unlearn_graph
from ..stores.jobs import ENDED, JobError, Jobs, jobs_folder
from ..stores.targets import TargetStore
from ..unlearning.training.checkpoints import drop_broken
from .room import Room
from .stages import JobStages
from .telling import Telling

FULL = (errno.ENOSPC, errno.EDQUOT)


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
                _work(jobs, job, room, JobStages(jobs, job, register.keys, store))
        except Timeout:
            raise WrongStage(f"The job {job!r} is running already.", fix="Wait for it.") from None


def _work(jobs: Jobs, job: str, room: Room, stages: JobStages) -> None:
    record = jobs.get(job)
    if record.status in ENDED:
        return
    if record.engine == "process":
        jobs.change(job, handle=str(os.getpid()))
    try:
        Telling(jobs, job).look()
        room.graph.touch(mode=0o600)
        with closing(sqlite3.connect(room.graph, check_same_thread=False)) as connection:
            go_on(unlearn_graph(stages, SqliteSaver(connection)), job, record.approved_by)
    except JobCancelled:
        jobs.change(job, status="cancelled", finished_at=datetime.now(UTC))
        jobs.tell(job, "Cancelled.", "warn")
    except Exception as error:  # noqa: BLE001 - whatever it is, the job says that it failed
        _fail(jobs, job, error)


def _fail(jobs: Jobs, job: str, error: Exception) -> None:
    """Note why a job failed: the message where it is one of ours, else the type alone, for it may quote an example."""
    # The frames alone: what an exception says of itself may hold a text.
    sys.stderr.write(f"{type(error).__name__}\n{''.join(traceback.format_tb(error.__traceback__))}")
    if isinstance(error, ExpungeError):
        failure = JobError(code=error.code, message=str(error))
    elif _is_full(error, jobs.path):
        _make_room(Room(jobs.folder(job)))  # or not even this could be noted
        message = f"The disk is full. Free some, then run: expunge jobs resume {job}"
        failure = JobError(code="disk_full", message=message)
    else:
        message = f"{type(error).__name__}. `expunge jobs logs {job}` shows where it happened."
        failure = JobError(code="internal", message=message)
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


def _is_full(error: Exception, folder: Path) -> bool:
    """Whether an error comes of a full disk; libraries in Rust and C++ wrap it into errors of their own."""
    if isinstance(error, OSError) and error.errno in FULL:
        return True
    words = str(error).casefold()
    if "no space left" in words or "disk is full" in words:
        return True
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize < 2**20
