"""A register as it stood at one moment, in memory: for processes that cannot share its index, here or elsewhere."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from ..schema import Embedder, Target, Thresholds, Vectors
from .abstentions import Abstentions
from .index import KINDS, Hit, Kind, Rows
from .keys import Keys
from .ledger import Unrecorded
from .passages import forget_passages, keep_passages
from .trained import TrainedBefore

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

    from .targets import TargetStore


class Matrix:
    """Vectors of targets' texts, all of which are looked at: no query misses a near one.

    Args:
        rows: The vectors of each kind, of unit length.
    """

    def __init__(self, rows: Mapping[Kind, Rows]) -> None:
        self._rows = rows
        self._places: dict[tuple[Kind, str], list[int]] = {}
        for kind, (texts, _) in rows.items():
            for row in sorted(range(len(texts)), key=lambda row: texts[row][1]):
                self._places.setdefault((kind, texts[row][0]), []).append(row)

    def search(self, kind: Kind, vectors: Vectors, k: int) -> list[list[Hit]]:
        """Return the `k` texts nearest to each vector, shape `(queries, dimensions)`, nearest first."""
        texts, known = self._rows[kind]
        if not texts or not len(vectors):
            return [[] for _ in vectors]
        likeness = np.asarray(vectors, dtype=np.float32) @ known.T  # (queries, texts)
        nearest = np.argsort(-likeness, axis=1, kind="stable")[:, :k]
        return [
            [Hit(texts[row][0], texts[row][1], min(1.0, float(own[row]))) for row in rows]
            for own, rows in zip(likeness, nearest, strict=True)
        ]

    def vectors(self, kind: Kind, target_id: str) -> Vectors:
        """Return a target's vectors, shape `(texts, dimensions)`, in the order of its texts; `(0, 0)` without any."""
        rows = self._places.get((kind, target_id))
        return self._rows[kind].vectors[rows] if rows else np.empty((0, 0), dtype=np.float32)

    def count(self, kind: Kind) -> int:
        """Return the number of vectors of this kind."""
        return len(self._rows[kind].texts)


@dataclass(frozen=True, repr=False)
class Snapshot:
    """What detection and the gate need of a register, as it stood at one moment. It can be sent to other processes.

    It holds targets in plain text, and the register's secret: send it only where both may be.

    Attributes:
        keys: The register's keys.
        revision: The register's revision at that moment.
        targets: All its targets.
        thresholds: How much evidence it takes.
        abstentions: How the wrapped model answers on unknown names.
        rows: The vectors of each kind.
        sealed: What was trained on targets, encrypted, by id.
        embeddings: The embedding model, as `load_embedder` takes it.
    """

    keys: Keys
    revision: int
    targets: tuple[Target, ...]
    thresholds: Thresholds
    abstentions: Abstentions | None
    rows: Mapping[Kind, Rows]
    sealed: Mapping[str, bytes]
    embeddings: "str | Embedder | Embeddings | None"
    ledger: Unrecorded = field(default_factory=Unrecorded)

    @classmethod
    def of(cls, store: "TargetStore", at: datetime | None = None) -> "Snapshot":
        """Take the register as it is now, or as it was.

        Args:
            store: The register.
            at: A moment in the past. Targets that were removed since are not in it: they were erased. Thresholds and
                abstentions are those of now.

        Raises:
            StoreBusy: When another process owns the index.
            EmbeddingMismatch: When it holds another embedding model's vectors.
        """
        revision = -1
        while revision != store.revision:  # another process may change it meanwhile
            revision, index = store.revision, store.index
            targets, now = tuple(store if at is None else store.at(at)), store.versions()
        same = {target.id for target in targets if now.get(target.id) == target.version}
        changed = [target for target in targets if target.id not in same]
        topics = [target.id for target in targets if target.kind == "topic"]
        return cls(
            keys=store.keys,
            revision=revision,
            targets=targets,
            thresholds=store.thresholds,
            abstentions=store.abstentions,
            rows={kind: _with_passages(kind, index.rows(kind), same, changed, store) for kind in KINDS},
            sealed=store.trained.sealed(topics),
            embeddings=store.embeddings,
        )

    @cached_property
    def index(self) -> Matrix:
        """The vectors of its targets."""
        return Matrix(self.rows)

    @cached_property
    def embedder(self) -> Embedder:
        """The embedding model, loaded when first asked for.

        Raises:
            ModelNotFound: No embedding model has this name.
            PrerequisiteError: A package, a credential or the weights are missing.
        """
        from ..models.embeddings import load_embedder

        return load_embedder(self.embeddings)

    @property
    def trained(self) -> TrainedBefore:
        """What was trained on its targets."""
        return TrainedBefore(self.sealed, self.keys)

    def versions(self) -> dict[str, int]:
        """Return the version of every target by its id."""
        return {target.id: target.version for target in self.targets}

    def get_many(self, target_ids: Iterable[str]) -> list[Target]:
        """Return those of these targets that it holds."""
        wanted = set(target_ids)
        return [target for target in self.targets if target.id in wanted]

    def __getstate__(self) -> dict[str, object]:
        """Leave out what the other process works out itself."""
        return {name: value for name, value in vars(self).items() if name not in {"index", "embedder"}}

    def __repr__(self) -> str:
        return f"Snapshot(revision={self.revision}, targets={len(self.targets)})"


def _with_passages(
    kind: Kind, rows: Rows, same: Collection[str], changed: Sequence[Target], store: "TargetStore"
) -> Rows:
    """Return the vectors of targets that are as they were, and in place of all others those of targets as they were."""
    passages = forget_passages if kind == "forget" else keep_passages
    kept = [row for row, (target, _) in enumerate(rows.texts) if target in same]
    texts = [(target.id, place, text) for target in changed for place, text in enumerate(passages(target))]
    if not texts and len(kept) == len(rows.texts):
        return rows
    if not texts:
        return Rows([rows.texts[row] for row in kept], rows.vectors[kept])
    vectors = store.embedder.embed([text for _, _, text in texts])
    before = rows.vectors[kept] if kept else vectors[:0]
    return Rows([*(rows.texts[row] for row in kept), *(text[:2] for text in texts)], np.vstack([before, vectors]))
