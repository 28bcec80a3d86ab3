"""The ledger: what was decided, in a chain that shows every later change. It holds no text."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, NamedTuple, Protocol

from pydantic import BaseModel, ConfigDict, Field

from ..errors import LedgerError
from ..schema import Action, Source
from .database import Database, Record
from .keys import Keys, to_bytes

VERSION = 1
SCHEMA = """
CREATE TABLE entries (seq INTEGER PRIMARY KEY, body TEXT NOT NULL, mac BLOB NOT NULL);
CREATE TABLE head (one INTEGER PRIMARY KEY CHECK (one = 1), entries INTEGER NOT NULL, mac BLOB NOT NULL,
    seal BLOB NOT NULL) WITHOUT ROWID
"""
START = bytes(32)
PAGE = 10_000
RESTORE = "Restore the ledger from a backup, and find out who could write to it."


class LedgerEntry(BaseModel):
    """One decision: ids, counts and keyed digests, and no text of a prompt, a draft or a target."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: int = 0
    """Its place in the ledger, from 1; given by the ledger."""

    at: datetime = Field(default_factory=lambda: datetime.now(UTC))
    """When, in UTC."""

    kind: Literal["exchange", "error", "register", "stream"] = "exchange"
    """An exchange, one that ended in an error, a change of the register, or the first release of a stream.

    What a stream released in all is in the entry that its exchange has at its end.
    """

    action: Action | None = None
    """What was decided."""

    targets: list[str] = Field(default_factory=list)
    """Ids of the targets concerned."""

    findings: dict[Source, int] = Field(default_factory=dict)
    """The number of findings of each layer."""

    prompt_digest: str = ""
    """Keyed digest of the prompt; empty when there was none."""

    draft_digest: str = ""
    """Keyed digest of the draft; empty when there was none."""

    text_digest: str = ""
    """Keyed digest of what was shown."""

    policy: str = ""
    """The policy's name."""

    versions: dict[str, str] = Field(default_factory=dict)
    """What decided: the version of expunge and the revision of the register."""

    error: str = ""
    """The type of the error; empty when there was none."""

    elapsed_ms: float = 0.0
    """Time that the sanitiser added, in milliseconds."""


class Verification(NamedTuple):
    """A ledger that was found whole."""

    entries: int
    """How many entries it has."""

    head: str
    """The MAC of the last entry, 64 hexadecimal digits: kept elsewhere, it shows a later rollback."""


class Recorder(Protocol):
    """Where decisions are recorded."""

    def append(self, entry: LedgerEntry) -> int:
        """Add an entry, and return its number."""

    def digest(self, text: str) -> str:
        """Return the keyed digest under which a text is known."""


class Unrecorded:
    """Records nothing: for what is tried, or judged afterwards, and decides on no answer that anybody waits for."""

    def append(self, entry: LedgerEntry) -> int:
        """Add nothing."""
        return 0

    def digest(self, text: str) -> str:
        """Return nothing: there is no entry to be found by it."""
        return ""


class Ledger:
    """An append-only list of decisions, chained by keyed MACs.

    Every entry's MAC covers its own content, its number and the MAC before it, and a sealed head counts the entries:
    an entry that was changed, dropped (the last ones too) or reordered is found. What the file alone cannot show is
    that all of it was rolled back to an older copy, or taken away; for that, keep the head that `verify` returns in
    another place, and give it to a later `verify`.

    Threads may share one ledger, and several processes may append to it.

    Args:
        path: The file; created when missing.
        keys: The register's keys.

    Raises:
        UnreadableStore: When the file is damaged or no ledger.
        NewerStore: When a newer version of expunge wrote it.
    """

    def __init__(self, path: Path, keys: Keys) -> None:
        self._keys = keys
        self._database = Database(path, SCHEMA, VERSION, synchronous="NORMAL")

    def append(self, entry: LedgerEntry) -> int:
        """Add an entry, and return its number, from 1.

        Raises:
            LedgerError: When the end of the ledger was tampered with: to append would make it look whole again.
        """
        body = json.dumps(entry.model_dump(mode="json", exclude={"number"}), sort_keys=True, separators=(",", ":"))
        with self._database.transaction() as connection:
            head = self._head()
            if not head.intact:
                raise _broken(head.last + 1, "is missing, or the head was changed")
            number = head.entries + 1
            mac = self._mac(head.mac, number, body)
            connection.execute("INSERT INTO entries VALUES (?, ?, ?)", (number, body, mac))
            connection.execute("REPLACE INTO head VALUES (1, ?, ?, ?)", (number, mac, self._seal(number, mac)))
        return number

    def entries(self, limit: int | None = None, *, newest_first: bool = False) -> list[LedgerEntry]:
        """Return entries, as they stand and unverified.

        Args:
            limit: How many at most; `None`: all.
            newest_first: Start at the end.
        """
        order = "DESC" if newest_first else "ASC"
        rows = self._database.query(
            f"SELECT seq, body FROM entries ORDER BY seq {order} LIMIT ?",  # noqa: S608
            (-1 if limit is None else limit,),
        )
        return [LedgerEntry(number=number, **json.loads(body)) for number, body in rows]

    def verify(self, expected_head: str | None = None) -> Verification:
        """Go through the whole chain.

        Args:
            expected_head: A head that an earlier `verify` returned; it must still be in the chain.

        Raises:
            LedgerError: With the number of the first entry that was changed, dropped or reordered.
        """
        head = self._head()
        mac, found = START, expected_head in (None, START.hex())
        for expected, (number, body, claimed) in enumerate(self._links(head.last), 1):
            if number != expected:
                raise _broken(expected, "is missing")
            mac = self._mac(mac, number, body)
            if claimed != mac:
                raise _broken(number, "was changed")
            found = found or mac.hex() == expected_head
        if not head.intact or mac != head.mac:
            raise _broken(head.last + 1, "is missing, or the head was changed")
        if not found:
            raise LedgerError("The expected head is not in the ledger: it is an older or another one.", fix=RESTORE)
        return Verification(head.entries, mac.hex())

    def digest(self, text: str) -> str:
        """Return the keyed digest under which the ledger knows a text, 64 hexadecimal digits."""
        return self._keys.digest("ledger text", to_bytes(text)).hex()

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def _head(self) -> "_Head":
        """Read the head and the number of the last entry, at one moment."""
        [(last, entries, mac, seal)] = self._database.query(
            "SELECT coalesce((SELECT max(seq) FROM entries), 0), entries, mac, seal FROM (SELECT 1) LEFT JOIN head"
        )
        if entries is None:
            return _Head(last, 0, START, intact=last == 0)
        sound = isinstance(entries, int) and isinstance(mac, bytes) and seal == self._seal(entries, mac)
        return _Head(last, entries, mac, intact=sound and entries == last)

    def _links(self, last: int) -> Iterator[Record]:
        start = 0
        while rows := self._database.query(
            "SELECT seq, body, mac FROM entries WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?", (start, last, PAGE)
        ):
            yield from rows
            start = rows[-1][0]

    def _mac(self, before: bytes, number: int, body: str) -> bytes:
        return self._keys.digest("ledger", before + number.to_bytes(8) + to_bytes(str(body)))

    def _seal(self, entries: int, mac: bytes) -> bytes:
        return self._keys.digest("ledger head", entries.to_bytes(8) + mac)


class _Head(NamedTuple):
    last: int
    """The highest number of an entry."""

    entries: int
    """How many entries there should be."""

    mac: bytes
    """The last entry's."""

    intact: bool
    """Whether the head is as it was written, and the last entry is there."""


def _broken(number: int, what: str) -> LedgerError:
    return LedgerError(f"Entry {number} of the ledger {what}.", fix=RESTORE)
