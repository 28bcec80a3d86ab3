"""Weight-level jobs as the server shows them: in the shape of OpenAI's fine-tuning jobs, without paths and examples."""

from datetime import datetime
from typing import Any, Literal, Self

from pydantic import BaseModel

from ..jobs.plan import Plan
from ..stores.jobs import JobRecord, Stage, Status
from ..unlearning.recipe import Recipe, SweepGrid
from ..unlearning.training.options import TrainingOptions
from .job_places import JobModels, without_folders


class JobFailure(BaseModel):
    """Why a job failed."""

    code: str
    message: str
    param: None = None


class UnlearningJob(BaseModel):
    """A weight-level job."""

    object: Literal["unlearning.job"] = "unlearning.job"
    id: str
    created_at: int
    """Seconds since 1970, as the other times are."""

    finished_at: int | None
    """`null`: it has not ended."""

    model: str
    """The model that it was given."""

    unlearned_model: str | None
    """The model that it made, once it has succeeded."""

    status: Status
    stage: Stage
    waiting_for_approval: bool
    """Whether it goes on only once `…/approve` was called."""

    approved_by: str | None
    method: dict[str, Any]
    """Its type, and under its name its hyperparameters."""

    hyperparameters: dict[str, Any]
    """Those of the method, where they differ from the defaults."""

    selector: dict[str, Any] | None
    """What chose the weights that may move, in the same form."""

    training: TrainingOptions
    seed: int
    sweep: SweepGrid | None
    control: str | None
    """The model that it is compared with."""

    attacks: list[str] | None
    """`null`: all that apply."""

    targets: dict[str, int]
    """Targets of the register that it takes on, each with its version."""

    examples: dict[str, int]
    """How many examples each set has."""

    held: bool | None
    """Whether what must go stayed gone under all attacks, and the rest stayed; `null`: not judged yet."""

    level: Literal["removal", "suppression"] | None
    """What it may claim where it held: removal, as far as attacks were tried, or suppression."""

    figures: dict[str, float]
    promoted: bool
    """Whether its model is in use."""

    error: JobFailure | None
    metadata: dict[str, str]
    result_files: list[str] = []
    trained_tokens: int | None
    estimated_finish: None = None

    @classmethod
    def of(cls, record: JobRecord, models: JobModels, *, waiting: bool) -> Self:
        """Return a job as it is shown.

        Args:
            record: The job.
            models: What its models are called.
            waiting: Whether it waits for a person.
        """
        recipe, plan, model = Recipe.model_validate(record.recipe), Plan.model_validate(record.plan), record.model
        name, failed = models.name(model), record.error
        return cls(
            id=record.id,
            created_at=seconds(record.created_at),
            finished_at=seconds(record.finished_at) if record.finished_at else None,
            model=name,
            unlearned_model=f"{name}@{record.id}" if record.status == "succeeded" else None,
            status=record.status,
            stage=record.stage,
            waiting_for_approval=waiting,
            approved_by=record.approved_by or None,
            method=_choice(recipe.method, recipe.options),
            hyperparameters=recipe.options,
            selector=_choice(recipe.selector, recipe.selector_options) if recipe.selector else None,
            training=recipe.training,
            seed=recipe.seed,
            sweep=plan.sweep,
            control=models.name(plan.control) if plan.control else None,
            attacks=plan.attacks,
            targets=record.targets,
            examples=record.examples,
            held=record.held,
            level=record.level or None,
            figures=record.figures,
            promoted=record.promoted_at is not None,
            error=JobFailure(code=failed.code, message=without_folders(failed.message)) if failed else None,
            metadata=record.metadata,
            trained_tokens=None,
        )


class JobPage(BaseModel):
    """Some of the jobs, the newest first."""

    object: Literal["list"] = "list"
    data: list[UnlearningJob]
    has_more: bool
    """Whether there are others: ask for those `after` the last one's id. So it is with the other lists."""


def seconds(time: datetime) -> int:
    """Return a time as OpenAI has it: seconds since 1970, cut off."""
    return int(time.timestamp())


def _choice(name: str, options: dict[str, Any]) -> dict[str, Any]:
    return {"type": name, name: {"hyperparameters": options}}
