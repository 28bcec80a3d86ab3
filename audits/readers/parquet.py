"""Parquet: a record for each row."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from ..records import Format, JsonPath
from .coding import load_pyarrow
from .replacing import Unreplaceable, replaced
from .storage import Choose, Entry, unread

_ROWS = 1024
_BYTES = 1 << 24
_BUFFER = 1 << 20


class _Batch(NamedTuple):
    """Some rows as they are stored."""

    columns: Any
    """A record batch of pyarrow."""

    entries: list[Entry]
    """The rows as records."""


class Parquet:
    """A file of rows with a schema.

    Args:
        path: The file.
    """

    format: Format | None = "parquet"

    def __init__(self, path: Path) -> None:
        self._path = path
        self._share = 0.0

    def consumed(self) -> int:
        """Return how many bytes of the file have been read, by the share of its rows."""
        return int(self._share * self._path.stat().st_size)

    def is_readable(self) -> bool:
        """Whether the end of the file, where the schema stands, is not damaged."""
        try:
            with self._path.open("rb") as raw:
                _opened(raw)
        except OSError:
            return False
        return True

    def entries(self) -> Iterator[Entry]:
        """Yield the records; where the file is damaged, the last entry says so."""
        line = 0
        try:
            with self._path.open("rb") as raw:
                for batch in self._batches(_opened(raw)):
                    for entry in batch.entries:
                        line = entry.line
                        yield entry
        except OSError:
            yield unread(line, "unreadable")

    def copy(self, out: Path, choose: Choose) -> None:
        """Write a copy with the same schema."""
        pa = load_pyarrow()
        with self._path.open("rb") as raw, os.fdopen(os.open(out, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as sink:
            file = _opened(raw)
            with pa.parquet.ParquetWriter(sink, file.schema_arrow) as writer:
                for batch in _undamaged(self._batches(file)):
                    kept = list(_kept(batch, choose))
                    if kept:
                        writer.write_table(pa.Table.from_batches(kept, file.schema_arrow).combine_chunks())

    def _batches(self, file: Any) -> Iterator[_Batch]:
        read, rows = 0, file.metadata.num_rows
        batches = file.iter_batches(batch_size=_rows_at_once(file.metadata), use_threads=False)
        while True:
            with _damage():
                columns = next(batches, None)
            if columns is None:
                return
            yield _Batch(columns, [*_entries(read + 1, columns)])
            read += columns.num_rows
            self._share = read / max(1, rows)


@contextmanager
def _damage() -> Iterator[None]:
    """Raise what pyarrow raises of a damaged file as OSError."""
    try:
        yield
    except load_pyarrow().ArrowException as error:
        raise OSError(type(error).__name__) from None


def _opened(raw: Any) -> Any:
    with _damage():
        return load_pyarrow().parquet.ParquetFile(raw, buffer_size=_BUFFER, pre_buffer=False)


def _rows_at_once(metadata: Any) -> int:
    """Return how many rows are held at once, by what one takes on average."""
    stored: int = sum(metadata.row_group(group).total_byte_size for group in range(metadata.num_row_groups))
    return max(1, min(_ROWS, _BYTES * int(metadata.num_rows) // max(1, stored)))


def _undamaged(batches: Iterator[_Batch]) -> Iterator[_Batch]:
    try:
        yield from batches
    except OSError:
        return


def _entries(first: int, columns: Any) -> Iterator[Entry]:
    try:
        for number, record in enumerate(_records(columns), first):
            yield Entry(number, record)
    except ValueError:
        for index in range(columns.num_rows):
            yield _entry(first + index, columns.slice(index, 1))


def _entry(number: int, row: Any) -> Entry:
    try:
        return Entry(number, _records(row)[0])
    except UnicodeDecodeError:
        return unread(number, "encoding")
    except ValueError:
        return unread(number, "unknown_format", "The row holds a value that cannot be read.")


def _records(columns: Any) -> list[dict[str, Any]]:
    """Return the rows as records. Nanoseconds, which Python's times do not have, are cut off."""
    pa = load_pyarrow()
    for index, field in enumerate(columns.schema):
        if pa.types.is_timestamp(field.type) and field.type.unit == "ns":
            coarse = columns.column(index).cast(pa.timestamp("us", field.type.tz), safe=False)
            columns = columns.set_column(index, field.name, coarse)
    records: list[dict[str, Any]] = columns.to_pylist()
    return records


def _kept(batch: _Batch, choose: Choose) -> Iterator[Any]:
    """Yield what a copy holds of some rows."""
    for index, entry in enumerate(batch.entries):
        texts = choose(entry)
        row = batch.columns.slice(index, 1)
        if texts is not None:
            yield from _rewritten(row, entry, texts) if texts else [row]


def _rewritten(row: Any, entry: Entry, texts: Mapping[JsonPath, str]) -> Iterator[Any]:
    """Yield a row with other texts in it; nothing where one cannot be replaced, or is none in the schema."""
    pa = load_pyarrow()
    before = _records(row)[0]
    try:
        after = replaced(entry.record, texts)
        for index, field in enumerate(row.schema):
            if after[field.name] != before[field.name]:
                row = row.set_column(index, field, pa.array([after[field.name]], type=field.type))
    except (Unreplaceable, ValueError, TypeError, pa.ArrowException):
        return
    yield row
