"""What may be asked of an audit."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

from langchain_core.language_models import BaseChatModel

from ..errors import InputError
from ..schema import Policy, Role
from .advising import MAX_CALLS
from .records import Format

EngineName = Literal["local", "ray"]
"""Where exchanges are judged: on this machine, or on a Ray cluster."""


@dataclass(frozen=True)
class Options:
    """What may be asked of an audit.

    Attributes:
        policy: Limits and sides; thresholds that it does not give are those of the register.
        models: The agents' models; none: rules alone.
        max_calls: Requests to them at most.
        format: The shape of the logs; `None`: as it looks.
        columns: Names of columns or fields, by what they hold: `prompt`, `response`, `id`, `at`, `system`, `context`.
        sample: The share of the exchanges that is looked at, over 0 to 1; `None`: all.
        limit: How many exchanges are looked at at most; `None`: all.
        reveal: Whether the findings hold names of targets and the words that matched.
        sanitised: Whether a sanitised copy of the logs is written.
        resume: Whether to go on with an audit that was interrupted.
        workers: Processes of this machine, or of the cluster.
        engine: Where exchanges are judged.
        address: The Ray cluster; `None`: one on this machine.
        against: The folder of an earlier audit of the same logs, to compare verdicts with; `None`: none.
        as_of: The moment whose register judges; `None`: now.

    Raises:
        InputError: A number is out of range.
    """

    policy: Policy = field(default_factory=Policy)
    models: Mapping[Role, BaseChatModel] = field(default_factory=dict)
    max_calls: int = MAX_CALLS
    format: Format | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    sample: float | None = None
    limit: int | None = None
    reveal: bool = False
    sanitised: bool = False
    resume: bool = False
    workers: int = 1
    engine: EngineName = "local"
    address: str | None = None
    against: Path | None = None
    as_of: datetime | None = None

    def __post_init__(self) -> None:
        if self.sample is not None and not 0 < self.sample <= 1:
            raise InputError(f"A sample of {self.sample} is no share.", fix="Give one over 0 and up to 1: 0.1.")
        if self.limit is not None and self.limit < 1:
            raise InputError(f"A limit of {self.limit} leaves nothing to look at.", fix="Give 1 or more.")
        if self.workers < 1:
            raise InputError(f"There cannot be {self.workers} workers.", fix="Give 1 or more.")
        if self.sanitised and (self.sample or self.limit):
            fix = "Leave --sample and --limit out: what nobody looked at does not belong in a sanitised copy."
            raise InputError("Only a part of the logs would be looked at.", fix=fix)
        if self.max_calls < 0:
            raise InputError("A budget cannot be negative.", fix="Give 0 or more.")
