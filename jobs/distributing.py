"""Training over several processes, one a GPU, by `accelerate launch`."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock

from ..errors import JobError, TrainingDiverged
from ..stores.jobs import Failure
from .launching import environment

if TYPE_CHECKING:
    from ..unlearning.training.making import Making

ORPHANS_S = 120.0
"""Seconds that the processes of a job that was killed have to see it, before others take up their work."""

FAILED = "failure.json"
"""What the processes leave in the training's folder where they failed: why."""


def train_in_processes(making: Making, store: Path, job: str) -> None:
    """Train over several processes.

    Args:
        making: What to make of which model.
        store: The register's folder.
        job: The job's id.

    Raises:
        JobError: It failed; the message says why.
        JobCancelled: Somebody cancelled.
    """
    if making.result.is_dir():
        return
    with FileLock(making.scratch.with_name(f"{making.scratch.name}.lock"), ORPHANS_S, mode=0o600):
        _train(making, store, job)


def _train(making: Making, store: Path, job: str) -> None:
    making.scratch.mkdir(mode=0o700, parents=True, exist_ok=True)
    recipe, failed = making.scratch / "recipe.json", making.scratch / FAILED
    recipe.write_text(making.recipe.model_dump_json(), encoding="utf-8")
    failed.unlink(missing_ok=True)
    places = map(str, (store, job, os.getpid(), recipe, making.scratch, making.result))
    command = [*_launcher(making.recipe.training.processes), "--module", "expunge.jobs.distributed", *places]
    variables = {**environment(), "ACCELERATE_USE_CPU": str(_on_cpu(making.device)).lower()}
    done = subprocess.run(command, check=False, stdin=subprocess.DEVNULL, env=variables)  # noqa: S603 - ours
    if done.returncode == 0:
        return
    making.listener.say("The training over several processes ended early.")  # raises where somebody cancelled
    if not failed.is_file():
        raise JobError("The processes of the training failed.", fix=f"`expunge jobs logs {job}` shows how.")
    failure = Failure.model_validate_json(failed.read_text(encoding="utf-8"))
    if failure.code == "disk_full":
        raise OSError(errno.ENOSPC, "The disk is full.")
    raise (TrainingDiverged if failure.code == TrainingDiverged.code else JobError)(failure.message)


def _launcher(processes: int) -> list[str]:
    # Each on a GPU of its own, or together on the CPU: `--cpu` alone would start one process.
    options = ["--multi_gpu", "--num_machines", "1", "--main_process_port", "0"]
    options += ["--mixed_precision", "no", "--dynamo_backend", "no", "--num_processes", str(processes)]
    return [sys.executable, "-m", "accelerate.commands.launch", *options]


def _on_cpu(device: str | None) -> bool:
    import torch

    return device == "cpu" or not torch.cuda.is_available()
