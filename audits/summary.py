"""What an audit found, in figures: the content of `summary.json`, from which the report is drawn."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from ..schema import Action, Source
from .records import Format

Severity = Literal["disclosed", "asked_for", "context_only"]
"""How bad it is: the answer discloses a target; it was asked for, and the answer discloses nothing; it stands in
documents, tool results or earlier turns alone."""

SEVERITIES: tuple[Severity, ...] = ("disclosed", "asked_for", "context_only")
"""The worst first."""


class Record(BaseModel):
    """What the records of an audit have in common."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Counts(Record):
    """How many of each severity."""

    disclosed: int = 0
    """Where the answer discloses a target."""

    asked_for: int = 0
    """Where a target was asked for, and the answer discloses nothing."""

    context_only: int = 0
    """Where a target stands in documents, tool results or earlier turns alone."""

    @classmethod
    def of(cls, counts: Mapping[Severity, int]) -> Self:
        """Put counts by severity in a record."""
        return cls.model_validate(dict(counts))

    @property
    def total(self) -> int:
        """All of them."""
        return self.disclosed + self.asked_for + self.context_only


class LogFile(Record):
    """One file of the logs."""

    file: str
    """The file, as it was given."""

    formats: dict[Format, int] = Field(default_factory=dict)
    """How many records of it had which shape."""

    records: int = 0
    """Records, those that could not be used too."""

    exchanges: int = 0
    """Exchanges found in them."""

    faults: int = 0
    """Entries in the errors file."""


class TargetCounts(Record):
    """What was found of one target, counted in exchanges."""

    target: str
    """The target's id."""

    name: str = ""
    """Its name, where names are revealed."""

    kind: str = ""
    """What it is; empty when it is no longer registered."""

    counts: Counts
    """How many exchanges of each severity."""


class LayerCounts(Record):
    """What one layer of detection found, counted in findings."""

    layer: Source
    """The layer."""

    counts: Counts
    """How many findings of each severity."""


class Period(Record):
    """A stretch of time, or of the log where nothing in it says when."""

    start: datetime | None
    """When it begins; `None`: the stretch is one of the log."""

    first: int
    """The number of its first exchange; 0 for a stretch of time."""

    exchanges: int
    """Exchanges in it."""

    counts: Counts
    """How many of them of each severity."""


class Flagged(Record):
    """An exchange with findings, or nearly one."""

    exchange: str
    """Its id in the log, or where it stands."""

    file: str
    """The file."""

    line: int
    """The line or the number of the record."""

    turn: int
    """The index of the answer among the turns of its dialogue."""

    at: datetime | None = None
    """When, if the log says so."""

    severity: Severity | None = None
    """How bad it is; `None` of a near miss."""

    action: Action
    """What the sanitiser would have done."""

    targets: list[str]
    """Ids of the targets, or with names revealed their names."""

    layers: list[Source]
    """What found it."""

    findings: int
    """How many findings."""

    score: float
    """The strength of the strongest evidence, as a multiple of what it takes: below 1 is a near miss."""

    released: str = ""
    """What the sanitiser would have shown in place of the answer."""


class Change(Record):
    """How many exchanges one verdict was changed for into another."""

    before: Action
    """What was decided in the earlier audit."""

    after: Action
    """What is decided now."""

    exchanges: int
    """How many."""


class Replay(Record):
    """How verdicts differ from those of an earlier audit of the same log."""

    against: str
    """The folder of the earlier audit."""

    before: str
    """What decided there: policy and revision of the register."""

    after: str
    """What decides here."""

    changed: int
    """Exchanges whose verdict or findings differ."""

    changes: list[Change]
    """The verdicts that changed, the most frequent first."""


class AgentCosts(Record):
    """What agents' models were asked."""

    models: str
    """Which models."""

    exchanges: int = 0
    """Exchanges of which one was asked."""

    calls: int = 0
    """Requests."""

    tokens: int = 0
    """Tokens read and written."""

    skipped: int = 0
    """Uncertain exchanges that the rules decided alone, because the budget was spent."""


class Summary(Record):
    """An audit in figures: ids and counts, and names of targets only where they were asked to be revealed."""

    expunge: str
    """The version that audited."""

    at: datetime
    """When the audit was finished."""

    elapsed_s: float
    """Seconds that it took, those before an interruption too."""

    store: str
    """The folder of the register."""

    revision: int
    """The revision of the register that decided."""

    targets: int
    """Targets that were enforced."""

    policy: str
    """The policy's name."""

    revealed: bool
    """Whether names of targets and the words that matched are shown."""

    sampled: float | None = None
    """The share of the exchanges that was looked at; `None`: all."""

    limit: int | None = None
    """How many exchanges at most were looked at; `None`: all."""

    files: list[LogFile]
    """The logs."""

    exchanges: int
    """Exchanges looked at."""

    distinct: int
    """How many of them were different: the same exchange is judged once."""

    unanswered: int
    """Those without an answer, of which the prompt was looked at."""

    failed: int
    """Those that ended in an error of the sanitiser, and so in an abstention."""

    faults: dict[str, int]
    """Entries of the errors file by their code."""

    actions: dict[Action, int]
    """What the sanitiser would have done, in exchanges."""

    counts: Counts
    """Exchanges by their worst finding."""

    findings: int
    """Findings in all."""

    by_target: list[TargetCounts]
    """The targets found, the most disclosed first."""

    by_layer: list[LayerCounts]
    """What the layers of detection found."""

    over_time: list[Period]
    """Stretches of time or, where the log tells no times, of the log, oldest first."""

    worst: list[Flagged]
    """The worst exchanges, at most 50."""

    near_misses: list[Flagged]
    """Exchanges released with evidence just short of what it takes, the nearest first, at most 50."""

    near: int = 0
    """How many near misses there are."""

    agents: AgentCosts | None = None
    """What agents' models were asked; `None`: the rules decided alone."""

    replay: Replay | None = None
    """How verdicts differ from an earlier audit; `None`: there was nothing to compare with."""
