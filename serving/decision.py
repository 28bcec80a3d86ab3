"""What an administrator is told of how an answer came about."""

from collections.abc import Sequence
from typing import Literal, TypedDict

from ..schema import Action, Source, Verdict

_SEVERITY: tuple[Action, ...] = ("release", "rewrite", "abstain")


class Decision(TypedDict):
    """What was decided of a completion."""

    action: Action
    """The most severe one, where a completion has several choices."""

    targets: list[str]
    """Ids of the targets concerned."""

    layers: list[Source]
    """The layers that found something."""

    elapsed_ms: float
    """Time that the sanitiser added, in milliseconds."""

    level: Literal["suppression"]
    """Never removal: the model's weights keep what they know."""

    error: str
    """The type of the error that led to an abstention; empty when there was none."""


def decision_of(verdicts: Sequence[Verdict]) -> Decision:
    """Sum up the verdicts of a completion's choices; at least one."""
    return {
        "action": max((verdict.action for verdict in verdicts), key=_SEVERITY.index),
        "targets": sorted({target for verdict in verdicts for target in verdict.targets}),
        "layers": sorted({finding.layer for verdict in verdicts for finding in verdict.findings}),
        "elapsed_ms": round(sum(verdict.elapsed_ms for verdict in verdicts), 3),
        "level": "suppression",
        "error": next((verdict.error for verdict in verdicts if verdict.error), ""),
    }
