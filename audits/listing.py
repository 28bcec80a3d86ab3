"""The exchanges that a report lists: the worst ones, and the nearest misses."""

from collections.abc import Callable, Mapping

from .findings import time_of
from .journal import Noted
from .summary import SEVERITIES, Flagged

LISTED = 50
"""Exchanges of each kind."""

Rank = Callable[[Flagged], tuple[float, ...]]
"""What an exchange is ranked by: the higher, the sooner it is listed."""


def badness(exchange: Flagged) -> tuple[float, ...]:
    """Rank exchanges by severity, then by the number of targets, of findings, and the strength of the evidence."""
    severity = -SEVERITIES.index(exchange.severity) if exchange.severity else -len(SEVERITIES)
    return severity, len(exchange.targets), exchange.findings, exchange.score


def nearness(exchange: Flagged) -> tuple[float, ...]:
    """Rank near misses by how near they are."""
    return (exchange.score,)


class Listing:
    """The first exchanges by some rank; of equal ones those that come first in the log.

    Args:
        rank: What they are ranked by.
        names: Names of targets that are shown in place of their ids.
    """

    def __init__(self, rank: Rank, names: Mapping[str, str]) -> None:
        self._rank = rank
        self._names = names
        self._kept: list[Flagged] = []

    def add(self, noted: Noted) -> None:
        """Look at one more exchange."""
        self._kept.append(self._flagged(noted))
        if len(self._kept) >= 4 * LISTED:
            self._kept = self.first

    @property
    def first(self) -> list[Flagged]:
        """The first of all so far, at most `LISTED`."""
        return sorted(self._kept, key=self._rank, reverse=True)[:LISTED]

    def _flagged(self, noted: Noted) -> Flagged:
        outcome, near = noted.outcome, noted.outcome.near
        targets = dict.fromkeys(finding.target for finding in outcome.findings) or (near.targets if near else ())
        layers = dict.fromkeys(finding.layer for finding in outcome.findings) or (near.layers if near else ())
        return Flagged(
            exchange=noted.exchange,
            file=noted.place.file,
            line=noted.place.line,
            turn=noted.turn,
            at=time_of(noted.at),
            severity=outcome.severity,
            action=outcome.action,
            targets=[self._names.get(target, target) for target in targets],
            layers=list(layers),
            findings=len(outcome.findings),
            score=round(outcome.strength, 3) if outcome.findings else near.score if near else 0.0,
            released=outcome.released if outcome.findings else "",
        )
