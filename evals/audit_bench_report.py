"""The report of the benchmark of audits, and its table."""

from pydantic import BaseModel, ConfigDict, Field
from rich.box import SIMPLE
from rich.table import Table
from rich.text import Text

from ..audits.options import EngineName
from .process_memory import Memory

_CAPTION = (
    "The audit's rate is that of the whole command, from its start to the report; below it that of its work alone: to "
    "read, judge and write down. The others are measured on a sample of the same log, in slices by turns: the median, "
    "and how many times as fast the audit is, and its work alone. Found of what was planted: by the audit, that the "
    "answer discloses this target; one at a time, not to be released because of it; by Presidio, its name."
)


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LogSize(_Record):
    """What was audited."""

    exchanges: int = Field(ge=1)
    """Exchanges: an answer each."""

    dialogues: int = Field(ge=1)
    """Records, some of several exchanges."""

    megabytes: float = Field(ge=0)
    """The size of the file, in MB."""

    planted: int = Field(ge=0)
    """Exchanges in which a disclosure was planted."""

    duplicates: float = Field(ge=0, lt=1)
    """About which share of the dialogues repeats an earlier one."""


class AuditRun(_Record):
    """One audit, as a process of its own."""

    engine: EngineName
    """Where exchanges were judged."""

    workers: int = Field(ge=1)
    """Processes that judged."""

    exchanges: int = Field(ge=1)
    """Exchanges that were looked at."""

    distinct: int = Field(ge=1)
    """How many of them were different."""

    wall_s: float = Field(gt=0)
    """Seconds from the start of the process to its end."""

    elapsed_s: float = Field(gt=0)
    """Seconds of the work itself, as the audit's summary tells them."""

    per_s: float = Field(gt=0)
    """Exchanges a second of `wall_s`."""

    worked_per_s: float = Field(gt=0)
    """Exchanges a second of `elapsed_s`."""

    planted: int = Field(ge=0)
    """Exchanges in which a disclosure was planted."""

    found: int = Field(ge=0)
    """How many of them have a finding that the answer discloses that target."""

    false: int = Field(ge=0)
    """Other exchanges told as disclosed. Some may be real: nobody has read all texts that the log is made of."""

    failed: int = Field(ge=0)
    """Exchanges that ended in an error."""

    memory: Memory | None
    """The most memory of the process and those that it started; `None`: this system does not tell."""


class ComparedRate(_Record):
    """Another way to look at exchanges of the same log."""

    name: str
    """What it is."""

    processes: int = Field(ge=1)
    """Processes that it may use."""

    exchanges: int = Field(ge=1)
    """Exchanges of the sample."""

    slices: list[float]
    """Exchanges a second, of each slice of the sample."""

    per_s: float = Field(gt=0)
    """Their median."""

    ratio: float = Field(gt=0)
    """How many times as many exchanges a second the audit takes, as a whole."""

    worked_ratio: float = Field(gt=0)
    """How many times as many exchanges a second the audit takes, by its work alone."""

    planted: int = Field(ge=0)
    """Exchanges with a planted disclosure that it was shown, beside the sample."""

    found: int = Field(ge=0)
    """How many of them it found: that is, did not release, with a finding of that target, or saw its name in."""


class AuditBenchReport(_Record):
    """How fast an audit is, what it finds and what it takes, beside other ways to look at the same log."""

    targets: int = Field(ge=1)
    """Targets of the register."""

    cores: int | None
    """Cores of this machine; `None`: unknown."""

    log: LogSize
    """The log."""

    audit: AuditRun
    """The audit of all of it."""

    compared: list[ComparedRate]
    """The others, on a sample."""

    skipped: list[str]
    """What could not be measured, and why."""

    @property
    def one_at_a_time(self) -> ComparedRate:
        """The sanitizer, asked about one exchange after the other."""
        return self.compared[0]

    def table(self) -> Table:
        """Draw one row a way to look at the log."""
        log, audit = self.log, self.audit
        table = Table(
            title=f"An audit of {log.exchanges:,} exchanges against {self.targets:,} targets",
            caption=Text("\n".join([_CAPTION, *self._told(), *self.skipped])),
            caption_justify="left",
            box=SIMPLE,
            pad_edge=False,
        )
        table.add_column("", no_wrap=True)
        for heading in ("processes", "exchanges/s", "audit is … times as fast", "found of planted"):
            table.add_column(heading, justify="right")
        found = f"{audit.found:,} of {audit.planted:,}"
        table.add_row(f"audit, {audit.engine}", str(audit.workers), f"{audit.per_s:,.1f}", "", found)
        table.add_row("  work alone", str(audit.workers), f"{audit.worked_per_s:,.1f}", "", "")
        table.add_section()
        for each in self.compared:
            times = f"{each.ratio:,.2f} ({each.worked_ratio:,.2f})"
            found = f"{each.found:,} of {each.planted:,}"
            table.add_row(each.name, str(each.processes), f"{each.per_s:,.1f}", times, found)
        return table

    def _told(self) -> list[str]:
        """Say what stands in no column."""
        log, audit = self.log, self.audit
        return [
            f"The log: {log.dialogues:,} records, {log.megabytes:,.1f} MB, {audit.distinct:,} different exchanges.",
            f"The audit took {audit.wall_s:,.1f} s, its work {audit.elapsed_s:,.1f} s. {_memory(audit.memory)}",
            f"It told {audit.false:,} exchanges as disclosed that nothing was planted in; some may be real. "
            f"{audit.failed:,} ended in an error.",
        ]


def _memory(memory: Memory | None) -> str:
    if memory is None:
        return "Its memory is unknown."
    shared = "" if memory.pss_mb is None else f", {memory.pss_mb:,.0f} MB with what they share counted once"
    return f"Its {memory.processes} processes took {memory.rss_mb:,.0f} MB{shared}, at most."
