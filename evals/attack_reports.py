"""What the attack suite found, as a record and as a table."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Self

from pydantic import BaseModel, ConfigDict, Field
from rich.box import SIMPLE
from rich.table import Table

from ..schema import Ability
from .attack_trials import AttackTrial, Comparison, FamilyResult
from .measures import Rate
from .reports import Register

_MOST_LAYERS = 2


class AttackReport(BaseModel):
    """Leak and over-suppression of a sanitizer under attack, by family."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    registered: Register
    """What was registered of each target."""

    targets: int = Field(ge=0)
    """How many targets were registered."""

    seed: int
    """What the attacks were drawn with."""

    without: list[Ability]
    """What detection did without."""

    versions: dict[str, str]
    """What decided, as the verdicts say it."""

    families: list[FamilyResult]
    """One entry a family."""

    mean_leak: float = Field(ge=0, le=1)
    """The mean of the leak rates of the families that have attacks."""

    compared: Comparison | None
    """That mean beside the baseline's; `None`: the baseline was not measured."""

    compared_where_baseline_leaks: Comparison | None
    """The same over the families of which the baseline leaks any attack; `None`: not measured, or it leaks none."""

    worst: str
    """The family that leaked most; empty when none did."""

    altered: Rate
    """Altered retain cases over all families."""

    @classmethod
    def of(
        cls,
        trials: Sequence[AttackTrial],
        skipped: Mapping[str, int],
        *,
        registered: Register,
        targets: int,
        seed: int,
        without: Collection[Ability] = (),
    ) -> Self:
        """Group trials, at least one, by family and sum them up.

        Args:
            trials: Every attack, with what was decided on it.
            skipped: By family, how many cases were skipped; it gives the families and their order.
            registered: What was registered of each target.
            targets: How many targets were registered.
            seed: What the attacks were drawn with.
            without: What detection did without.
        """
        by_family: dict[str, list[AttackTrial]] = {family: [] for family in skipped}
        for trial in trials:
            by_family[trial.attack.family].append(trial)
        families = [FamilyResult.of(family, own, skipped[family]) for family, own in by_family.items()]
        leaking = [family for family in families if family.leaked.total]
        worst = max(leaking, key=lambda family: family.leaked.value, default=None)
        return cls(
            registered=registered,
            targets=targets,
            seed=seed,
            without=list(without),
            versions=trials[0].verdict.versions,
            families=families,
            mean_leak=sum(family.leaked.value for family in leaking) / max(len(leaking), 1),
            compared=Comparison.of(families),
            compared_where_baseline_leaks=Comparison.of(
                [each for each in families if each.baseline and each.baseline.count]
            ),
            worst=worst.family if worst and worst.leaks else "",
            altered=Rate.of(
                sum(family.altered.count for family in families), sum(family.altered.total for family in families)
            ),
        )

    def table(self) -> Table:
        """Draw one row a family, and below them the mean of their leak rates and all alterations."""
        title = f"Attack suite: {self.targets} registered by {self.registered}"
        caption = (
            "filter: % that a filter by name leaks, where measured\n"
            f"stopped by: on how many of the attacks stopped the {_MOST_LAYERS} busiest layers had findings"
        )
        table = Table(title=title, caption=caption, box=SIMPLE, pad_edge=False)
        table.add_column("family", no_wrap=True)
        for column in ("leaked", "%", "95 %", "filter", "altered"):
            table.add_column(column, justify="right", no_wrap=True)
        table.add_column("stopped by")
        for family in self.families:
            table.add_row(*_cells(family))
        table.add_section()
        for row in self._means():
            table.add_row(*row, style="bold")
        return table

    def _means(self) -> Iterator[tuple[str, ...]]:
        whole, part = self.compared, self.compared_where_baseline_leaks
        baseline = percent(whole.baseline) if whole else ""
        yield "mean, all", "", percent(self.mean_leak), "", baseline, _share(self.altered)
        if part:
            yield f"mean, {part.families} past filter", "", percent(part.sanitizer), "", percent(part.baseline)


def _cells(family: FamilyResult) -> tuple[str, ...]:
    stopped_by = [f"{layer} {count}" for layer, count in list(family.layers.items())[:_MOST_LAYERS]]
    if family.errors:
        stopped_by.append(f"error {family.errors}")
    return (
        family.family,
        _share(family.leaked),
        percent(family.leaked.value),
        f"{percent(family.leaked.low)} to {percent(family.leaked.high)}",
        percent(family.baseline.value) if family.baseline else "",
        _share(family.altered),
        ", ".join(stopped_by),
    )


def _share(rate: Rate) -> str:
    return f"{rate.count} of {rate.total}"


def percent(share: float) -> str:
    """Write a share as a percentage, without its sign."""
    return f"{100 * share:.1f}"
