"""Tables as text: CSV, with commas, semicolons, bars or tabs between the columns."""

import csv
import io
from collections.abc import Iterator, Mapping
from io import BufferedReader, TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import Literal, NamedTuple, TextIO

from ..records import Format, JsonPath
from .coding import Coding
from .replacing import replaced
from .storage import MAX_LINE, Choose, Entry, TextFile, unread

DELIMITERS = ",\t;|"


class _Row(NamedTuple):
    """A row as it is stored."""

    line: int
    """The line where it starts."""

    raw: str
    """Its text, line end and all."""

    fields: list[str]
    """Its fields; none when it cannot be read."""

    is_overlong: bool
    """Whether it is longer than can be read."""


class Table(TextFile):
    """A file of rows under a header.

    Args:
        path: The file.
        coding: How it is stored.
        delimiter: What stands between its columns.
    """

    format: Format | None = "csv"

    def __init__(self, path: Path, coding: Coding, delimiter: str) -> None:
        super().__init__(path, coding)
        self._delimiter = delimiter
        self._header: list[str] = []
        self._opening = ""

    def _entries(self, text: BufferedReader) -> Iterator[Entry]:
        with TextIOWrapper(text, "utf-8", "surrogateescape", newline="\n") as lines:
            rows = _rows(lines, self._delimiter)
            for header in islice(rows, 1):
                self._header, self._opening = header.fields, header.raw
            yield from map(self._entry, rows)

    def _entry(self, row: _Row) -> Entry:
        if row.is_overlong:
            return unread(row.line, "too_long")
        if not row.fields:
            return unread(row.line, "unknown_format", "The row cannot be read: a quote or a line end is out of place.")
        if len(set(self._header)) < len(self._header):
            return unread(row.line, "unknown_format", "Two columns have the same name: only one of them would be read.")
        if len(row.fields) > len(self._header):
            why = f"The row has {len(row.fields)} fields, and the header {len(self._header)}; is a text not quoted?"
            return unread(row.line, "unknown_format", why)
        try:
            raw = row.raw.encode()
        except UnicodeEncodeError:
            return unread(row.line, "encoding")
        if b"\0" in raw:  # UTF-16 without its mark
            return unread(row.line, "encoding")
        return Entry(row.line, dict(zip(self._header, row.fields, strict=False)), raw)

    def _pieces(self, choose: Choose) -> Iterator[bytes]:
        # The header is known once the first row has been read.
        pieces = super()._pieces(choose)
        first = next(pieces, b"")
        yield self._opening.encode("utf-8", "surrogateescape")
        yield first
        yield from pieces

    def _rewritten(self, entry: Entry, texts: Mapping[JsonPath, str]) -> bytes:
        raw = entry.raw.decode()
        fields = next(csv.reader(io.StringIO(raw, newline="\n"), delimiter=self._delimiter))
        record = replaced(entry.record, texts)
        places = {name: index for index, name in enumerate(self._header)}
        for name, text in record.items():
            fields[places[name]] = text
        return self._row(fields, raw).encode("utf-8", "replace")

    def _row(self, fields: list[str], raw: str) -> str:
        """Return a row as the others are written: with its line end, and quoted throughout if it was."""
        out = io.StringIO(newline="")
        end = raw[len(raw.rstrip("\r\n")) :]
        is_quoted = raw.startswith('"') and raw.removesuffix(end).endswith('"')
        quoting: Literal[0, 1] = csv.QUOTE_ALL if is_quoted else csv.QUOTE_MINIMAL
        csv.writer(out, delimiter=self._delimiter, quoting=quoting, lineterminator=end).writerow(fields)
        return out.getvalue()


class _Lines:
    """Lines of a text for a reader of CSV, which takes as many as belong to a row.

    Attributes:
        first: The number of the first line of the row.
        raw: The lines of the row.
        is_overlong: Whether one was left out because it is too long, or they are too long together.
    """

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self._number = 0
        self.begin()

    def begin(self) -> None:
        """Begin a row."""
        self.first = self._number + 1
        self.raw: list[str] = []
        self._length = 0

    @property
    def is_overlong(self) -> bool:
        return self._length > MAX_LINE

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._text.readline(MAX_LINE + 1)
        if not line:
            raise StopIteration
        self._number += 1
        self._length += len(line)
        if len(line) > MAX_LINE:
            while line and not line.endswith("\n"):
                line = self._text.readline(1 << 20)
            line = ""
        self.raw.append(line)
        return line


def header_of(head: str, delimiter: str) -> list[str]:
    """Return the columns of a table, by the text at its start; none when it has no header."""
    return next((row.fields for row in _rows(io.StringIO(head, newline="\n"), delimiter)), [])


def _rows(text: TextIO, delimiter: str) -> Iterator[_Row]:
    """Yield the rows that are not blank."""
    lines = _Lines(text)
    # The limit is the whole process's, so it is only ever raised; a row of more is told by its length.
    csv.field_size_limit(max(csv.field_size_limit(), MAX_LINE))
    reader = csv.reader(lines, delimiter=delimiter)
    while True:
        lines.begin()
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error:
            fields = []
        raw = "".join(lines.raw)
        if lines.is_overlong or not raw.isspace():
            yield _Row(lines.first, raw, fields, lines.is_overlong)
