"""Whether what must stay stayed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from ..examples import Part
from ..results import Evaluation

ROUNDING = 1e-9
"""What a limit may be exceeded by: 0.4 − 0.3 is more than 0.1 in floating point."""

_STAYS: tuple[Part, ...] = ("retain", "neighbours")
_GENERAL: tuple[Part, ...] = ("real_authors", "world_facts")
_MEASURES: tuple[tuple[Literal["recall", "rouge_l"], str], ...] = (("recall", "Recall"), ("rouge_l", "ROUGE-L"))


class Kept(NamedTuple):
    """How much of a set that must stay is still known, by the measure that fell most."""

    part: Part
    measure: str
    before: float
    after: float

    @property
    def share(self) -> float:
        """What is left of what was known; 0 where nothing was: then nobody knows."""
        return self.after / self.before if self.before else 0.0

    def sentence(self, keep: float) -> str:
        """Say that it was not kept."""
        if not self.before:
            return f"The model knew nothing of the set {self.part!r} before: nothing can be shown to have stayed."
        return (
            f"{self.measure} on the set {self.part!r} is {self.after:.2f}, and was {self.before:.2f} before: "
            f"{self.share:.2f} of it was kept, and {keep:.2f} is asked for."
        )


def kept(before: Evaluation, after: Evaluation) -> list[Kept]:
    """Return what was kept of the sets that count: the retain set and neighbours, or else general knowledge.

    By recall and by ROUGE-L, whichever fell more, of those that were above 0 before: a model that never recalled a long
    text whole may well have known its wording.
    """
    return list(_kept(before, after, _STAYS)) or list(_kept(before, after, _GENERAL))


def lost(counted: Sequence[Kept], keep: float) -> Iterator[str]:
    """Say why what must stay was not kept."""
    if not counted:
        yield "Nothing that must stay was asked, so that nobody knows whether the model still answers."
    yield from (each.sentence(keep) for each in counted if each.share < keep - ROUNDING)


def lost_beside(before: Evaluation, after: Evaluation, counted: Sequence[Kept], keep: float) -> Iterator[str]:
    """Say what was lost of general knowledge where it does not count."""
    judged = {each.part for each in counted}
    for each in _kept(before, after, _GENERAL):
        if each.part not in judged and each.share < keep - ROUNDING:
            yield f"{each.sentence(keep)} The verdict does not count it."


def _kept(before: Evaluation, after: Evaluation, parts: Sequence[Part]) -> Iterator[Kept]:
    for part in parts:
        old, new = before.parts.get(part), after.parts.get(part)
        if old and new:
            all_kept = [Kept(part, title, getattr(old, field), getattr(new, field)) for field, title in _MEASURES]
            known = [each for each in all_kept if each.before]
            yield min(known or all_kept, key=lambda each: each.share)
