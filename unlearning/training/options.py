"""How a model is trained."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Precision = Literal["auto", "bf16", "fp32"]
Schedule = Literal["cosine", "linear", "constant"]


class TrainingOptions(BaseModel):
    """How a model is trained; the same for every loss."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    learning_rate: float | None = Field(default=None, gt=0)
    """Peak learning rate of AdamW; `None`: by the model's size, see `default_learning_rate`."""

    epochs: float = Field(default=5.0, gt=0)
    """Passes over the forget set; 20 steps at least are taken."""

    max_steps: int | None = Field(default=None, ge=1)
    """Steps of the optimizer; wins over `epochs`."""

    batch_size: int = Field(default=8, ge=1)
    """Forget examples, and as many of each other set, that one process works on at once."""

    gradient_accumulation: int = Field(default=1, ge=1)
    """Batches whose gradients make one step."""

    lora_rank: int = Field(default=0, ge=0)
    """Rank of LoRA on all linear layers; 0: the whole model is trained. The result is merged: a whole model."""

    lora_alpha: int | None = Field(default=None, ge=1)
    """LoRA's α; `None`: twice the rank."""

    precision: Precision = "auto"
    """bf16: autocast, with master weights in float32 unless LoRA keeps the model frozen; auto: bf16 on a GPU."""

    warmup: float = Field(default=0.1, ge=0, lt=1)
    """Share of the steps in which the learning rate rises."""

    schedule: Schedule = "cosine"
    """How it falls afterwards."""

    clip: float = Field(default=1.0, gt=0)
    """Norm that gradients are clipped to."""

    weight_decay: float = Field(default=0.0, ge=0)
    """Of AdamW."""

    betas: tuple[float, float] = (0.9, 0.999)
    """Of AdamW."""

    save_every: int = Field(default=50, ge=1)
    """Steps between two checkpoints, from which a job that was killed goes on."""

    longest: int = Field(default=1024, ge=8)
    """Tokens of an example at most."""

    processes: int = Field(default=1, ge=1)
    """Processes of `accelerate launch`, one a GPU."""


def default_learning_rate(parameters: int, *, lora: bool) -> float:
    """Return where to begin: a rule of thumb by size, ten times as much for LoRA. A sweep tells better.

    Published defaults lie at 1e-5 for models of 1 to 8 billion parameters; a model of a million takes 1e-3.
    """
    rate = next((rate for size, rate in ((5e6, 1e-3), (3e8, 1e-4), (1e9, 3e-5)) if parameters < size), 1e-5)
    return min(rate * 10, 1e-3) if lora else rate
