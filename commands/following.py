"""Watching a job as it comes along."""

from typing import TYPE_CHECKING

from ..errors import JobError
from .console import FOUND, err, note, out, visible

if TYPE_CHECKING:
    from ..jobs.handle import Job
    from ..stores.jobs import JobEvent, JobRecord


def follow(job: "Job", *, quiet: bool = False, after: int = 0) -> int:
    """Show what a job tells until it ends or waits for a person.

    Args:
        job: The job.
        quiet: Show it on standard error, so that standard output is left to JSON.
        after: The id of the last event that is known already.

    Returns:
        The exit code: 1 where it ended and did not hold.

    Raises:
        JobError: It failed.
    """
    for event in job.follow():
        if event.id > after:
            (err if quiet else out).print(line(event), soft_wrap=True)
    record = job.record
    if record.status == "failed" and record.error:
        raise JobError(record.error.message)
    if job.waiting:
        note(f"It waits for approval: expunge jobs approve {job.id}")
    elif record.status in ("queued", "running", "validating_files"):
        raise JobError(f"The process of {job.id!r} is gone.", fix=f"Run: expunge jobs resume {job.id}")
    elif not quiet:
        summary(record)
    return FOUND if record.held is False else 0


def line(event: "JobEvent") -> str:
    """Return an event in one line."""
    figures = ", ".join(f"{name} {value:.4g}" for name, value in event.data.items() if "step" not in name)
    mark = "" if event.level == "info" else f"{event.level}: "
    return visible(f"{event.at:%H:%M:%S} {mark}{event.message}{f' ({figures})' if figures else ''}")


def summary(record: "JobRecord") -> None:
    """Print what came of a job."""
    if record.held is None:
        return
    out.print(f"{'held' if record.held else 'did not hold'}; {_figures(record)}")


def _figures(record: "JobRecord") -> str:
    return ", ".join(f"{name.replace('_', ' ')} {value:.3f}" for name, value in record.figures.items())
