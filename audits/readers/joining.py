"""Joining requests with their outputs, in whatever order and files they come.

What waits lies in a temporary database, so that the memory does not grow with the log.
"""

import json
import sqlite3
from collections.abc import Iterator

from ..records import Dialogue, Fault, Place
from .batch import failed, is_request, joined
from .faults import fault
from .nodes import Node

_SCHEMA = """
CREATE TABLE requests (id TEXT PRIMARY KEY, record TEXT, answered INTEGER DEFAULT 0);
CREATE TABLE outputs (number INTEGER PRIMARY KEY, id TEXT, record TEXT);
CREATE INDEX waiting ON outputs (id);
"""

Read = Dialogue | Fault


class Joining:
    """The requests and outputs that have been met. A context manager, at whose end they are forgotten."""

    def __init__(self) -> None:
        self._connection: sqlite3.Connection | None = None

    def __enter__(self) -> "Joining":
        return self

    def __exit__(self, *_: object) -> None:
        if self._connection:
            self._connection.close()

    def take(self, node: Node) -> Iterator[Read]:
        """Take a record in, and yield what is complete with it."""
        if is_request(node.value):
            yield from self._take_request(node)
        else:
            yield from self._take_output(node)

    def rest(self) -> Iterator[Read]:
        """Yield what has no counterpart."""
        if self._connection:
            for (row,) in self._connection.execute("SELECT record FROM requests WHERE NOT answered ORDER BY rowid"):
                yield from _alone(_node(row))
            for (row,) in self._connection.execute("SELECT record FROM outputs ORDER BY number"):
                yield from _alone(_node(row))

    def _take_request(self, node: Node) -> Iterator[Read]:
        key = _key(node)
        # Ids are unique within a batch: a request that has its answer makes room for that of the next batch.
        self._database.execute("DELETE FROM requests WHERE id = ? AND answered", (key,))
        insert = "INSERT OR IGNORE INTO requests (id, record) VALUES (?, ?)"
        if not self._database.execute(insert, (key, _row(node))).rowcount:
            yield from _alone(node)
            return
        waiting = self._database.execute("SELECT record FROM outputs WHERE id = ? ORDER BY number", (key,)).fetchall()
        for (row,) in waiting:
            yield from self._joined(key, node, _node(row))
        if waiting:
            self._database.execute("DELETE FROM outputs WHERE id = ?", (key,))

    def _take_output(self, node: Node) -> Iterator[Read]:
        key = _key(node)
        if found := self._database.execute("SELECT record FROM requests WHERE id = ?", (key,)).fetchone():
            yield from self._joined(key, _node(found[0]), node)
        else:
            self._database.execute("INSERT INTO outputs (id, record) VALUES (?, ?)", (key, _row(node)))

    def _joined(self, key: str, request: Node, output: Node) -> Iterator[Read]:
        self._database.execute("UPDATE requests SET answered = 1 WHERE id = ?", (key,))
        for dialogue in joined(request, output):
            yield dialogue
            if not any(turn.place == output.place for turn in dialogue.turns):
                why = "The batch has no answer to this request, but an error." if failed(output.value) else ""
                yield fault(output.place, "no_response", why)

    @property
    def _database(self) -> sqlite3.Connection:
        """The database, created when it is first needed."""
        if not self._connection:
            # SQLite's own temporary file, which is gone with the process, however that ends.
            self._connection = sqlite3.connect("", isolation_level=None, check_same_thread=False)
            self._connection.executescript(f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN; {_SCHEMA}")
        return self._connection


def _alone(node: Node) -> Iterator[Read]:
    found = joined(node, None) if is_request(node.value) else joined(None, node)
    yield from (dialogue for dialogue in found if dialogue.turns)
    yield fault(node.place, "not_joined")


def _key(node: Node) -> str:
    """Return the custom_id as JSON: SQLite takes no halves of surrogate pairs."""
    return json.dumps(node.value["custom_id"])


def _row(node: Node) -> str:
    return json.dumps([*node.place, node.value], default=str)


def _node(row: str) -> Node:
    file, line, record = json.loads(row)
    return Node(record, (), Place(file, line))
