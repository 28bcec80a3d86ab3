"""The findings of an audit as rows: JSON Lines and Parquet."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from ..reporting.files import drafted, write_lines
from ..schema import Action
from .journal import Journal, Noted
from .outcomes import Evidence

if TYPE_CHECKING:
    import pyarrow

_ROWS = 10_000


class AuditFinding(Evidence):
    """One finding of an audit, with the exchange that it is of."""

    exchange: str
    """The id of the exchange in the log or, without one, its place."""

    file: str
    """The file of its answer, as it was given."""

    line: int
    """The line of its answer, or the number of the record."""

    at: datetime | None
    """When, if the log says so."""

    action: Action
    """What the sanitiser would have done."""

    released: str
    """What it would have shown in place of the answer."""


_FIRST = ("exchange", "file", "line", "at", "turn", "role", "where", "start", "end")
_COLUMNS = (*_FIRST, *(name for name in AuditFinding.model_fields if name not in _FIRST))


def rows_of(noted: Noted) -> Iterator[AuditFinding]:
    """Yield the findings of one exchange."""
    told = {
        "exchange": noted.exchange,
        "file": noted.place.file,
        "line": noted.place.line,
        "at": time_of(noted.at),
        "action": noted.outcome.action,
        "released": noted.outcome.released,
    }
    for finding in noted.outcome.findings:
        yield AuditFinding.model_validate({**told, **vars(finding)})


def time_of(at: float | None) -> datetime | None:
    """Return a time of a log, in UTC; `None` when there is none, or none that a calendar has."""
    try:
        return None if at is None else datetime.fromtimestamp(at, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def findings_in(journal: Journal) -> Iterator[AuditFinding]:
    """Yield all findings, in the order of the log."""
    for noted in journal.noted():
        yield from rows_of(noted)


def write_jsonl(journal: Journal, path: Path) -> None:
    """Write the findings as JSON Lines, in ASCII."""
    write_lines(path, (json.dumps(_ordered(finding.model_dump(mode="json"))) for finding in findings_in(journal)))


def write_parquet(journal: Journal, path: Path) -> None:
    """Write the findings as Parquet."""
    import pyarrow
    from pyarrow.parquet import ParquetWriter

    schema = pyarrow.schema([(name, _kind(name)) for name in _COLUMNS])
    rows = (finding.model_dump() for finding in findings_in(journal))
    with drafted(path) as draft, ParquetWriter(draft, schema) as writer:
        while page := list(islice(rows, _ROWS)):
            writer.write_table(pyarrow.Table.from_pylist(page, schema))


def _ordered(row: Mapping[str, object]) -> dict[str, object]:
    return {name: row[name] for name in _COLUMNS}


def _kind(name: str) -> "pyarrow.DataType":
    """Return the type of a column; what is no number, time or truth is text."""
    import pyarrow

    kinds = {
        int: pyarrow.int64(),
        float: pyarrow.float64(),
        bool: pyarrow.bool_(),
        datetime: pyarrow.timestamp("us", "UTC"),
    }
    annotation = AuditFinding.model_fields[name].annotation
    return next((kinds[each] for each in (annotation, *get_args(annotation)) if each in kinds), pyarrow.string())
