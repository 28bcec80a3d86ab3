"""What a scan of one text found, target by target."""

from bisect import bisect_left
from dataclasses import dataclass, field
from itertools import accumulate

from ..schema import Layer
from .canonical import Span
from .fingerprints import MarkHit
from .marks import HARD
from .names import Strength


@dataclass(frozen=True, slots=True)
class Sighting:
    """A name of a target in a text, placed in the original.

    Attributes:
        start: First character.
        end: One past the last character.
        strength: How the name was written; `fuzzy` with typing errors, `completed` with more between its parts, `part`
            for a given or family name alone.
        score: Likeness to the registered name, from 0 to 1; of a part, how distinctive it is.
        disguised: Whether it was found only after decoding.
        as_name: Whether it is written like a name, with a capital that no sentence start explains.
    """

    start: int
    end: int
    strength: Strength | str
    score: float = 1.0
    disguised: bool = False
    as_name: bool = True

    @property
    def layer(self) -> Layer:
        """The layer that found it."""
        return "fuzzy" if self.strength == "fuzzy" else "alias"


@dataclass
class Evidence:
    """Everything in one text that speaks for one target."""

    names: list[Sighting] = field(default_factory=list)
    parts: list[Sighting] = field(default_factory=list)
    marks: list[MarkHit] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.names or self.parts or self.marks)

    def copy(self) -> "Evidence":
        """Return the same evidence, to be added to."""
        return Evidence([*self.names], [*self.parts], [*self.marks])

    def weight(self, without: frozenset[str] = frozenset()) -> float:
        """Return the summed weight of the marks, those with a key in `without` left out."""
        return sum(hit.weight for hit in self.marks if hit.key not in without)

    def others_in(self, people: list[Span]) -> list[Span]:
        """Return those of the people in the text who are neither the target nor one of its marks."""
        own: list[Sighting | MarkHit] = sorted([*self.names, *self.parts, *self.marks], key=lambda place: place.start)
        starts = [place.start for place in own]
        reach = list(accumulate((place.end for place in own), max))
        before = [bisect_left(starts, span.end) for span in people]
        return [span for span, last in zip(people, before, strict=True) if not last or reach[last - 1] <= span.start]

    @property
    def counted(self) -> list[Sighting]:
        """The names that are written as names; a common word that may be just the word is not among them."""
        return [name for name in self.names if name.as_name]

    def has_hard_mark(self, without: frozenset[str] = frozenset()) -> bool:
        """Whether a mark identifies even beside another person's name."""
        return any(hit.kind in HARD or hit.kind == "passage" for hit in self.marks if hit.key not in without)


Scan = dict[str, Evidence]
"""Evidence by target id."""
