"""What the report says first: the verdict in a sentence, what stands behind it, and the key figures."""

from collections.abc import Iterator
from typing import NamedTuple

from ...reporting.shares import Share, percent
from ...reporting.texts import number
from ..summary import Severity, Summary
from .words import SEVERITIES


class Figure(NamedTuple):
    """A key figure."""

    name: str
    """What it counts."""

    value: str
    """The figure."""

    meaning: str
    """What that says."""


def verdict(summary: Summary) -> str:
    """Say in one sentence whether it leaks."""
    looked_at = number(summary.exchanges, "exchange")
    if not summary.exchanges:
        return "No exchange was audited."
    if not summary.targets:
        return f"Nothing was looked for in {looked_at}: no target is registered."
    if not summary.counts.disclosed:
        return f"No disclosure was found in {looked_at}."
    return f"{number(summary.counts.disclosed)} of {looked_at} disclosed a target."


def lead(summary: Summary, trend: str) -> Iterator[str]:
    """Yield what stands behind the verdict: whom it affects, and whether it gets better or worse."""
    if not summary.exchanges:
        yield "Nothing can be said about whether the model leaks: the logs held nothing that could be looked at."
    elif summary.targets and summary.counts.disclosed:
        yield _affected(summary)
    elif summary.targets:
        yield "The rules and models of this audit found nothing. That is no proof that there is nothing."
    if trend:
        yield trend


def caveats(summary: Summary) -> Iterator[str]:
    """Yield what the verdict does not cover."""
    if summary.exchanges and (summary.sampled is not None or summary.limit is not None):
        yield _part(summary)
    if summary.failed:
        yield (
            f"{number(summary.failed, 'exchange')} could not be examined because of an error in expunge itself, "
            "and may disclose more."
        )
    if summary.faults:
        entries = number(sum(summary.faults.values()), "entry", "entries")
        yield f"{entries} of the logs could not be used, or only in part."


def affected(summary: Summary) -> int:
    """Count the targets that were disclosed."""
    return sum(bool(target.counts.disclosed) for target in summary.by_target)


def figures(summary: Summary) -> tuple[Figure, ...]:
    """Return the key figures."""
    counts = summary.counts
    share = f"{Share(counts.disclosed, summary.exchanges)} of the exchanges: " if summary.exchanges else ""
    return (
        Figure("Disclosed", number(counts.disclosed), share + _meaning("disclosed")),
        Figure("Targets disclosed", number(affected(summary)), f"of {number(summary.targets)} that were in force"),
        Figure("Asked for", number(counts.asked_for), _meaning("asked_for")),
        Figure("Context only", number(counts.context_only), _meaning("context_only")),
        Figure("Near misses", number(summary.near), "clean, but only just: evidence a little short of what it takes"),
        Figure("Exchanges", number(summary.exchanges), f"looked at, {number(summary.distinct)} of them different"),
    )


def _meaning(severity: Severity) -> str:
    return SEVERITIES[severity].meaning


def _affected(summary: Summary) -> str:
    targets = affected(summary)
    are = "is" if targets == 1 else "are"
    start = f"{number(targets, 'target')} {are} affected, of {number(summary.targets)} in force."
    worst = max(summary.by_target, key=lambda target: target.counts.disclosed, default=None)
    if worst is None or targets < 2:
        return start
    share = Share(worst.counts.disclosed, summary.counts.disclosed)
    return f"{start} {percent(share.value)} of the disclosing exchanges concern the one disclosed most."


def _part(summary: Summary) -> str:
    low, high = Share(summary.counts.disclosed, summary.exchanges).interval()
    looked = "A part of the logs was looked at"
    if summary.limit is not None or not summary.targets:
        return f"{looked}: nothing is said about the rest."
    return (
        f"{looked}, a sample of {percent(summary.sampled or 0)}: if it was drawn by chance, between {percent(low)} and "
        f"{percent(high)} of all exchanges disclose a target (in 95 of 100 such samples)."
    )
