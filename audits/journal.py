"""The journal of an audit: what is done, and what was found, written down batch by batch.

Whatever moment an audit is killed at, the journal holds whole batches, in the order of the log; all files of the report
are made of it at the end. It holds no text of a target: ids, spans, and what the sanitiser would have shown. Where
names are to be revealed it holds the words that matched, and for a sanitised copy questions with gaps.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from sqlite3 import Connection
from typing import NamedTuple, Self

from ..stores.database import Database, Record
from .batches import Batch, Mark
from .exchanges import Exchange
from .outcomes import Outcome
from .records import Fault, JsonPath, Place
from .sanitising import Gap, Replacement

VERSION = 1
SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE progress (one INTEGER PRIMARY KEY CHECK (one = 1), items INTEGER NOT NULL, begun INTEGER NOT NULL,
    numbered INTEGER NOT NULL, exchanges INTEGER NOT NULL, new INTEGER NOT NULL, unanswered INTEGER NOT NULL,
    elapsed REAL NOT NULL, asked INTEGER NOT NULL, calls INTEGER NOT NULL, tokens INTEGER NOT NULL,
    skipped INTEGER NOT NULL);
CREATE TABLE seen (digest BLOB PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE noted (number INTEGER PRIMARY KEY, exchange TEXT NOT NULL, file TEXT NOT NULL, line INTEGER NOT NULL,
    turn INTEGER NOT NULL, at REAL, outcome TEXT NOT NULL);
CREATE TABLE faults (number INTEGER PRIMARY KEY, fault TEXT NOT NULL);
CREATE TABLE hours (hour INTEGER PRIMARY KEY, exchanges INTEGER NOT NULL);
CREATE TABLE stretches (stretch INTEGER PRIMARY KEY, exchanges INTEGER NOT NULL);
CREATE TABLE files (file TEXT PRIMARY KEY, exchanges INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE replaced (file TEXT, line INTEGER, path TEXT, text TEXT NOT NULL, gaps TEXT NOT NULL,
    PRIMARY KEY (file, line, path)) WITHOUT ROWID;
INSERT INTO progress VALUES (1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
"""

HOUR = 3_600
"""Seconds."""

STRETCH = 100
"""Exchanges of the log that are counted together, for logs without times."""

_PAGE = 1_000


class Spent(NamedTuple):
    """What agents' models were asked for."""

    asked: int = 0
    """Exchanges of which an agent's model was asked."""

    calls: int = 0
    """Requests to agents' models."""

    tokens: int = 0
    """Tokens that they read and wrote."""

    skipped: int = 0
    """Uncertain exchanges of which none was asked, because the budget was spent."""


class Progress(NamedTuple):
    """How far an audit has come."""

    mark: Mark
    """How far the log is gone through."""

    exchanges: int
    """Exchanges that were looked at."""

    new: int
    """How many of them were different from all before."""

    unanswered: int
    """How many of them had no answer."""

    elapsed_s: float
    """Seconds at work so far."""

    spent: Spent
    """What agents' models were asked for."""


class Noted(NamedTuple):
    """An exchange of which there is something to be told."""

    number: int
    """Its number in the log, from 0."""

    exchange: str
    """What it is called."""

    place: Place
    """Where it stands."""

    turn: int
    """The index of the answer in its dialogue."""

    at: float | None
    """When, in seconds since 1970 (UTC)."""

    outcome: Outcome
    """What was made of it."""


class Done(NamedTuple):
    """A batch that was judged."""

    batch: Batch
    """The batch."""

    outcomes: Mapping[int, Outcome]
    """What is to be told, by the place of an exchange in the batch."""

    replacements: Sequence[Replacement]
    """What stands in the sanitised copy."""

    elapsed_s: float
    """Seconds that it took."""

    spent: Spent
    """What agents' models were asked for."""


class Count(NamedTuple):
    """How many exchanges a stretch holds."""

    start: int
    """Its number."""

    exchanges: int
    """How many."""


class Journal:
    """What an audit has done so far.

    Args:
        path: The file; created when missing.

    Raises:
        UnreadableStore: It is damaged, or something else.
        NewerStore: A newer version of expunge wrote it.
        StoreBusy: Another process keeps it locked.
    """

    def __init__(self, path: Path) -> None:
        self._database = Database(path, SCHEMA, VERSION, synchronous="NORMAL")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    @property
    def progress(self) -> Progress:
        """How far it has come."""
        columns = "items, begun, numbered, exchanges, new, unanswered, elapsed, asked, calls, tokens, skipped"
        [row] = self._database.query(f"SELECT {columns} FROM progress")  # noqa: S608
        exchanges, new, unanswered, elapsed_s = row[3:7]
        return Progress(Mark(*row[:3]), exchanges, new, unanswered, elapsed_s, Spent(*row[7:]))

    def read(self, name: str) -> str | None:
        """Return what was set under a name."""
        rows = self._database.query("SELECT value FROM meta WHERE name = ?", (name,))
        return rows[0][0] if rows else None

    def set(self, values: Mapping[str, str]) -> None:
        """Set values under their names, all or none."""
        with self._database.transaction() as connection:
            connection.executemany("REPLACE INTO meta VALUES (?, ?)", list(values.items()))

    def seen(self, digest: bytes) -> int | None:
        """Return the number of the first exchange with a digest."""
        rows = self._database.query("SELECT number FROM seen WHERE digest = ?", (digest,))
        return rows[0][0] if rows else None

    def outcome(self, number: int) -> Outcome | None:
        """Return what was made of an exchange; `None` where there was nothing to tell."""
        rows = self._database.query("SELECT outcome FROM noted WHERE number = ?", (number,))
        return Outcome.model_validate_json(rows[0][0]) if rows else None

    def write(self, done: Done) -> None:
        """Write a batch down, whole or not at all."""
        batch = done.batch
        new = [(batch.digests[place], e.number) for place, e in enumerate(batch.exchanges) if place not in batch.known]
        noted = [_row(batch.exchanges[place], outcome) for place, outcome in done.outcomes.items()]
        unanswered = sum(exchange.answer is None for exchange in batch.exchanges)
        with self._database.transaction() as connection:
            connection.executemany("INSERT INTO seen VALUES (?, ?)", new)
            connection.executemany("INSERT INTO noted VALUES (?, ?, ?, ?, ?, ?, ?)", noted)
            connection.executemany(
                "INSERT INTO faults (fault) VALUES (?)", [(f.model_dump_json(),) for f in batch.faults]
            )
            for table, counts in _counts(batch.exchanges).items():
                connection.executemany(
                    f"INSERT INTO {table} VALUES (?, ?) ON CONFLICT DO UPDATE"  # noqa: S608
                    " SET exchanges = exchanges + excluded.exchanges",
                    list(counts.items()),
                )
            for replacement in done.replacements:
                _replace(connection, replacement)
            connection.execute(
                "UPDATE progress SET items = ?, begun = ?, numbered = ?, exchanges = exchanges + ?, new = new + ?,"
                " unanswered = unanswered + ?, elapsed = elapsed + ?, asked = asked + ?, calls = calls + ?,"
                " tokens = tokens + ?, skipped = skipped + ?",
                (*batch.mark, len(batch.exchanges), len(new), unanswered, done.elapsed_s, *done.spent),
            )

    def noted(self) -> Iterator[Noted]:
        """Yield the exchanges of which there is something to be told, in the order of the log."""
        columns = "number, exchange, file, line, turn, at, outcome"
        for number, exchange, file, line, turn, at, outcome in self._pages("noted", columns):
            place = Place(file, line)
            yield Noted(number, exchange, place, turn, at, Outcome.model_validate_json(outcome))

    def faults(self) -> Iterator[Fault]:
        """Yield what could not be used, in the order of the log."""
        for _, fault in self._pages("faults", "number, fault"):
            yield Fault.model_validate_json(fault)

    def fault_counts(self) -> dict[str, int]:
        """Return how much could not be used, by code."""
        rows = self._database.query("SELECT json_extract(fault, '$.code') AS code, count(*) FROM faults GROUP BY code")
        return dict(sorted(rows))

    def hours(self) -> list[Count]:
        """Return the exchanges of each hour since 1970 that has any."""
        return [Count(*row) for row in self._database.query("SELECT hour, exchanges FROM hours ORDER BY hour")]

    def stretches(self) -> list[Count]:
        """Return the exchanges of each stretch of the log that has any."""
        return [
            Count(*row) for row in self._database.query("SELECT stretch, exchanges FROM stretches ORDER BY stretch")
        ]

    def exchanges_of(self, file: str) -> int:
        """Return how many exchanges of a file were looked at."""
        rows = self._database.query("SELECT exchanges FROM files WHERE file = ?", (file,))
        return rows[0][0] if rows else 0

    def replaced(self, place: Place) -> dict[JsonPath, str]:
        """Return what stands in the sanitised copy of a record, by where it stands."""
        rows = self._database.query("SELECT path, text FROM replaced WHERE file = ? AND line = ?", place)
        return {tuple(json.loads(path)): text for path, text in rows}

    def _pages(self, table: str, columns: str) -> Iterator[Record]:
        last = -1
        query = f"SELECT {columns} FROM {table} WHERE number > ? ORDER BY number LIMIT ?"  # noqa: S608
        while rows := self._database.query(query, (last, _PAGE)):
            yield from rows
            last = rows[-1][0]


def _row(exchange: Exchange, outcome: Outcome) -> Record:
    place = exchange.place
    turn = len(exchange.prompt) - (exchange.answer is None)
    return exchange.number, exchange.label, place.file, place.line, turn, exchange.at, outcome.model_dump_json()


def _counts(exchanges: Sequence[Exchange]) -> dict[str, Counter[int | str]]:
    return {
        "hours": Counter(int(exchange.at // HOUR) for exchange in exchanges if exchange.at is not None),
        "stretches": Counter(exchange.number // STRETCH for exchange in exchanges),
        "files": Counter(exchange.place.file for exchange in exchanges),
    }


def _replace(connection: Connection, replacement: Replacement) -> None:
    """Write down what stands in the sanitised copy; what several exchanges found in one text is left out of it."""
    path = json.dumps(replacement.path)
    key = (*replacement.place, path)
    query = "SELECT gaps FROM replaced WHERE file = ? AND line = ? AND path = ?"
    before = [Gap(*gap) for (gaps,) in connection.execute(query, key) for gap in json.loads(gaps)]
    joined = replacement.joined(before)
    connection.execute("REPLACE INTO replaced VALUES (?, ?, ?, ?, ?)", (*key, joined.text, json.dumps(joined.gaps)))
