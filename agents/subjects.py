"""The auditor's memory for whom a draft speaks of, from sentence to sentence."""

from collections.abc import Sequence

from ..detection.canonical import Span
from ..schema import Finding, Target
from .findings import of_subject
from .reading import Reading, first_in


def carried(
    target: Target, reading: Reading, names: Sequence[Finding], others: Sequence[Span], *, opens: bool
) -> list[Finding]:
    """Return the sentences that speak of a target without its name, until somebody else is named.

    They follow a sentence that names it, or precede one that names it late ("Her name is …"); where the ask is about
    it, and the draft names nobody else, they may open the draft.

    Args:
        target: A target that the conversation or the draft names.
        reading: The draft.
        names: The findings of its names, in the order of the text.
        others: Where somebody else is named, in the order of the text.
        opens: Whether the ask is about the target, so that a pronoun may mean it from the start.
    """
    thing = target.kind != "person"
    found: list[Finding] = []
    named: Finding | None = None
    speaks = opens and not names and not others
    for index, span in enumerate(reading.sentences):
        here = first_in(names, span)
        if here:
            named, speaks = here, True
            if reading.refers_back(index, thing):
                found += _before(target, reading, index, here, names, others)
        elif (speaks and reading.refers_back(index, thing)) or (
            named and speaks and not first_in(others, span) and reading.is_headless(index)
        ):
            found.append(of_subject(target.id, span.start, span.end, named))
        elif named or first_in(others, span):
            speaks = False
    return found


def _before(
    target: Target,
    reading: Reading,
    index: int,
    named: Finding,
    names: Sequence[Finding],
    others: Sequence[Span],
) -> list[Finding]:
    """Return the sentences before one that says late whom they are about."""
    found = []
    for span in reversed(reading.sentences[:index]):
        if first_in(others, span) or first_in(names, span):
            break
        found.append(of_subject(target.id, span.start, span.end, named))
    return found
