"""What a job is to do beside its recipe: what it is compared with, how it is attacked, and when it has held."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from ..unlearning.recipe import SweepGrid


class Plan(BaseModel):
    """What a job is to do beside its recipe."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    control: str | None = None
    """The folder of a model that never learned what must go; `None`: there is none."""

    sweep: SweepGrid | None = None
    """What is tried before the result is chosen; `None`: the recipe as it is."""

    attacks: list[str] | None = None
    """Names of attacks; `None`: all that apply."""

    attack_settings: dict[str, Any] = Field(default_factory=dict)
    """How hard to try, where it differs from the defaults."""

    limit: int | None = Field(default=400, ge=1)
    """Examples of a set that are asked at most; the forget set is always whole. `None`: all."""

    tolerance: float = Field(default=0.1, ge=0, le=1)
    """How much more than the control the model may say under any attack."""

    keep: float = Field(default=0.95, ge=0, le=1)
    """Which share of what it recalled of the retain set it must still recall."""

    approval: bool = True
    """Whether a person must agree before any weight is changed."""

    reveal: bool = False
    """Whether the report shows what must go in plain text."""

    device: str | None = None
    """Where torch is to run it; `None`: on a GPU where there is one."""

    ray_address: str | None = None
    """The Ray cluster's job server; `None`: RAY_ADDRESS, else this machine's."""
