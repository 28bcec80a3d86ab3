"""Whom a model is asked about: the subjects by their labels, with a control among them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from ...schema import Target
from .adviser import Spending
from .briefs import brief
from .controls import Control

CONTROL = ""
"""What stands in place of a target's id for the control."""


class Said(Protocol):
    """What a model says of one subject."""

    @property
    def subject(self) -> str:
        """The subject's label."""

    @property
    def relation(self) -> str:
        """What it has to do with the text."""


S = TypeVar("S", bound=Said)


@dataclass(frozen=True)
class Lineup:
    """Subjects by label.

    Attributes:
        ids: The target's id, or `CONTROL`, by label.
        blocks: What the model reads of each, by label and the number of the text that it is judged in.
    """

    ids: Mapping[str, str]
    blocks: Mapping[str, str]

    @classmethod
    def of(cls, targets: Sequence[Target], about: str, control: Control) -> "Lineup":
        """Put targets and a control in a row.

        Args:
            targets: The targets.
            about: The text in which they are judged.
            control: The control, which is judged in a text of its own.
        """
        real = [(target.id, brief(target, about)) for target in targets]
        made_up = [(CONTROL, brief(control.target, ""))]
        row = made_up + real if control.swapped else real + made_up
        labelled = dict(zip(control.labels(), row, strict=False))
        own, other = ("2", "1") if control.swapped else ("1", "2")
        blocks = {f"{label} in {own if key else other}": text for label, (key, text) in labelled.items()}
        return cls({label: key for label, (key, _) in labelled.items()}, blocks)

    def believe(self, said: Sequence[S], truth: Collection[str], spending: Spending) -> dict[str, S]:
        """Return what was said by the target's id; nothing where it cannot be believed.

        Args:
            said: What the model says.
            truth: What may be said of the control.
            spending: Where it is noted that a subject is missing, unknown or comes twice, or the control is wrong.
        """
        if sorted(one.subject for one in said) != sorted(self.ids):
            spending.amend(outcome="malformed")
            return {}
        each = {self.ids[one.subject]: one for one in said}
        if each[CONTROL].relation not in truth:
            spending.amend(outcome="contradictory")
            return {}
        return each


def side_by_side(real: str, control: str, *, swapped: bool) -> dict[str, str]:
    """Return a text and the control's by number, in the order that the control was drawn with."""
    return dict(zip("12", (control, real) if swapped else (real, control), strict=True))
