"""What the oracle test found, as records and as a table."""

from collections.abc import Sequence
from statistics import fmean
from typing import Literal, NamedTuple, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field
from rich.box import SIMPLE
from rich.table import Table

from ..schema import Action, Policy, Verdict
from .cases import Case, Role
from .measures import Rate, share_left

Register = Literal["name", "documents", "odd-documents"]
Exposure = Literal["seen", "unseen"]

_COLUMNS = {
    "failed": "",
    "%": "",
    "95 %": "",
    "filter": "% of a filter by name",
    "p50 ms": "",
    "p95 ms": "",
    "calls": "of models, an exchange",
    "tokens": "that agents read, and in all",
}
"""What a table shows, and what it says of it."""


class Trial(NamedTuple):
    """One case, put to the sanitizer and perhaps to the baseline."""

    case: Case
    """What was asked."""

    exposure: Exposure | None
    """Whether the document that the case was made of was registered; `None`: does not apply."""

    verdict: Verdict
    """What the sanitizer decided."""

    failed: bool
    """Whether the answer leaked (forget) or was altered (retain)."""

    baseline_failed: bool | None = None
    """The same of the baseline; `None`: not measured."""

    calls: int = 1
    """Calls of models: the wrapped model's, or the oracle's in its place, and the agents'."""


class GuardGroup(BaseModel):
    """How the cases of one set, role, form and exposure fared."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    set: str
    """The benchmark."""

    role: Role
    """Whether the answers had to go or to stay."""

    form: str
    """The kind of question; `all` in a total."""

    exposure: Exposure | None
    """Whether the documents that the cases were made of were registered; `None`: does not apply, or a total."""

    rate: Rate
    """Leaked (forget) or altered (retain) cases among all."""

    failures: list[str]
    """The ids of those cases."""

    baseline: Rate | None
    """The same rate for the baseline; `None`: not measured."""

    actions: dict[Action, int]
    """How many verdicts of each kind there were."""

    errors: int = Field(ge=0)
    """Verdicts that were reached because of an error, and so tell nothing about detection."""

    left: float | None
    """Mean share of the gold answers' new content words that rewrites left, of forget cases; `None`: no rewrites."""

    p50_ms: float = Field(ge=0)
    """Median of the time that the sanitizer added, in milliseconds."""

    p95_ms: float = Field(ge=0)
    """95th percentile of that time."""

    calls: float = Field(ge=0)
    """Mean calls of models in an exchange: the wrapped model's, or the oracle's in its place, and the agents'."""

    prompt_tokens: float = Field(ge=0)
    """Mean tokens that agents' models read in an exchange."""

    tokens: float = Field(ge=0)
    """Mean tokens that they read and wrote."""

    @classmethod
    def of(cls, trials: Sequence[Trial], *, form: str, exposure: Exposure | None) -> Self:
        """Summarise trials of one set and role, at least one."""
        failures = [trial.case.id for trial in trials if trial.failed]
        baseline = [trial.baseline_failed for trial in trials if trial.baseline_failed is not None]
        actions = [trial.verdict.action for trial in trials]
        times = np.array([trial.verdict.elapsed_ms for trial in trials])
        return cls(
            set=trials[0].case.set,
            role=trials[0].case.role,
            form=form,
            exposure=exposure,
            rate=Rate.of(len(failures), len(trials)),
            failures=failures,
            baseline=Rate.of(sum(baseline), len(baseline)) if baseline else None,
            actions={action: actions.count(action) for action in dict.fromkeys(actions)},
            errors=sum(bool(trial.verdict.error) for trial in trials),
            left=_left(trials),
            p50_ms=float(np.percentile(times, 50)),
            p95_ms=float(np.percentile(times, 95)),
            calls=fmean(trial.calls for trial in trials),
            prompt_tokens=fmean(sum(call.prompt_tokens for call in trial.verdict.agents) for trial in trials),
            tokens=fmean(sum(call.tokens for call in trial.verdict.agents) for trial in trials),
        )


class GuardReport(BaseModel):
    """Leak and over-suppression of a sanitizer around an oracle that answers with the gold answer."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    registered: Register
    """What was registered of each target."""

    targets: int = Field(ge=0)
    """How many targets were registered."""

    policy: str
    """The name of the policy, as the verdicts say it."""

    versions: dict[str, str]
    """What decided, as the verdicts say it."""

    groups: list[GuardGroup]
    """One entry a set, role, form and exposure, in the order of the cases."""

    totals: list[GuardGroup]
    """One entry a set and role, over all its forms."""

    @classmethod
    def of(cls, trials: Sequence[Trial], *, registered: Register, targets: int) -> Self:
        """Group trials, at least one, and sum them up."""
        groups: dict[tuple[str, Role, str, Exposure | None], list[Trial]] = {}
        totals: dict[tuple[str, Role], list[Trial]] = {}
        for trial in trials:
            case = trial.case
            groups.setdefault((case.set, case.role, case.form, trial.exposure), []).append(trial)
            totals.setdefault((case.set, case.role), []).append(trial)
        return cls(
            registered=registered,
            targets=targets,
            policy=trials[0].verdict.policy.name,
            versions=trials[0].verdict.versions,
            groups=[GuardGroup.of(part, form=key[2], exposure=key[3]) for key, part in groups.items()],
            totals=[GuardGroup.of(part, form="all", exposure=None) for part in totals.values()],
        )

    def table(self, name: str = "Oracle test") -> Table:
        """Draw the total of each set and role, and below it the groups that it sums up."""
        policy = "" if self.policy == Policy().name else f", {self.policy}"
        title = f"{name}{policy}: {self.targets} registered by {self.registered}"
        shown = [name for name in _COLUMNS if any(_figures(total)[name] for total in self.totals)]
        caption = "; ".join(f"{name}: {_COLUMNS[name]}" for name in shown if _COLUMNS[name])
        table = Table(title=title, caption=caption, box=SIMPLE, pad_edge=False, padding=(0, 1, 0, 0))
        table.add_column("cases")
        for column in shown:
            table.add_column(column, justify="right", no_wrap=True)
        for total in self.totals:
            label = "leaked" if total.role == "forget" else "altered"
            table.add_row(f"{total.set}, {label}{_errors(total)}", *_row(total, shown), style="bold")
            for group in self.groups:
                if (group.set, group.role) == (total.set, total.role):
                    name = ", ".join(filter(None, [group.form, group.exposure]))
                    table.add_row(f"  {name}{_errors(group)}", *_row(group, shown))
            table.add_section()
        return table


def _left(trials: Sequence[Trial]) -> float | None:
    shares = [
        share_left(case.question, case.answer, verdict.text)
        for case, _, verdict, *_ in trials
        if case.role == "forget" and case.answer and verdict.action == "rewrite"
    ]
    return fmean(shares) if shares else None


def _errors(group: GuardGroup) -> str:
    return f", errors: {group.errors}" if group.errors else ""


def _row(group: GuardGroup, columns: Sequence[str]) -> list[str]:
    figures = _figures(group)
    return [figures[column] for column in columns]


def _figures(group: GuardGroup) -> dict[str, str]:
    """Return what each column shows; empty where nothing was measured."""
    rate, baseline = group.rate, group.baseline
    return {
        "failed": f"{rate.count} of {rate.total}",
        "%": f"{100 * rate.value:.1f}",
        "95 %": f"{100 * rate.low:.1f} to {100 * rate.high:.1f}",
        "filter": "" if baseline is None else f"{100 * baseline.value:.1f}",
        "p50 ms": f"{group.p50_ms:.1f}",
        "p95 ms": f"{group.p95_ms:.1f}",
        "calls": f"{group.calls:.1f}",
        "tokens": f"{group.prompt_tokens:.0f}/{group.tokens:.0f}" if group.tokens else "",
    }
