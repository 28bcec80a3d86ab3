"""What every way to store records has in common."""

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from io import BufferedReader
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, Protocol

from ..records import FaultCode, Format, JsonPath
from .coding import DAMAGE, Coding, open_text, writing
from .nodes import MAX_DEPTH, is_deep
from .replacing import Unreplaceable

MAX_LINE = 16 * 1024 * 1024
"""The longest line or record that is read, in bytes: what is longer is no exchange, and would fill the memory."""


class Entry(NamedTuple):
    """A record as it is stored."""

    line: int
    """Its line, or its number, from 1; 0: the file as a whole."""

    record: dict[str, Any]
    """What it holds; nothing when it cannot be read."""

    raw: Any = None
    """What a copy of it is made from; each storage has its own."""

    code: FaultCode | None = None
    """Why it cannot be read."""

    message: str = ""
    """The same in words, where there is more to say than what is said of the code."""


Choose = Callable[[Entry], Mapping[JsonPath, str] | None]
"""Decides what a copy holds of a record: texts in place of those at some paths; `None`: nothing of it."""


class Storage(Protocol):
    """A file of records, which is read from the start each time."""

    format: Format | None
    """The format that says how it is stored; `None`: each record has its own."""

    def entries(self) -> Iterator[Entry]:
        """Yield the records; where the file is damaged, the last entry says so."""

    def copy(self, out: Path, choose: Choose) -> None:
        """Write a copy."""

    def consumed(self) -> int:
        """Return how many bytes of the file have been read."""


class TextFile(ABC):
    """A file of text with records in it.

    Args:
        path: The file.
        coding: How it is stored.
    """

    format: Format | None = None

    def __init__(self, path: Path, coding: Coding) -> None:
        self._path = path
        self._coding = coding
        self._file: BinaryIO | None = None

    def consumed(self) -> int:
        """Return how many bytes of the file have been read."""
        return self._file.tell() if self._file and not self._file.closed else 0

    def entries(self) -> Iterator[Entry]:
        """Yield the records; where the file is damaged, the last entry says so."""
        line = 0
        try:
            with self._path.open("rb") as self._file:
                for entry in self._entries(open_text(self._file, self._coding)):
                    line = entry.line
                    yield entry
        except DAMAGE:
            yield unread(line, "unreadable")

    def copy(self, out: Path, choose: Choose) -> None:
        """Write a copy; what is not replaced stays as it is, byte for byte."""
        with writing(out, self._coding) as sink:
            for piece in self._pieces(choose):
                sink.write(piece)

    def _pieces(self, choose: Choose) -> Iterator[bytes]:
        """Yield what a copy holds."""
        for entry in self.entries():
            texts = choose(entry)
            if texts is not None:
                yield self._piece(entry, texts)

    def _piece(self, entry: Entry, texts: Mapping[JsonPath, str]) -> bytes:
        """Return a record as a copy holds it; nothing where a text cannot be replaced."""
        try:
            return self._rewritten(entry, texts) if texts else self._raw(entry)
        except (Unreplaceable, RecursionError):
            return b""

    def _raw(self, entry: Entry) -> bytes:
        return bytes(entry.raw)

    @abstractmethod
    def _entries(self, text: BufferedReader) -> Iterator[Entry]: ...

    @abstractmethod
    def _rewritten(self, entry: Entry, texts: Mapping[JsonPath, str]) -> bytes: ...


class _Twins(Exception):
    """A key stands twice."""


class Unusable:
    """A file that holds no records.

    Args:
        code: Why.
        message: The same in words, where there is more to say than what is said of the code.
    """

    format: Format | None = None

    def __init__(self, code: FaultCode, message: str = "") -> None:
        self._entry = unread(0, code, message)

    def entries(self) -> Iterator[Entry]:
        """Yield an entry that says why."""
        yield self._entry

    def copy(self, out: Path, choose: Choose) -> None:
        """Write nothing."""

    def consumed(self) -> int:
        """Return that nothing has been read."""
        return 0


def unread(line: int, code: FaultCode, message: str = "") -> Entry:
    """Return an entry for what cannot be read."""
    return Entry(line, {}, None, code, message)


def recorded(line: int, record: object, raw: bytes) -> Entry:
    """Return an entry for what a piece of JSON holds."""
    if not isinstance(record, dict):
        return unread(line, "unknown_format", "No JSON object.")
    # Counting is quick, and mostly enough.
    if raw.count(b"{") + raw.count(b"[") > MAX_DEPTH and is_deep(record):
        return unread(line, "invalid_json", "Nested too deeply.")
    return Entry(line, record, raw)


def has_twins(raw: bytes) -> bool:
    """Whether in some object of a piece of JSON a key stands twice."""

    def look(pairs: list[tuple[str, Any]]) -> None:
        if len(pairs) != len({key for key, _ in pairs}):
            raise _Twins

    try:
        json.loads(raw, object_pairs_hook=look)
    except _Twins:
        return True
    return False


def dumped(value: object) -> bytes:
    """Return a value as JSON in UTF-8, in which a half of a surrogate pair is an escape."""
    try:
        return json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return json.dumps(value).encode()
