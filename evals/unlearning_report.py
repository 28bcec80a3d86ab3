"""The report of the benchmark of weight-level methods, and its table."""

from collections.abc import Iterator

from pydantic import BaseModel, ConfigDict, Field
from rich.box import SIMPLE
from rich.table import Table

from ..unlearning.examples import Part
from ..unlearning.results import Evaluation, Report

NEAR = 0.05
"""How far from the control recall and ROUGE-L of what must go may lie, for a method to have reached its level."""

KEPT = 0.95
"""Which share of what was recalled of the retain set must stay."""

_SHOWN = ("relearn_half", "relearn", "benign", "quantise8", "quantise4", "probes", "few_shot", "prefix", "detached")
_CAPTION = (
    "Recall (and ROUGE-L) on the ten authors that must go, asked as learned and in other words; recall on what must "
    "stay as a share of before: trained on in the job, and never trained on in it (ten other authors). Then recall "
    "after attacks, that of the control after the same attack beside it where it is above 0.05. `level`: whether "
    "forgetting came within 0.05 of the control with 0.95 of the retain set kept; `held`: the job's own verdict, its "
    "worst case over all attacks and all that must stay."
)


class MethodRun(BaseModel):
    """One method's job."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    method: str
    selector: str | None = None

    seconds: float
    """From its creation to its end, with all measurements and attacks."""

    training_s: float
    """Of these, seconds of the method itself."""

    report: Report | None = None
    """What it found; `None`: it failed."""

    error: str = ""
    """Why it failed; empty where it did not."""

    @property
    def name(self) -> str:
        """Its name in the table."""
        return f"{self.method} + {self.selector}" if self.selector else self.method

    @property
    def retained(self) -> float:
        """Recall of the retain set, as a share of before."""
        return _share(self.report, "retain")

    @property
    def reached(self) -> bool:
        """Whether it came to the level of the control, and kept what must stay."""
        return self.report is not None and _reached(self.report) and self.retained >= KEPT


class UnlearningReport(BaseModel):
    """What the weight-level methods make of the demo model."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    before: Evaluation
    """The model that was given."""

    control: Evaluation
    """The model that never met what must go."""

    runs: list[MethodRun]

    seconds: float
    """Of the whole benchmark."""

    folder: str = ""
    """Where the page with all of it lies; empty: nowhere."""

    reached: int = Field(ge=0)
    """Methods that came to the level of the control and kept what must stay."""

    def table(self) -> Table:
        """Return the methods as a table, one a row."""
        table = Table(box=SIMPLE, caption=_CAPTION, caption_justify="left")
        table.add_column("method")
        for column in (
            "forget",
            "other words",
            "retain",
            "held out",
            "p",
            *_titles(),
            "train s",
            "job s",
            "level",
            "held",
        ):
            table.add_column(column, justify="right")
        table.add_row("before", *_known(self.before), "1", "1", "")
        table.add_row("control", *_known(self.control), *_kept(self.before, self.control), "1")
        for run in self.runs:
            table.add_row(run.name, *_row(run))
        return table


def _row(run: MethodRun) -> Iterator[str]:
    if run.report is None:
        yield run.error
        return
    report = run.report
    yield from _known(report.after)
    yield from _kept(report.before, report.after)
    yield f"{report.after.forget_quality:.1g}" if report.after.forget_quality is not None else ""
    yield from _attacked(report)
    yield f"{run.training_s:.0f}"
    yield f"{run.seconds:.0f}"
    yield "yes" if run.reached else "no"
    yield "yes" if report.judgement.held else "no"


def _titles() -> Iterator[str]:
    return (name.replace("_", " ") for name in _SHOWN)


def _known(evaluation: Evaluation) -> Iterator[str]:
    forget = evaluation.parts["forget"]
    yield f"{forget.recall:.2f} ({forget.rouge_l:.2f})"
    yield f"{forget.paraphrase_recall or 0:.2f} ({forget.paraphrase_rouge_l or 0:.2f})"


def _kept(before: Evaluation, after: Evaluation) -> Iterator[str]:
    parts: tuple[Part, ...] = ("retain", "neighbours")
    for part in parts:
        yield f"{after.parts[part].recall / before.parts[part].recall:.2f}"


def _attacked(report: Report) -> Iterator[str]:
    found = {result.attack: result for result in report.attacks}
    for name in _SHOWN:
        if name not in found:
            yield ""
            continue
        control = found[name].control_recall or 0.0
        yield f"{found[name].recall:.2f}" + (f" ({control:.2f})" if control > NEAR else "")


def _share(report: Report | None, part: Part) -> float:
    if report is None:
        return 0.0
    before, after = (
        {name: scores.recall for name, scores in evaluation.parts.items()}
        for evaluation in (report.before, report.after)
    )
    return after.get(part, 0.0) / before[part] if before.get(part) else 0.0


def _reached(report: Report) -> bool:
    """Whether what must go is at the level of the control, asked as learned and in other words."""
    assert report.control is not None  # noqa: S101 - the benchmark has one
    mine, control = report.after.parts["forget"], report.control.parts["forget"]
    pairs = (
        (mine.rouge_l, control.rouge_l),
        (mine.recall, control.recall),
        (mine.paraphrase_recall or 0.0, control.paraphrase_recall or 0.0),
    )
    return all(abs(one - other) <= NEAR for one, other in pairs)
