"""Whom a model is asked about: the subjects by letter, with a control among them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from ...schema import Target
from .briefs import brief
from .controls import Control

CONTROL = ""
"""What stands in place of a target's id for the control."""


class Said(Protocol):
    """What a model says of one subject."""

    @property
    def subject(self) -> str:
        """The subject's letter."""


S = TypeVar("S", bound=Said)


@dataclass(frozen=True)
class Lineup:
    """Subjects by letter.

    Attributes:
        ids: The target's id, or `CONTROL`, by letter.
        blocks: What the model reads of each, by letter and the number of the text that it is judged in.
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
        lettered = dict(zip(letters(), row, strict=False))
        own, other = ("2", "1") if control.swapped else ("1", "2")
        blocks = {f"{letter} in {own if key else other}": text for letter, (key, text) in lettered.items()}
        return cls({letter: key for letter, (key, _) in lettered.items()}, blocks)

    def match(self, said: Iterable[S]) -> dict[str, S]:
        """Return what was said by the target's id; nothing where a subject is missing, unknown or comes twice."""
        each = list(said)
        if sorted(one.subject for one in each) != sorted(self.ids):
            return {}
        return {self.ids[one.subject]: one for one in each}


def numbered(real: str, control: str, *, swapped: bool) -> dict[str, str]:
    """Return a text and the control's by number, in the order that the control was drawn with."""
    return dict(zip("12", (control, real) if swapped else (real, control), strict=True))


def letters() -> Iterator[str]:
    """Yield labels: A to Z, then AA, AB and so on."""
    alphabet = [chr(code) for code in range(ord("A"), ord("Z") + 1)]
    yield from alphabet
    yield from (first + second for first in alphabet for second in alphabet)
