"""What to do to a model: a method with its options, how to train, and the seed."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from .training.options import TrainingOptions


class Recipe(BaseModel):
    """What to do to a model. The same recipe on the same model and data gives the same result, up to rounding."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    method: str = "npo"
    """The name of a method, see `expunge jobs methods`."""

    options: dict[str, Any] = Field(default_factory=dict)
    """Options of the method that differ from its defaults."""

    selector: str | None = None
    """The name of a selector, which says what weights may move; `None`: all."""

    selector_options: dict[str, Any] = Field(default_factory=dict)
    """Options of the selector that differ from its defaults."""

    training: TrainingOptions = Field(default_factory=TrainingOptions)
    """How it is trained; edits and adapters take `batch_size`, `longest` and `precision` alone."""

    seed: int = Field(default=0, ge=0)
    """What all chance comes from."""


class SweepGrid(BaseModel):
    """What a sweep tries: every learning rate with every strength."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    learning_rates: list[Annotated[float, Field(gt=0, allow_inf_nan=False)]] = Field(default_factory=list)
    """Empty: a third of, just, and three times the one that would be taken."""

    strengths: list[Annotated[float, Field(allow_inf_nan=False)]] = Field(default_factory=list)
    """Values of what the method calls its strength; empty: a half of, just, and twice its default."""
