"""What a job tells of itself, and whether somebody wants it to end."""

from collections.abc import Mapping
from pathlib import Path
from time import monotonic

import psutil

from ..errors import JobCancelled
from ..stores.jobs import Jobs

EVERY_S = 0.5
"""Seconds between two looks at whether the job is to end."""


class Telling:
    """Writes a job's events and checkpoints where `expunge jobs events` and the server read them.

    Args:
        jobs: The jobs.
        job: The id of this one.
        process: The job's own process, where it is another one: when it is gone, this one is to end too.
    """

    def __init__(self, jobs: Jobs, job: str, process: int | None = None) -> None:
        self._jobs = jobs
        self._job = job
        self._process = process
        self._looked = 0.0

    def say(self, message: str) -> None:
        """Note a message."""
        self._jobs.tell(self._job, message)
        self.look()

    def step(self, done: int, total: int, metrics: Mapping[str, float]) -> None:
        """Note figures where there are new ones.

        Raises:
            JobCancelled: Somebody wants the job to end.
        """
        if metrics:
            figures = {"step": float(done), "total_steps": float(total), **metrics}
            self._jobs.tell(self._job, f"Step {done:,} of {total:,}", data=figures)
        if monotonic() - self._looked > EVERY_S:
            self.look()

    def checkpoint(self, step: int, folder: Path, metrics: Mapping[str, float]) -> None:
        """Note a checkpoint."""
        self._jobs.add_checkpoint(self._job, step, folder, dict(metrics))

    def look(self) -> None:
        """Look whether the job is to end.

        Raises:
            JobCancelled: Somebody wants it to, or the job's own process is gone.
        """
        self._looked = monotonic()
        if self._process is not None and not psutil.pid_exists(self._process):
            raise JobCancelled(f"The process of the job {self._job!r} is gone.")
        if self._jobs.get(self._job).cancelling:
            raise JobCancelled(f"The job {self._job!r} was cancelled.")
