"""Putting a job's model into use, and taking it back: one link for each model, that always leads to a whole one."""

import os
from datetime import UTC, datetime
from pathlib import Path

from ..errors import InputError, WrongStage
from ..stores.jobs import JobRecord, Jobs


def promote(jobs: Jobs, job: str, *, store: Path, force: bool = False) -> Path:
    """Let the link of a model lead to the model that a job made of it.

    Args:
        jobs: All jobs.
        job: The job's id.
        store: The register's folder, which holds the links.
        force: Also where the job did not hold.

    Returns:
        The link.

    Raises:
        UnknownJob: There is none of this id.
        WrongStage: It has not succeeded, or did not hold.
        InputError: The link's name belongs to another model.
    """
    record = jobs.get(job)
    if record.status != "succeeded":
        raise WrongStage(f"The job {job!r} has the status {record.status!r}: there is no model of it to use.")
    if not record.held and not force:
        raise WrongStage(
            f"The job {job!r} did not hold: its report says what came back, or what was lost.",
            fix="Create it anew with other options; --force uses its model all the same.",
        )
    link = link_of(record, store)
    _check_own(link, record, jobs)
    jobs.change(job, promoted_at=datetime.now(UTC))
    jobs.tell(job, "Promoted.")
    return _lead(link, record, jobs)


def rollback(jobs: Jobs, job: str, *, store: Path) -> Path:
    """Take a job's model out of use: the link leads to the one promoted before, else to the model that was given.

    Returns:
        The link.

    Raises:
        UnknownJob: There is none of this id.
        WrongStage: It is not in use.
    """
    record = jobs.get(job)
    if record.promoted_at is None:
        raise WrongStage(f"The job {job!r} is not promoted: there is nothing to take back.")
    jobs.change(job, promoted_at=None)
    jobs.tell(job, "Rolled back.")
    return _lead(link_of(record, store), record, jobs)


def link_of(record: JobRecord, store: Path) -> Path:
    """Return the link by which a job's model is used once it is promoted."""
    return store / "promoted" / record.name


def _lead(link: Path, record: JobRecord, jobs: Jobs) -> Path:
    """Let the link lead to the model promoted last, in one step: whoever opens it finds the old one or the new one."""
    promoted = [each for each in jobs if each.model == record.model and each.promoted_at is not None]
    last = max(promoted, key=lambda each: each.promoted_at or datetime.min, default=None)
    link.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = link.with_name(f".{link.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    draft.symlink_to(Path(last.result if last else record.model).resolve(), target_is_directory=True)
    draft.replace(link)
    return link


def _check_own(link: Path, record: JobRecord, jobs: Jobs) -> None:
    """See to it that no other model of the same name is in use by this link."""
    others = [each for each in jobs if each.promoted_at and each.name == record.name and each.model != record.model]
    if others:
        raise InputError(
            f"{str(link)!r} is in use for another model, {others[0].model!r}.",
            fix=f"Run `expunge jobs rollback {others[0].id}` first, or give one of the folders another name.",
        )
