"""Layer 4, meaning: which forget documents and which kept texts a passage is nearest to."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from ..schema import Vectors
from ..stores.targets import TargetStore

FLOOR = 0.5
"""Cosine similarity below which likeness says nothing: unrelated questions on persons reach it."""

MOST = 1.0
"""The most that likeness adds to the weight of marks; it decides nothing alone."""

_CHARACTERS = 2_000


@dataclass(frozen=True)
class Likeness:
    """How near one passage is to the register, in cosine similarities from -1 to 1.

    Attributes:
        forget: The highest similarity to a forget document, for each target among the nearest.
        keep: The highest similarity to a kept text, for each target among the nearest.
    """

    forget: dict[str, float] = field(default_factory=dict)
    keep: dict[str, float] = field(default_factory=dict)

    def bonus(self, target: str) -> float:
        """Return the evidence that likeness adds to marks, from 0 to `MOST`; what is kept and nearer takes it away."""
        near = self.forget.get(target, 0.0)
        return MOST * max(0.0, near - FLOOR) / (1 - FLOOR) if near > self.keep.get(target, 0.0) else 0.0


class Meaning:
    """Sentence embeddings of passages against the index of the register."""

    def __init__(self, store: TargetStore) -> None:
        self._store = store

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed texts, shape `(len(texts), d)`; of a long text its beginning."""
        return self._store.embedder.embed([text[:_CHARACTERS] for text in texts])

    def likeness(self, texts: Sequence[str], nearest: int) -> list[Likeness]:
        """Compare passages with all documents of the register.

        Args:
            texts: The passages.
            nearest: How many nearest texts of each kind are looked at.
        """
        if not texts:
            return []
        vectors = self.embed(texts)
        index = self._store.index
        forget = index.search("forget", vectors, nearest)
        keep = index.search("keep", vectors, nearest) if index.count("keep") else [[] for _ in texts]
        return [Likeness(_best(near), _best(kept)) for near, kept in zip(forget, keep, strict=True)]


def _best(hits: Sequence[tuple[str, int, float]]) -> dict[str, float]:
    best: dict[str, float] = {}
    for target, _, similarity in hits:
        best[target] = max(similarity, best.get(target, -1.0))
    return best
