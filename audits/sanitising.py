"""The sanitised copy of a log: answers as they would have been released, and gaps where questions name a target."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from .exchanges import Exchange
from .outcomes import Outcome
from .records import JsonPath, Place, Turn

GAP = "[redacted]"
"""What stands in place of what was found in a question or in its context."""


class Gap(NamedTuple):
    """A stretch of a text that is left out."""

    start: int
    """Its first character."""

    end: int
    """One past its last character."""


class Replacement(NamedTuple):
    """What stands in the sanitised copy in place of a turn."""

    place: Place
    """The record."""

    path: JsonPath
    """Where in the record the turn stands."""

    text: str
    """What stands there."""

    gaps: list[Gap]
    """The gaps; none in an answer, which is there as it would have been released."""

    original: str
    """The turn's own text."""

    def joined(self, gaps: Sequence[Gap]) -> "Replacement":
        """Return the same with gaps that were found for another exchange as well."""
        if not self.gaps or not gaps:
            return self
        both = [*self.gaps, *gaps]
        return self._replace(text=_with_gaps(self.original, both), gaps=both)


def replacements(exchange: Exchange, outcome: Outcome) -> Iterator[Replacement]:
    """Yield what stands in the sanitised copy in place of the turns of an exchange.

    An earlier answer is not among them: it has an exchange of its own. Of an exchange that could not be judged nothing
    stays.

    Args:
        exchange: The exchange.
        outcome: What was made of it.
    """
    if outcome.error:
        yield from (
            _replaced(turn, GAP, [Gap(0, len(turn.text))]) for turn in exchange.prompt if turn.role != "assistant"
        )
    found: dict[int, list[Gap]] = defaultdict(list)
    for finding in outcome.findings:
        if finding.where != "draft":
            found[finding.turn].append(Gap(finding.start, finding.end))
    for index, gaps in sorted(found.items()):
        turn = exchange.prompt[index]
        if turn.role != "assistant":
            own = list(dict.fromkeys(gaps))
            yield _replaced(turn, _with_gaps(turn.text, own), own)
    if exchange.answer is not None and outcome.action != "release":
        yield _replaced(exchange.answer, outcome.released, [])


def _replaced(turn: Turn, text: str, gaps: list[Gap]) -> Replacement:
    return Replacement(turn.place, turn.path, text, gaps, turn.text)


def _with_gaps(text: str, gaps: Iterable[Gap]) -> str:
    """Return a text with gaps, one for those that meet."""
    kept, last = "", -1
    for start, end in sorted(gap for gap in gaps if gap.start < gap.end):
        if start > last:
            kept += text[max(last, 0) : start] + GAP
        last = max(last, end)
    return kept + text[max(last, 0) :]
