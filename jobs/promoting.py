"""Putting a job's model into use, and taking it back: one link for each model, that always leads to a whole one."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from filelock import FileLock

from ..errors import InputError, WrongStage
from ..stores.jobs import JobRecord, Jobs
from ..unlearning.report.manifest import verify_manifest


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
        InputError: The link's name belongs to another model, or the result is not what was judged.
    """
    record = jobs.get(job)
    if record.status != "succeeded":
        raise WrongStage(f"The job {job!r} has the status {record.status!r}: there is no model of it to use.")
    if not record.held and not force:
        raise WrongStage(
            f"The job {job!r} did not hold: its report says what came back, or what was lost.",
            fix="Create it anew with other options; --force uses its model all the same.",
        )
    verify_manifest(jobs.folder(job))  # what was judged is what comes into use
    link = link_of(record, store)
    with _alone(link):
        _check_own(link, record, jobs)
        last = max((each.promoted_at for each in _promoted(record, jobs) if each.promoted_at), default=None)
        now = datetime.now(UTC)  # a clock may have been set back
        jobs.change(job, promoted_at=now if last is None else max(now, last + timedelta(microseconds=1)))
        jobs.tell(job, "Promoted.")
        _lead(link, record, _promoted(record, jobs))
    return link


def rollback(jobs: Jobs, job: str, *, store: Path) -> Path:
    """Take a job's model out of use: the link leads to the one promoted before, else to the model that was given.

    Returns:
        The link.

    Raises:
        UnknownJob: There is none of this id.
        WrongStage: It is not in use.
    """
    link = link_of(jobs.get(job), store)
    with _alone(link):
        record = jobs.get(job)
        if record.promoted_at is None:
            raise WrongStage(f"The job {job!r} is not promoted: there is nothing to take back.")
        # The link first: what is said not to be in use must not be.
        _lead(link, record, [each for each in _promoted(record, jobs) if each.id != job])
        jobs.change(job, promoted_at=None)
        jobs.tell(job, "Rolled back.")
    return link


def link_of(record: JobRecord, store: Path) -> Path:
    """Return the link by which a job's model is used once it is promoted."""
    return store / "promoted" / record.name


def _promoted(record: JobRecord, jobs: Jobs) -> list[JobRecord]:
    """Return the jobs whose models are in use for the same model, or were until another's came."""
    return [each for each in jobs if each.origin == record.origin and each.promoted_at is not None]


def _lead(link: Path, record: JobRecord, jobs: list[JobRecord]) -> None:
    """Let the link lead to the model promoted last, in one step: whoever opens it finds the old one or the new one."""
    promoted = sorted(jobs, key=lambda each: str(each.promoted_at))
    draft = link.with_name(f".{link.name}.draft")
    draft.unlink(missing_ok=True)
    draft.symlink_to(Path(promoted[-1].result if promoted else record.origin).resolve(), target_is_directory=True)
    draft.replace(link)


def _alone(link: Path) -> FileLock:
    """Return what lets one at a time change where a link leads."""
    link.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return FileLock(link.with_name(f".{link.name}.lock"), timeout=30.0, mode=0o600)


def _check_own(link: Path, record: JobRecord, jobs: Jobs) -> None:
    """See to it that no other model of the same name is in use by this link.

    Raises:
        InputError: One is.
    """
    others = [each for each in jobs if each.promoted_at and each.name == record.name and each.origin != record.origin]
    if others:
        raise InputError(
            f"{str(link)!r} is in use for another model, {others[0].origin!r}.",
            fix=f"Run `expunge jobs rollback {others[0].id}` first, or give one of the folders another name.",
        )
