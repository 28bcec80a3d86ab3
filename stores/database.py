"""Opening SQLite well: write-ahead log, one writer at a time, deleted content overwritten, clear errors."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock, RLock
from typing import Any, Literal

from filelock import FileLock, Timeout

from ..errors import NewerStore, StoreBusy, UnreadableStore

APPLICATION_ID = 0x45585047  # "EXPG": tells our databases from others
BUSY_TIMEOUT_S = 30.0

Value = str | int | float | bytes | None
Record = tuple[Any, ...]  # what SQLite returns depends on the statement


class Database:
    """One SQLite file, shared by the threads of this process and by other processes.

    Args:
        path: The file; created with owner-only rights when missing.
        schema: The statements that create its tables.
        version: The schema's version; a file with a higher one is not touched.
        synchronous: `FULL` survives a power cut with every commit, `NORMAL` with a consistent prefix of them.

    Raises:
        UnreadableStore: When the file is damaged, is no database of expunge, or may not be read.
        NewerStore: When a newer version of expunge wrote it.
        StoreBusy: When another process keeps it locked.
    """

    def __init__(self, path: Path, schema: str, version: int, *, synchronous: Literal["FULL", "NORMAL"]) -> None:
        self.path = path
        self._lock = RLock()
        self._watching = Lock()
        # Processes open in turn: SQLite fails at once, and does not wait, where a new file put into WAL mode is read.
        with self._errors(), FileLock(path.with_name("opening.lock"), BUSY_TIMEOUT_S, mode=0o600):
            path.touch(mode=0o600)
            self._connection = self._connect(synchronous)
            # `data_version` tells a connection about the commits of all others, so it needs one that never writes.
            self._watcher = self._connect(synchronous)
            try:
                self._prepare(schema, version)
            except BaseException:
                self.close()
                raise

    def _connect(self, synchronous: str) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute(f"PRAGMA synchronous = {synchronous}")
        return connection

    def _prepare(self, schema: str, version: int) -> None:
        if self._is_ready(version):
            return
        self._connection.execute("PRAGMA journal_mode = WAL")
        with self.transaction():
            for statement in schema.split(";"):
                self._connection.execute(statement)
            self._connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            self._connection.execute(f"PRAGMA user_version = {version}")

    def _is_ready(self, version: int) -> bool:
        """Whether the file holds our tables; `False` for an empty one."""
        found = self._pragma("user_version")
        if self._pragma("schema_version") == 0:
            return False
        if self._pragma("application_id") != APPLICATION_ID:
            raise UnreadableStore(f"{str(self.path)!r} is a database, but none of expunge.", fix="Give another path.")
        if found > version:
            raise NewerStore(
                f"{str(self.path)!r} has version {found}, and this expunge reads up to {version}.",
                fix="Run `pip install --upgrade expunge`.",
            )
        return True

    def _pragma(self, name: str) -> int:
        [(value,)] = self.query(f"PRAGMA {name}")
        return int(value or 0)

    def query(self, sql: str, parameters: Sequence[Value] = ()) -> list[Record]:
        """Run a statement that reads, and return all its rows."""
        with self._lock, self._errors():
            return self._connection.execute(sql, parameters).fetchall()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Hold the only right to write; commit at the end, roll back on any error."""
        with self._lock, self._errors():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def commits_seen(self) -> int:
        """Return a number that differs after every commit, of this process or another. Takes microseconds."""
        with self._watching, self._errors():
            (value,) = self._watcher.execute("PRAGMA data_version").fetchone()
        return int(value)

    def wipe(self) -> None:
        """Rewrite the file without its deleted content, and empty the write-ahead log.

        Raises:
            StoreBusy: When another process reads it for longer than the timeout.
        """
        with self._lock, self._errors():
            self._connection.execute("VACUUM")
            busy, _, _ = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise StoreBusy(
                f"{str(self.path)!r} is being read by another process: deleted content is still in its log.",
                fix="It is wiped when the register is next opened.",
            )

    def close(self) -> None:
        """Close the file; it cannot be used any more."""
        with self._lock:
            self._watcher.close()
            self._connection.close()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.IntegrityError:
            raise
        except (sqlite3.DatabaseError, OSError) as error:
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            if isinstance(error, Timeout) or code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise StoreBusy(
                    f"{str(self.path)!r} is locked by another process.", fix="Wait for it to end, and try again."
                ) from error
            raise UnreadableStore(
                f"{str(self.path)!r} cannot be used: {error}.", fix="Check its rights, or restore a backup."
            ) from error
