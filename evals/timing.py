"""What the measurement of added time found, as records."""

from collections.abc import Sequence
from typing import Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from .shares import Part


class Times(BaseModel):
    """How long something took, in milliseconds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    p50: float = Field(ge=0)
    """The median."""

    p95: float = Field(ge=0)
    """The 95th percentile."""

    mean: float = Field(ge=0)
    """The mean."""

    @classmethod
    def of(cls, milliseconds: Sequence[float]) -> Self:
        """Summarise measured times, at least one."""
        p50, p95 = np.percentile(milliseconds, [50, 95])
        return cls(p50=float(p50), p95=float(p95), mean=float(np.mean(milliseconds)))


class Cost(BaseModel):
    """What doing something once costs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    clock: Times
    """By the clock."""

    processor: Times
    """In processor time, which other work on the machine does not lengthen."""


class Floor(BaseModel):
    """What the means of detection cost by themselves, whatever is done with them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    prompt: Cost
    """To embed the prompt."""

    exchange: Cost
    """To embed prompt and draft in one call."""

    query: Cost | None
    """To ask the index once for the documents nearest to both vectors; `None`: there are no documents."""

    graph: Cost
    """To run a graph of six nodes that do nothing, the least that any graph costs."""


class CheckerLatency(BaseModel):
    """What one checker makes of exchanges that touch no target."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    """What the checker is called."""

    exchanges: int = Field(ge=1)
    """How many exchanges were measured."""

    released: int = Field(ge=0)
    """How many of them it released unchanged; any other was taken to touch a target."""

    embedded: int = Field(ge=0)
    """For how many of them it embedded anything; for the others cheaper means were enough."""

    calls: int = Field(ge=0)
    """Model calls that it made in all of them."""

    cost: Cost
    """The time that it adds to an exchange, all of a check included."""


class RegisterLatency(BaseModel):
    """What one register costs: to build, to keep, and in each exchange that does not touch it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    targets: int = Field(ge=1)
    """How many targets it holds, topics not counted."""

    documents: int = Field(ge=0)
    """How many documents each target has."""

    topics: int = Field(ge=0)
    """How many topics it holds."""

    substitutes: int = Field(ge=0)
    """How many of all documents and kept texts have a vector near another one's in place of their own."""

    build_s: float = Field(ge=0)
    """Seconds from an empty folder to the first verdict."""

    memory_mb: float | None
    """What the process grew by from before the build to the end of the checks, in MB; `None`: this system does not
    tell."""

    disk_mb: float = Field(ge=0)
    """What the register's folder takes up, in MB."""

    sanitizer: CheckerLatency
    """The time that the sanitizer adds."""

    shares: dict[Part, float] | None
    """The share of its processor time that each part of it took, from 0 to 1; `None`: this system does not tell."""

    floor: Floor
    """What its means cost by themselves."""

    baselines: list[CheckerLatency]
    """What other filters make of the first of the same exchanges."""
