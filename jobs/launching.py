"""Starting a job's process: on this machine, over several GPUs, or on a Ray cluster."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from ..errors import InputError, PrerequisiteError, TrainingDiverged
from ..stores.jobs import JobRecord, Jobs
from .plan import Plan
from .room import Room

if TYPE_CHECKING:
    from ray.job_submission import JobSubmissionClient

    from ..unlearning.training.making import Making

RAY = "http://127.0.0.1:8265"
"""Where Ray's job server is, unless it is said."""

DIVERGED = 3
"""The exit code of a training over several processes whose numbers became none."""


def launch(jobs: Jobs, job: str, store: Path, key: str | None = None) -> None:
    """Start the process of a job; it outlives this one.

    Args:
        jobs: All jobs.
        job: The job's id.
        store: The register's folder.
        key: The secret that opens it; `None`: EXPUNGE_KEY, else its key file.

    Raises:
        PrerequisiteError: The Ray cluster cannot be reached, or its package is missing.
    """
    record = jobs.get(job)
    if record.engine == "ray":
        jobs.change(job, handle=_submit(record, store, key))
        return
    room = Room(jobs.folder(job))
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    process = os.posix_spawn(
        sys.executable,
        _command(job, store),
        _environment(key),
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
    """End what runs a job on a Ray cluster; a process of this machine ends by itself when it sees that it is to."""
    if record.engine == "ray" and record.handle:
        _client(record).stop_job(record.handle)


def train_in_processes(making: Making, store: Path, job: str) -> None:
    """Train over several processes, one a GPU, by `accelerate launch`.

    Raises:
        TrainingDiverged: The numbers became none.
        InputError: It failed in another way; the job's log says how.
    """
    count = making.recipe.training.processes
    launcher = [
        sys.executable,
        "-m",
        "accelerate.commands.launch",
        "--num_processes",
        str(count),
        "--num_machines",
        "1",
    ]
    launcher += ["--mixed_precision", "no", "--dynamo_backend", "no", *_where(making.device)]
    making.scratch.mkdir(mode=0o700, parents=True, exist_ok=True)
    recipe = making.scratch / "recipe.json"
    recipe.write_text(making.recipe.model_dump_json(), encoding="utf-8")
    places = map(str, (store, job, recipe, making.scratch, making.result))
    command = [*launcher, "--module", "expunge.jobs.distributed", *places]
    done = subprocess.run(command, check=False, stdin=subprocess.DEVNULL, env=_environment())  # noqa: S603 - ours
    if done.returncode == 0:
        return
    making.listener.say("The training over several processes ended early.")  # raises where somebody cancelled
    if (making.scratch / "diverged").exists():
        (making.scratch / "diverged").unlink()
        fix = "Take a lower learning rate, or a sweep of several; the last good checkpoint is kept."
        raise TrainingDiverged("The training became infinite or no numbers.", fix=fix)
    raise InputError(f"The training over {count} processes failed.", fix=f"`expunge jobs logs {job}` shows how.")


def _where(device: str | None) -> list[str]:
    import torch

    return ["--cpu"] if device == "cpu" or not torch.cuda.is_available() else ["--multi_gpu"]


def _command(job: str, store: Path) -> list[str]:
    return [sys.executable, "-m", "expunge", "jobs", "work", job, "--store", str(store)]


def _environment(key: str | None = None) -> dict[str, str]:
    # Nothing is fetched, and the tokenizer's threads would only warn of the fork.
    ours = {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false", **({"EXPUNGE_KEY": key} if key else {})}
    return {**os.environ, **ours}


def _submit(record: JobRecord, store: Path, key: str | None) -> str:
    entry = " ".join([sys.executable, "-m", "expunge", "jobs", "work", record.id, "--store", f"'{store}'"])
    key = key or os.environ.get("EXPUNGE_KEY")
    environment = {"env_vars": {"EXPUNGE_KEY": key}} if key else {}
    return str(_client(record).submit_job(entrypoint=entry, runtime_env=environment, metadata={"job": record.id}))


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
