"""The figures of an audit, counted from its journal."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import NamedTuple

from ..schema import Action, Source, Target
from .journal import HOUR, STRETCH, Journal, Noted
from .listing import Listing, badness, nearness
from .periods import over_log, over_time
from .summary import SEVERITIES, Counts, Flagged, LayerCounts, Period, Severity, TargetCounts


class Figures(NamedTuple):
    """What was found, in figures."""

    actions: dict[Action, int]
    """What the sanitiser would have done, without the exchanges that it would have released."""

    counts: Counts
    """Exchanges by their worst finding."""

    findings: int
    """Findings in all."""

    failed: int
    """Exchanges that ended in an error."""

    near: int
    """Near misses."""

    by_target: list[TargetCounts]
    """The targets found, the most disclosed first."""

    by_layer: list[LayerCounts]
    """What the layers found."""

    over_time: list[Period]
    """Stretches of time, or of the log."""

    worst: list[Flagged]
    """The worst exchanges."""

    near_misses: list[Flagged]
    """The nearest misses."""


class _Tally:
    """Counts as the exchanges pass by."""

    def __init__(self) -> None:
        self.actions: Counter[Action] = Counter()
        self.severities: Counter[Severity] = Counter()
        self.targets: dict[str, Counter[Severity]] = defaultdict(Counter)
        self.layers: dict[Source, Counter[Severity]] = defaultdict(Counter)
        self.hours: dict[int, Counter[Severity]] = defaultdict(Counter)
        self.stretches: dict[int, Counter[Severity]] = defaultdict(Counter)
        self.failed = self.near = 0

    def add(self, noted: Noted) -> None:
        outcome, severity = noted.outcome, noted.outcome.severity
        self.actions[outcome.action] += 1
        self.failed += bool(outcome.error)
        self.near += outcome.near is not None
        for finding in outcome.findings:
            self.layers[finding.layer][finding.severity] += 1
        for target in {finding.target for finding in outcome.findings}:
            own = {finding.severity for finding in outcome.findings if finding.target == target}
            self.targets[target][next(each for each in SEVERITIES if each in own)] += 1
        if severity:
            self.severities[severity] += 1
            self.stretches[noted.number // STRETCH][severity] += 1
            if noted.at is not None:
                self.hours[int(noted.at // HOUR)][severity] += 1


def figures_of(journal: Journal, targets: Mapping[str, Target], *, revealed: bool) -> Figures:
    """Count what an audit found.

    Args:
        journal: The journal.
        targets: The register's targets, by id.
        revealed: Whether names of targets are shown.
    """
    names = {key: target.name for key, target in targets.items()} if revealed else {}
    tally, worst, nearest = _Tally(), Listing(badness, names), Listing(nearness, names)
    for noted in journal.noted():
        tally.add(noted)
        if noted.outcome.findings:
            worst.add(noted)
        elif noted.outcome.near:
            nearest.add(noted)
    return Figures(
        actions=dict(tally.actions),
        counts=Counts.of(tally.severities),
        findings=sum(sum(counts.values()) for counts in tally.layers.values()),
        failed=tally.failed,
        near=tally.near,
        by_target=_by_target(tally.targets, targets, names),
        by_layer=[LayerCounts(layer=layer, counts=Counts.of(tally.layers[layer])) for layer in sorted(tally.layers)],
        over_time=_over_time(journal, tally),
        worst=worst.first,
        near_misses=nearest.first,
    )


def _by_target(
    found: Mapping[str, Mapping[Severity, int]], targets: Mapping[str, Target], names: Mapping[str, str]
) -> list[TargetCounts]:
    counted = [
        TargetCounts(
            target=key,
            name=names.get(key, ""),
            kind=targets[key].kind if key in targets else "",
            counts=Counts.of(counts),
        )
        for key, counts in found.items()
    ]
    return sorted(counted, key=lambda each: (-each.counts.disclosed, -each.counts.total, each.target))


def _over_time(journal: Journal, tally: _Tally) -> list[Period]:
    """Spread what was found over time where most exchanges have one, else over the log."""
    hours = journal.hours()
    timed = sum(count.exchanges for count in hours)
    if hours and 2 * timed >= journal.progress.exchanges:
        return over_time(hours, tally.hours)
    return over_log(journal.stretches(), tally.stretches)
