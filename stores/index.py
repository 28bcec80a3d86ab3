"""The index: embeddings of targets' texts under opaque ids, in Chroma. It holds no text."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from itertools import count
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from ..schema import Vectors
from .chroma import Chroma

if TYPE_CHECKING:
    from chromadb.api.models.Collection import Collection

Kind = Literal["forget", "keep"]
KINDS: tuple[Kind, ...] = ("forget", "keep")

PAGE = 64
"""Vectors of one target fetched at a time."""

ROWS = 2_000
"""Vectors of all targets fetched at a time."""

SYNC_AFTER = 2
"""Changes after which Chroma writes its graph to disk, the fewest that it takes: an erasure has to reach the disk."""

NOISE = "noise"
"""The key of a vector that is there for a moment."""


class Hit(NamedTuple):
    """A text of a target, near to a query."""

    target: str
    """The target's id."""

    passage: int
    """The passage's place among those of the target's `documents` or `keep`, from 0."""

    similarity: float
    """Cosine similarity, from -1 to 1."""


class Rows(NamedTuple):
    """Vectors, and whose they are."""

    texts: list[tuple[str, int]]
    """Target id and place of each, as in `Hit`."""

    vectors: Vectors
    """The vectors, shape `(len(texts), dimensions)`; `(0, 0)` without any."""


class Index:
    """Nearest texts of targets, one Chroma collection for each kind: `forget` (documents) and `keep`.

    It knows no states: targets that are paused or have expired are found too.

    Args:
        chroma: Where the collections are.
        namespace: Tells the collections of this register and tenant from all others.
    """

    def __init__(self, chroma: Chroma, namespace: str) -> None:
        self._chroma = chroma
        self._names = {kind: f"{namespace}-{kind}" for kind in KINDS}
        self._collections = self._open()
        self._largest = chroma.client.get_max_batch_size()

    def search(self, kind: Kind, vectors: Vectors, k: int) -> list[list[Hit]]:
        """Return the `k` texts nearest to each vector, nearest first.

        Args:
            kind: Which texts.
            vectors: The queries, shape `(queries, dimensions)`.
            k: How many hits for each query; fewer when the index holds fewer.
        """
        if not len(vectors):
            return []
        queries = np.asarray(vectors, dtype=np.float32)
        found = self._collections[kind].query(query_embeddings=queries, n_results=k, include=["distances"])
        return [
            [
                Hit(*_parts(key), min(1.0, 1.0 - distance))
                for key, distance in zip(keys, distances, strict=True)
                if key != NOISE
            ]
            for keys, distances in zip(found["ids"], found["distances"] or [], strict=True)
        ]

    def vectors(self, kind: Kind, target_id: str) -> Vectors:
        """Return a target's vectors, shape `(texts, dimensions)`, in the order of its texts; `(0, 0)` without any."""
        rows: dict[int, Sequence[float]] = {}
        for start in count(0, PAGE):
            keys = _keys(target_id, range(start, start + PAGE))
            found = self._collections[kind].get(ids=keys, include=["embeddings"])
            embeddings = found["embeddings"]
            if embeddings is not None:
                rows |= {_parts(key)[1]: row for key, row in zip(found["ids"], embeddings, strict=True)}
            if len(found["ids"]) < PAGE:
                break
        return np.asarray([rows[place] for place in sorted(rows)] or np.empty((0, 0)), dtype=np.float32)

    def rows(self, kind: Kind) -> Rows:
        """Return all vectors of a kind."""
        keys: list[str] = []
        pages: list[Vectors] = []
        for start in range(0, self.count(kind), ROWS):
            found = self._collections[kind].get(limit=ROWS, offset=start, include=["embeddings"])
            keys += found["ids"]
            pages.append(np.asarray(found["embeddings"], dtype=np.float32))
        kept = [place for place, key in enumerate(keys) if key != NOISE]
        vectors = np.vstack(pages)[kept] if kept else np.empty((0, 0), dtype=np.float32)
        return Rows([_parts(keys[place]) for place in kept], vectors)

    def count(self, kind: Kind) -> int:
        """Return the number of vectors of this kind."""
        return self._collections[kind].count()

    def put(self, kind: Kind, texts: Sequence[tuple[str, int]], vectors: Vectors) -> None:
        """Hold vectors, in place of those that these texts had.

        Args:
            kind: Which texts.
            texts: Target id and place of each.
            vectors: Their vectors, shape `(len(texts), dimensions)`.
        """
        keys = [_key(*text) for text in texts]
        with self.writing():
            for start in range(0, len(keys), self._largest):
                part = slice(start, start + self._largest)
                self._collections[kind].upsert(ids=keys[part], embeddings=vectors[part])

    def erase(self, kind: Kind, texts: Sequence[tuple[str, int]]) -> None:
        """Delete vectors so that nothing of them stays on disk, once `vacuum` has been called.

        A deleted vector stays in Chroma's graph, so it is overwritten by noise before.

        Args:
            kind: Which texts.
            texts: Target id and place of each; those that are not held are passed over.
        """
        collection = self._collections[kind]
        keys = [_key(*text) for text in texts]
        for start in range(0, len(keys), self._largest):
            held = collection.get(ids=keys[start : start + self._largest], include=["embeddings"])
            if held["ids"]:
                embeddings = np.asarray(held["embeddings"])
                noise = _noise(*embeddings.shape)
                with self.writing():
                    collection.update(ids=held["ids"], embeddings=noise)
                    collection.delete(ids=held["ids"])

    def vacuum(self) -> None:
        """Take what was erased or replaced out of the files of an embedded index; a server's are its own."""
        with self.writing():
            for kind in KINDS:
                self._write_out(kind)
            self._chroma.vacuum()

    def clear(self) -> None:
        """Delete all vectors of this tenant."""
        with self.writing():
            for name in self._names.values():
                self._chroma.client.delete_collection(name)
            self._collections = self._open()
            self._chroma.vacuum()

    def close(self) -> None:
        """Leave Chroma; the last one to leave an embedded index closes it."""
        self._chroma.close()

    def writing(self) -> AbstractContextManager[None]:
        """Hold the right to write over several writes, which then cost less."""
        return self._chroma.writing()

    def _write_out(self, kind: Kind) -> None:
        """Have Chroma write its graph to disk, which it does after so many changes: add noise and delete it."""
        dimension = self._collection(self._names[kind]).get_model().dimension
        if dimension is None:  # nothing was ever added
            return
        self._collections[kind].upsert(ids=[NOISE], embeddings=_noise(1, dimension))
        self._collections[kind].delete(ids=[NOISE])

    def _open(self) -> "dict[Kind, Collection]":
        return {kind: self._collection(name) for kind, name in self._names.items()}

    def _collection(self, name: str) -> "Collection":
        from chromadb.errors import NotFoundError

        try:
            return self._chroma.client.get_collection(name, embedding_function=None)
        except NotFoundError:
            with self.writing():
                return self._chroma.client.get_or_create_collection(
                    name,
                    embedding_function=None,
                    configuration={"hnsw": {"space": "cosine", "sync_threshold": SYNC_AFTER}},
                )


def _noise(rows: int, dimension: int) -> Vectors:
    return np.random.default_rng().standard_normal((rows, dimension), dtype=np.float32)


def _key(target_id: str, place: int) -> str:
    return f"{target_id}:{place}"


def _keys(target_id: str, places: range) -> list[str]:
    return [_key(target_id, place) for place in places]


def _parts(key: str) -> tuple[str, int]:
    target_id, _, place = key.rpartition(":")
    return target_id, int(place)
