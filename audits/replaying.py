"""Two audits of the same log held against each other: which verdicts another policy or register would change."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ..errors import InputError
from ..reporting.files import write_lines
from ..schema import Action
from .journal import Journal, Noted
from .outcomes import Outcome
from .summary import Change, Replay, Severity

_CLEAN = Outcome(action="release", released="", findings=[])


class Difference(NamedTuple):
    """An exchange that is judged otherwise than before."""

    noted: Noted
    """The exchange, as either audit knows it."""

    before: Outcome
    """What was made of it."""

    after: Outcome
    """What is made of it now."""


def require_same_logs(before: Journal, after: Journal, against: str) -> None:
    """Make sure that two audits can be compared.

    Args:
        before: The earlier one.
        after: The other.
        against: What the earlier one is called.

    Raises:
        InputError: They are not of the same log, or not of the same part of it, or the earlier one is not finished.
    """
    for name, what in (("logs", "other logs"), ("part", "another part of the logs")):
        if before.read(name) != after.read(name):
            raise InputError(
                f"The audit in {against!r} is of {what}.", fix="Compare audits of the same logs, sample and limit."
            )
    if before.read("finished") is None:
        raise InputError(f"The audit in {against!r} is not finished.", fix="Finish it with --resume.")


def compare(before: Journal, after: Journal, path: Path, against: str) -> Replay:
    """Write down the exchanges that are judged otherwise, and count them.

    Args:
        before: The earlier audit.
        after: This one, of the same logs.
        path: The file for the exchanges, JSON Lines.
        against: What the earlier audit is called.
    """
    changes: Counter[tuple[Action, Action]] = Counter()

    def counted() -> Iterator[str]:
        for difference in _differences(before, after):
            changes[difference.before.action, difference.after.action] += 1
            yield json.dumps(_row(difference))

    write_lines(path, counted())
    return Replay(
        against=against,
        before=before.read("judge") or "",
        after=after.read("judge") or "",
        changed=changes.total(),
        changes=[Change(before=pair[0], after=pair[1], exchanges=count) for pair, count in changes.most_common()],
    )


def _differences(before: Journal, after: Journal) -> Iterator[Difference]:
    """Walk through both in step; what one does not tell of, it released."""
    old, new = before.noted(), after.noted()
    one, other = next(old, None), next(new, None)
    while one or other:
        first = min(each.number for each in (one, other) if each)
        was = one if one and one.number == first else None
        now = other if other and other.number == first else None
        outcome, other_outcome = (each.outcome if each else _CLEAN for each in (was, now))
        noted = now or was
        if noted and _told(outcome) != _told(other_outcome):
            yield Difference(noted, outcome, other_outcome)
        one = next(old, None) if was else one
        other = next(new, None) if now else other


class _Told(NamedTuple):
    action: Action
    severity: Severity | None
    targets: list[str]


def _told(outcome: Outcome) -> _Told:
    return _Told(outcome.action, outcome.severity, sorted({finding.target for finding in outcome.findings}))


def _row(difference: Difference) -> dict[str, object]:
    noted = difference.noted
    return {
        "exchange": noted.exchange,
        "file": noted.place.file,
        "line": noted.place.line,
        "turn": noted.turn,
        "before": _told(difference.before)._asdict(),
        "after": _told(difference.after)._asdict(),
    }
