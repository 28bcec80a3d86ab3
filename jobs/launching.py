"""Starting a job's process: on this machine, over several GPUs, or on a Ray cluster."""

from __future__ import annotations

import os
import shlex
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from ..errors import PrerequisiteError
from ..stores.jobs import JobRecord, Jobs
from .plan import Plan
from .room import Room

if TYPE_CHECKING:
    from ray.job_submission import JobSubmissionClient

RAY = "http://127.0.0.1:8265"
"""Where Ray's job server is, unless it is said."""

_END_S = 5.0
"""Seconds that a process has to end when it is told to."""


def launch(jobs: Jobs, job: str, store: Path, key: str | None = None) -> None:
    """Start the process of a job; it outlives this one.

    Args:
        jobs: All jobs.
        job: The job's id.
        store: The register's folder.
        key: The secret that opens it; `None`: EXPUNGE_KEY, else its key file. On a Ray cluster it must lie in the key
            file, or in EXPUNGE_KEY there.

    Raises:
        PrerequisiteError: The Ray cluster cannot be reached, or its package is missing.
    """
    record = jobs.get(job)
    if record.engine == "ray":
        jobs.change(job, handle=_submit(record, store))
        return
    room = Room(jobs.folder(job))
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    process = os.posix_spawn(
        sys.executable,
        _command(job, store),
        environment(key),
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(room.log), flags, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,  # neither Ctrl-C nor the end of a terminal reaches it
    )
    jobs.change(job, handle=str(process))


def is_alive(record: JobRecord) -> bool:
    """Return whether a process works on a job now."""
    if record.engine == "ray" and record.handle:
        return _ray_status(record) in ("PENDING", "RUNNING")
    if not record.handle.isdecimal():
        return False
    process = int(record.handle)
    with suppress(ChildProcessError):  # it is no child of ours
        os.waitpid(process, os.WNOHANG)  # one that has ended is not kept as a zombie
    try:
        found = psutil.Process(process)
        # Its number may have gone to another process since.
        return found.status() != psutil.STATUS_ZOMBIE and record.id in found.cmdline()
    except psutil.Error:
        return False


def stop(record: JobRecord) -> None:
    """End what runs a job, with all that it started, and wait until it is gone."""
    if record.engine == "ray" and record.handle:
        with suppress(RuntimeError, PrerequisiteError):  # the cluster is gone, or has forgotten it
            _client(record).stop_job(record.handle)
        return
    if not is_alive(record):
        return
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(int(record.handle))
        family = [process, *process.children(recursive=True)]
        for each in family:
            with suppress(psutil.NoSuchProcess):
                each.terminate()
        _, left = psutil.wait_procs(family, _END_S)
        for each in left:
            with suppress(psutil.NoSuchProcess):
                each.kill()
        psutil.wait_procs(family, _END_S)


def _command(job: str, store: Path) -> list[str]:
    return [sys.executable, "-m", "expunge", "jobs", "work", job, "--store", str(store)]


def environment(key: str | None = None) -> dict[str, str]:
    """Return the variables of a job's process.

    Args:
        key: The secret that opens the register; `None`: as it is for this process.
    """
    # Of a launcher that this process may itself have been started by.
    apart = {"RANK", "LOCAL_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"}
    # Nothing is fetched, and the tokenizer's threads would only warn of the fork.
    ours = {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false", **({"EXPUNGE_KEY": key} if key else {})}
    return {**{name: value for name, value in os.environ.items() if name not in apart}, **ours}


def _submit(record: JobRecord, store: Path) -> str:
    # The key is not sent along: Ray shows what it is given to whoever reaches it.
    entry = shlex.join(_command(record.id, store.resolve()))
    return str(_client(record).submit_job(entrypoint=entry, metadata={"job": record.id}))


def _ray_status(record: JobRecord) -> str:
    try:
        return str(_client(record).get_job_status(record.handle).value)
    except (RuntimeError, PrerequisiteError):  # the cluster is gone, or has forgotten it
        return "STOPPED"


def _client(record: JobRecord) -> JobSubmissionClient:
    try:
        from ray.job_submission import JobSubmissionClient
    except ImportError as error:
        raise PrerequisiteError(
            f"--engine ray needs a package: {error}.", fix="Run: pip install 'expunge[ray]'"
        ) from error
    address = Plan.model_validate(record.plan).ray_address or os.environ.get("RAY_ADDRESS") or RAY
    try:
        return JobSubmissionClient(address)
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise PrerequisiteError(
            f"Ray's job server at {address!r} cannot be reached ({type(error).__name__}).",
            fix="Start it with `ray start --head`, or say where it is with --ray-address or RAY_ADDRESS.",
        ) from error
