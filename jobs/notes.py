"""What the steps of a job leave for one another: figures and digests."""

import resource
import sys
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from ..unlearning.report.manifest import digest_model
from ..unlearning.results import AttackResult, FileDigest, Sample, Timing


class ModelDigest(BaseModel):
    """The files of a model, as they were at the start: its own, not what else lies in its folder."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    files: list[FileDigest]

    @classmethod
    def of(cls, folder: Path) -> Self:
        """Return the digests of a model's files."""
        return cls(files=digest_model(folder))


class Timings(BaseModel):
    """How long the steps took."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stages: list[Timing] = Field(default_factory=list)

    def with_stage(self, name: str, seconds: float, peak: float | None) -> Self:
        """Return it with one more stretch of work on a step; a step that was taken up again has several."""
        earlier = sum(timing.seconds for timing in self.stages if timing.stage == name)
        others = [timing for timing in self.stages if timing.stage != name]
        timing = Timing(stage=name, seconds=earlier + seconds, peak_memory_mb=peak)
        return self.model_copy(update={"stages": [*others, timing]})


class Attacked(BaseModel):
    """What the attacks brought back."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    results: list[AttackResult]


class Samples(BaseModel):
    """Answers before and after, masked unless the job was told to reveal them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    samples: list[Sample]


def peak_memory_mb() -> float:
    """Return the memory that this process took at its highest, in MiB: of the GPU where there is one."""
    import torch

    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated() / 2**20
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return kilobytes / (2**20 if sys.platform == "darwin" else 2**10)  # macOS counts bytes
