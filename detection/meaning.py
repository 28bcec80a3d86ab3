"""Layer 4, meaning: which forget documents and which kept texts a passage is nearest to."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from ..schema import Vectors
from ..stores.index import Hit
from ..stores.source import TargetSource

FLOOR = 0.45
"""Cosine similarity below which likeness says nothing: unrelated questions on persons reach it."""

SLOPE = 3.0
"""Weight that likeness adds to marks for each unit of cosine similarity above the floor."""

AHEAD_SLOPE = 2.0
"""Weight that it adds for each unit by which the target is nearer than whatever is next."""

AHEAD_MOST = 0.3
"""How far ahead counts: further off, nothing is learned."""

_CHARACTERS = 2_000
# Targets that are paused or have expired are in the index too: more is asked for than is looked at.
_SPARE = 4


@dataclass(frozen=True)
class Likeness:
    """How near one passage is to the register, in cosine similarities from -1 to 1.

    Attributes:
        forget: The highest similarity to a passage of a forget document, for each target among the nearest.
        keep: The highest similarity to a passage of a kept text, for each target among the nearest.
        beyond: The similarity of the nearest that was not looked at: no other target's is higher. 0 when all were.
    """

    forget: dict[str, float] = field(default_factory=dict)
    keep: dict[str, float] = field(default_factory=dict)
    beyond: float = 0.0

    def bonus(self, target: str) -> float:
        """Return the evidence that likeness adds to marks, 0 or more; what is kept and nearer takes it away."""
        near = self.forget.get(target, 0.0)
        if near <= FLOOR or near <= self.keep.get(target, 0.0):
            return 0.0
        others = [value for other, value in self.forget.items() if other != target]
        ahead = near - max([FLOOR, self.beyond, *others, *self.keep.values()])
        return SLOPE * (near - FLOOR) + AHEAD_SLOPE * min(AHEAD_MOST, max(0.0, ahead))


class Meaning:
    """Sentence embeddings of passages against the index of the register."""

    def __init__(self, store: TargetSource) -> None:
        self._store = store

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed texts, shape `(len(texts), d)`; of a long text its beginning."""
        return self._store.embedder.embed([text[:_CHARACTERS] for text in texts])

    def likeness(self, texts: Sequence[str], nearest: int, enforced: Collection[str]) -> list[Likeness]:
        """Compare passages with all documents of the register.

        Args:
            texts: The passages.
            nearest: How many nearest texts of each kind are looked at.
            enforced: Ids of the targets that count; the index knows others too.
        """
        if not texts:
            return []
        vectors = self.embed(texts)
        index = self._store.index
        forget = index.search("forget", vectors, nearest * _SPARE)
        keep = index.search("keep", vectors, nearest) if index.count("keep") else [[] for _ in texts]
        return [_likeness(near, kept, nearest, enforced) for near, kept in zip(forget, keep, strict=True)]


def _likeness(near: Sequence[Hit], kept: Sequence[Hit], nearest: int, enforced: Collection[str]) -> Likeness:
    counted = [hit for hit in near if hit.target in enforced]
    beyond = counted[nearest:][:1]
    return Likeness(
        _best(counted[:nearest]),
        _best([hit for hit in kept if hit.target in enforced]),
        beyond[0].similarity if beyond else 0.0,
    )


def _best(hits: Sequence[Hit]) -> dict[str, float]:
    best: dict[str, float] = {}
    for target, _, similarity in hits:
        best[target] = max(similarity, best.get(target, -1.0))
    return best
