"""What a job leaves behind, as the server shows it: what it told, checkpoints of its training, and its report."""

from typing import Literal, Self

from pydantic import BaseModel

from ..stores.jobs import JobCheckpoint, JobEvent, JobRecord, Level
from ..unlearning.results import Report
from .job_places import JobModels, without_folders
from .job_shapes import seconds


class UnlearningEvent(BaseModel):
    """Something that a job told."""

    object: Literal["unlearning.job.event"] = "unlearning.job.event"
    id: str
    created_at: int
    level: Level
    message: str
    data: dict[str, float] | None
    """Figures of `metrics`."""

    type: Literal["message", "metrics"]

    @classmethod
    def of(cls, event: JobEvent) -> Self:
        """Return an event as it is shown."""
        return cls(
            id=event_id(event),
            created_at=seconds(event.at),
            level=event.level,
            message=without_folders(event.message),
            data=event.data or None,
            type="metrics" if event.data else "message",
        )


class UnlearningCheckpoint(BaseModel):
    """A state of a training from which it can go on."""

    object: Literal["unlearning.job.checkpoint"] = "unlearning.job.checkpoint"
    id: str
    created_at: int
    unlearning_job_id: str
    unlearned_model_checkpoint: str
    step_number: int
    metrics: dict[str, float]

    @classmethod
    def of(cls, checkpoint: JobCheckpoint, record: JobRecord, models: JobModels) -> Self:
        """Return a checkpoint as it is shown."""
        return cls(
            id=checkpoint_id(checkpoint),
            created_at=seconds(checkpoint.at),
            unlearning_job_id=record.id,
            unlearned_model_checkpoint=f"{models.name(record.model)}@{record.id}:ckpt-step-{checkpoint.step}",
            step_number=checkpoint.step,
            metrics=checkpoint.metrics,
        )


class UnlearningReport(Report):
    """What a job found."""

    object: Literal["unlearning.job.report"] = "unlearning.job.report"


class EventPage(BaseModel):
    """Some of a job's events, the newest first."""

    object: Literal["list"] = "list"
    data: list[UnlearningEvent]
    has_more: bool


class CheckpointPage(BaseModel):
    """Some of a job's checkpoints, the newest first."""

    object: Literal["list"] = "list"
    data: list[UnlearningCheckpoint]
    first_id: str | None
    last_id: str | None
    has_more: bool


def event_id(event: JobEvent) -> str:
    """Return an event's id."""
    return f"ujevent-{event.id}"


def checkpoint_id(checkpoint: JobCheckpoint) -> str:
    """Return a checkpoint's id."""
    return f"ujckpt-{checkpoint.id}"
