"""Carrying the register over into the index: what was added, changed or removed since the last time."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from sqlite3 import Connection
from typing import NamedTuple

from ..errors import EmbeddingMismatch
from ..schema import Embedder, Target, Vectors
from .database import Database
from .index import KINDS, Index, Kind
from .keys import Keys
from .passages import forget_passages, keep_passages
from .payload import target_from

BATCH = 1_000
"""Targets embedded and written at a time: what a killed run has to do again."""


class Pending(NamedTuple):
    """A target whose vectors are not in the index, or not those of its present texts."""

    target: Target
    held: dict[Kind, int]
    """How many vectors the index holds of it at most."""


class Indexer:
    """Keeps the index in step with the register's rows of one tenant.

    Every row says whether the index holds its vectors (`indexed`) and how many it holds at most; every removed row
    whose vectors may still be there is an erasure. Both are settled only after the index has been written, so whatever
    a killed process left undone is found by the next one, and doing it twice does no harm.
    """

    def __init__(self, database: Database, keys: Keys, tenant: str, index: Index) -> None:
        self._database = database
        self._keys = keys
        self._tenant = tenant
        self._index = index

    def agrees(self) -> bool:
        """Whether the index holds as many vectors as the register says."""
        [row] = self._database.query(
            "SELECT coalesce(sum(forget * indexed), 0), coalesce(sum(keep * indexed), 0),"
            " coalesce(sum(forget), 0), coalesce(sum(keep), 0) FROM"
            " (SELECT forget, keep, indexed FROM targets WHERE tenant = ?1"
            " UNION ALL SELECT forget, keep, 0 FROM erasures WHERE tenant = ?1)",
            (self._tenant,),
        )
        return all(
            least <= self._index.count(kind) <= most for kind, least, most in zip(KINDS, row[:2], row[2:], strict=True)
        )

    def add_pending(self, embedder: Embedder, progress: Callable[[int], None] | None = None) -> None:
        """Embed the texts of the targets that are not indexed, and put them into the index.

        Args:
            embedder: The model.
            progress: Called with the number of targets indexed so far.

        Raises:
            EmbeddingMismatch: When the index holds another model's vectors.
        """
        self._check_model(embedder)
        batch = self._pending()
        if not batch:
            return
        done = 0
        with self._index.writing():
            while batch:
                for kind in KINDS:
                    self._put(kind, batch, embedder)
                if any(pending.target.version > 1 for pending in batch):  # in place of earlier vectors
                    self._index.vacuum()
                self._settle([pending.target for pending in batch])
                done += len(batch)
                if progress:
                    progress(done)
                batch = self._pending()

    def erase_removed(self) -> None:
        """Erase the vectors of removed targets."""
        rows = self._database.query("SELECT target, forget, keep FROM erasures WHERE tenant = ?", (self._tenant,))
        if not rows:
            return
        with self._index.writing():
            for kind, column in zip(KINDS, (1, 2), strict=True):
                self._index.erase(kind, [(row[0], place) for row in rows for place in range(row[column])])
            self._index.vacuum()
        with self._database.transaction() as connection:
            connection.executemany("DELETE FROM erasures WHERE target = ?", [row[:1] for row in rows])

    def start_over(self) -> None:
        """Empty the index and mark every target as not indexed, whatever model made its vectors."""
        self._index.clear()
        with self._database.transaction() as connection:
            connection.execute("UPDATE targets SET indexed = 0 WHERE tenant = ? AND forget + keep", (self._tenant,))
            connection.execute("DELETE FROM erasures WHERE tenant = ?", (self._tenant,))
            connection.execute("DELETE FROM meta WHERE name = ?", (self._model_key,))

    @property
    def _model_key(self) -> str:
        return f"embedding/{self._tenant}"

    def _check_model(self, embedder: Embedder) -> None:
        model = json.dumps({"name": embedder.name, "dimensions": embedder.dimensions})
        rows = self._database.query("SELECT value FROM meta WHERE name = ?", (self._model_key,))
        if rows and rows[0][0] == model:
            return
        if rows and any(self._index.count(kind) for kind in KINDS):
            made_with = json.loads(rows[0][0])["name"]
            raise EmbeddingMismatch(
                f"The index was made with {made_with!r}, not with {embedder.name!r}.",
                fix=f"Run `expunge targets reindex --embeddings {embedder.name}`, or use {made_with!r}.",
            )
        if rows:
            self.start_over()
        with self._database.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (self._model_key, model))

    def _pending(self) -> list[Pending]:
        rows = self._database.query(
            "SELECT forget, keep, id, version, payload FROM targets"
            " WHERE tenant = ? AND NOT indexed ORDER BY seq LIMIT ?",
            (self._tenant, BATCH),
        )
        now = datetime.now(UTC)
        return [
            Pending(target_from(self._keys, target_id, version, payload, now), {"forget": forget, "keep": keep})
            for forget, keep, target_id, version, payload in rows
        ]

    def _put(self, kind: Kind, batch: Sequence[Pending], embedder: Embedder) -> None:
        texts = {(target.id, place): text for target, _ in batch for place, text in enumerate(_texts(target, kind))}
        if texts:
            self._index.put(kind, list(texts), _embed(embedder, list(texts.values())))
        surplus = [
            (target.id, place) for target, held in batch for place in range(len(_texts(target, kind)), held[kind])
        ]
        self._index.erase(kind, surplus)

    def _settle(self, targets: Sequence[Target]) -> None:
        """Mark targets as indexed; what changed meanwhile stays pending, what was removed is to be erased."""
        with self._database.transaction() as connection:
            for target in targets:
                held = (len(forget_passages(target)), len(keep_passages(target)))
                settled = connection.execute(
                    "UPDATE targets SET indexed = 1, forget = ?, keep = ? WHERE id = ? AND version = ?",
                    (*held, target.id, target.version),
                )
                if not settled.rowcount:
                    self._reopen(connection, target.id, held)

    def _reopen(self, connection: Connection, target_id: str, held: tuple[int, int]) -> None:
        """Note that the index holds vectors of an older version, or of a target that is gone."""
        changed = connection.execute(
            "UPDATE targets SET indexed = 0, forget = max(forget, ?), keep = max(keep, ?) WHERE id = ?",
            (*held, target_id),
        )
        if not changed.rowcount:
            connection.execute("INSERT OR REPLACE INTO erasures VALUES (?, ?, ?, ?)", (target_id, self._tenant, *held))


def _texts(target: Target, kind: Kind) -> list[str]:
    return forget_passages(target) if kind == "forget" else keep_passages(target)


def _embed(embedder: Embedder, texts: list[str]) -> Vectors:
    """Embed texts, each distinct one once."""
    places = {text: place for place, text in enumerate(dict.fromkeys(texts))}
    return embedder.embed(list(places))[[places[text] for text in texts]]
