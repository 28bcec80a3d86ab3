"""A draft as the auditor reads it."""

from bisect import bisect_left
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..detection.canonical import Span, canonical
from ..detection.evidence import Scan
from ..detection.marks import Mark, marks
from ..detection.meaning import Likeness
from ..detection.sentences import is_headless, people, refers_back, sentences
from ..detection.topics import TopicHit
from ..schema import Vectors


class Place(Protocol):
    """Anything that stands somewhere in a draft."""

    @property
    def start(self) -> int:
        """Its first character."""

    @property
    def end(self) -> int:
        """One past its last character."""


Placed = TypeVar("Placed", bound=Place)


@dataclass
class Memo:
    """What was worked out for passages of a draft, kept for the next look at it: more of it, or a rewritten one.

    Attributes:
        vectors: Embeddings by text, each of shape `(d,)`.
        likeness: Likeness to the register by text.
        searched: What the layers of detection found, by draft.
    """

    vectors: dict[str, NDArray[np.float32]] = field(default_factory=dict)
    likeness: dict[str, Likeness] = field(default_factory=dict)
    searched: dict[str, tuple[Scan, list[TopicHit]]] = field(default_factory=dict)


class Reading:
    """A draft with what is asked of it for every target, each worked out once.

    Args:
        draft: The draft.
        memo: What earlier readings of the same exchange worked out.
    """

    def __init__(self, draft: str, memo: Memo | None = None) -> None:
        self.draft = draft
        memo = memo or Memo()
        self.refers_back: Callable[[int, bool], bool] = cache(lambda i, it: refers_back(self._sentence(i), thing=it))
        self._vectors = memo.vectors
        self._likeness = memo.likeness
        self._marks: dict[str, list[Mark]] = {}
        self.is_headless: Callable[[int], bool] = cache(lambda i: is_headless(self._sentence(i)))

    @cached_property
    def sentences(self) -> list[Span]:
        """The sentences."""
        return sentences(self.draft)

    @cached_property
    def people(self) -> list[Span]:
        """What looks like names of people."""
        return people(self.draft)

    def _sentence(self, index: int) -> str:
        return self.text(self.sentences[index])

    def embedded(self, texts: Sequence[str], embed: Callable[[Sequence[str]], Vectors]) -> Vectors:
        """Return the embeddings of texts, shape `(len(texts), d)`; each text is embedded once."""
        if new := _without(self._vectors, texts):
            self._vectors.update(zip(new, embed(new), strict=True))
        return np.stack([self._vectors[text] for text in texts])

    def compared(self, texts: Sequence[str], compare: Callable[[Sequence[str]], Sequence[Likeness]]) -> list[Likeness]:
        """Return the likeness of texts to the register, each compared once; none where nothing is compared."""
        new = _without(self._likeness, texts)
        if found := compare(new) if new else ():
            self._likeness.update(zip(new, found, strict=True))
        return [self._likeness[text] for text in texts if text in self._likeness]

    def marks_with(self, ask: str) -> list[Mark]:
        """Return the marks of an ask and the draft together, worked out once for an ask."""
        if ask not in self._marks:
            self._marks[ask] = marks(f"{ask} {self.draft}")
        return self._marks[ask]

    def text(self, place: Place) -> str:
        """Return what stands at a place."""
        return self.draft[place.start : place.end]

    def words(self, place: Place) -> set[str]:
        """Return the canonical words that stand at a place."""
        return set(canonical(self.text(place)).words)


def _without(known: Container[str], texts: Sequence[str]) -> list[str]:
    """Return the texts that are not known yet, each once."""
    return [text for text in dict.fromkeys(texts) if text not in known]


def first_in(places: Sequence[Placed], span: Span) -> Placed | None:
    """Return the first place that starts in a span; places stand in the order of the text."""
    index = bisect_left(places, span.start, key=lambda place: place.start)
    return places[index] if index < len(places) and places[index].start < span.end else None
