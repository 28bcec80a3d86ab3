"""`/v1/unlearning/jobs`: weight-level jobs, in the shape of OpenAI's fine-tuning jobs, for administrators.

The jobs of a tenant are those of its register. Each runs in a process of its own, and changes nothing until somebody
calls `…/approve`. PyTorch is loaded when the first job is asked for.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Query, Request

from ..errors import InputError, JobError, ModelNotFound, PrerequisiteError, WrongStage
from ..stores.jobs import JobRecord, Jobs, jobs_folder
from ..unlearning.checking import EXTRA
from ..unlearning.examples import Example
from ..unlearning.gathering.jsonl import examples_from
from .access import Administering
from .errors import INVALID, SERVER, ApiError
from .job_places import JobModels, without_folders
from .job_requests import ExampleSet, JobRequest, Promotion
from .job_shapes import JobPage, UnlearningJob
from .job_traces import (
    CheckpointPage,
    EventPage,
    UnlearningCheckpoint,
    UnlearningEvent,
    UnlearningReport,
    checkpoint_id,
    event_id,
)
from .paging import cut
from .tenants import Caller

if TYPE_CHECKING:
    from ..jobs.handle import Job

LONGEST_PAGE = 100
"""Elements of one page of a list."""

After = Annotated[str | None, Query()]
Limit = Annotated[int, Query(ge=1, le=LONGEST_PAGE)]


async def _discreetly() -> AsyncIterator[None]:
    """Take the server's folders out of the errors that a client is told, and say what the server lacks.

    Raises:
        ApiError: 501, a package is missing.
        ExpungeError: Any other, of the same kind.
    """
    try:
        yield
    except ModelNotFound:  # the operator's to mend: the client's name for it is known
        raise
    except PrerequisiteError as error:
        raise _lacking(str(error), error.code) from error
    except ImportError as error:
        raise _lacking(f"Weight-level jobs need a package: {error}. {EXTRA}", PrerequisiteError.code) from error
    except (InputError, JobError) as error:
        raise type(error)(without_folders(str(error))) from error


router = APIRouter(prefix="/v1/unlearning/jobs", tags=["unlearning"], dependencies=[Depends(_discreetly)])


def _models(request: Request) -> JobModels:
    models: JobModels = request.app.state.job_models
    return models


Models = Annotated[JobModels, Depends(_models)]


@router.post("")
def create_job(asked: JobRequest, calling: Administering, models: Models) -> UnlearningJob:
    """Ask for a job: it looks at the model and the examples, then waits for approval."""
    model = models.folder(asked.model, "model")
    control = models.folder(asked.control, "control") if asked.control is not None else None
    forget = _examples(asked.forget, "forget")
    retain = _examples(asked.retain, "retain") if asked.retain else None
    from ..jobs.creating import unlearn

    selector = asked.selector
    job = unlearn(
        model,
        forget=forget,
        retain=retain,
        method=asked.method.type,
        options=asked.options,
        selector=selector.type if selector else None,
        selector_options=selector.hyperparameters if selector else None,
        training=asked.training,
        seed=asked.seed or 0,
        sweep=asked.sweep or False,
        control=control,
        attacks=asked.attacks,
        store=calling.tenant.store,
        who=calling.who,
        metadata=asked.metadata,
    )
    return _shown(job.record, models)


@router.get("")
def list_jobs(calling: Administering, models: Models, after: After = None, limit: Limit = 20) -> JobPage:
    """List the jobs, the newest first."""
    with _opened(calling) as jobs:
        records = list(jobs)
    part, has_more = cut([record.id for record in records], after, limit)
    return JobPage(data=[_shown(record, models) for record in records[part]], has_more=has_more)


@router.get("/{job_id}")
def show_job(job_id: str, calling: Administering, models: Models) -> UnlearningJob:
    """Return a job."""
    with _opened(calling) as jobs:
        return _shown(jobs.get(job_id), models)


@router.get("/{job_id}/events")
def list_events(job_id: str, calling: Administering, after: After = None, limit: Limit = 20) -> EventPage:
    """List what a job told, the newest first."""
    with _opened(calling) as jobs:
        events = jobs.events(job_id)[::-1]
    part, has_more = cut([event_id(event) for event in events], after, limit)
    return EventPage(data=[UnlearningEvent.of(event) for event in events[part]], has_more=has_more)


@router.get("/{job_id}/checkpoints")
def list_checkpoints(
    job_id: str, calling: Administering, models: Models, after: After = None, limit: Limit = 10
) -> CheckpointPage:
    """List the checkpoints of a job's training that still lie there, the newest first."""
    with _opened(calling) as jobs:
        record, checkpoints = jobs.get(job_id), jobs.checkpoints(job_id)
    part, has_more = cut([checkpoint_id(each) for each in checkpoints], after, limit)
    data = [UnlearningCheckpoint.of(each, record, models) for each in checkpoints[part]]
    first, last = (data[0].id, data[-1].id) if data else (None, None)
    return CheckpointPage(data=data, first_id=first, last_id=last, has_more=has_more)


@router.get("/{job_id}/report", response_model_exclude={"samples"})
def show_report(job_id: str, calling: Administering) -> UnlearningReport:
    """Return what a job found, without its samples."""
    report = _handle(calling, job_id).report
    if report is None:
        raise WrongStage(f"The job {job_id!r} is not through: there is no report yet.")
    return UnlearningReport.model_construct(**dict(report))


@router.post("/{job_id}/approve")
def approve_job(job_id: str, calling: Administering, models: Models) -> UnlearningJob:
    """Let a job change weights: those of a copy."""
    job = _handle(calling, job_id)
    job.approve(calling.who)
    return _shown(job.record, models)


@router.post("/{job_id}/cancel")
def cancel_job(job_id: str, calling: Administering, models: Models) -> UnlearningJob:
    """End a job, at once and for good; its examples are deleted."""
    job = _handle(calling, job_id)
    job.cancel()
    return _shown(job.record, models)


@router.post("/{job_id}/resume")
def resume_job(job_id: str, calling: Administering, models: Models) -> UnlearningJob:
    """Go on with a job that failed, or whose process is gone, from its last checkpoint."""
    job = _handle(calling, job_id)
    job.resume()
    return _shown(job.record, models)


@router.post("/{job_id}/promote")
def promote_job(
    job_id: str, calling: Administering, models: Models, promotion: Promotion | None = None
) -> UnlearningJob:
    """Put a job's model into use: the link of the model, in the register's folder, leads to it from now on."""
    job = _handle(calling, job_id)
    job.promote(force=promotion is not None and promotion.force)
    return _shown(job.record, models)


@router.post("/{job_id}/rollback")
def roll_job_back(job_id: str, calling: Administering, models: Models) -> UnlearningJob:
    """Take a job's model out of use again."""
    job = _handle(calling, job_id)
    job.rollback()
    return _shown(job.record, models)


@contextmanager
def _opened(calling: Caller) -> Iterator[Jobs]:
    with closing(Jobs(jobs_folder(calling.tenant.store.path))) as jobs:
        yield jobs


def _handle(calling: Caller, job_id: str) -> "Job":
    from ..jobs.handle import Job

    return Job(calling.tenant.store.path, job_id)


def _shown(record: JobRecord, models: JobModels) -> UnlearningJob:
    from ..jobs.handle import is_waiting

    return UnlearningJob.of(record, models, waiting=is_waiting(record))


def _examples(given: ExampleSet, param: str) -> list[str] | list[Example]:
    """Return the ids of targets, or the examples.

    Raises:
        ApiError: 400, an example is none; says which.
    """
    if given.targets:
        return given.targets
    try:
        return examples_from(given.examples)
    except InputError as error:
        raise ApiError(400, f"{param}: {error}", type=INVALID, code="invalid_value", param=param) from None


def _lacking(message: str, code: str) -> ApiError:
    return ApiError(501, without_folders(message), type=SERVER, code=code)
