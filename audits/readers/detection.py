"""Telling by its content how a file stores its records."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path

from ..records import Format
from .coding import DAMAGE, HEAD, Coding, coding_of
from .documents import Documents, is_cut_off
from .json_lines import JsonLines
from .parquet import Parquet
from .storage import Storage, Unusable
from .tables import DELIMITERS, Table, header_of

_PARQUET = b"PAR1"
_PACKED = "Parquet inside another compression. Unpack the file."
_UNKNOWN = "Neither JSON nor Parquet, nor a table with a column that is known. Name its columns."
_DECODER = json.JSONDecoder()

IsTable = Callable[[Iterable[str]], bool]
"""Whether columns are those of a table that can be read."""


def storage_of(path: Path, wanted: Format | None, is_table: IsTable) -> Storage:
    """Return what reads a file.

    Args:
        path: The file.
        wanted: The format that was asked for; `None`: any.
        is_table: Whether columns are those of a table that can be read.

    Raises:
        PrerequisiteError: A package that is needed is missing.
    """
    try:
        coding = coding_of(path)
    except DAMAGE:
        return Unusable("unreadable")
    storage = _storage(path, coding, is_table)
    if wanted in ("csv", "parquet") and storage.format != wanted and not isinstance(storage, Unusable):
        return Unusable("unknown_format", f"The file is stored in another way than {wanted}.")
    return storage


def _storage(path: Path, coding: Coding, is_table: IsTable) -> Storage:
    if coding.head.startswith(_PARQUET):
        return _parquet(path) if coding.compression == "none" else Unusable("unknown_format", _PACKED)
    # Zeros are those of UTF-16 without its mark: such lines are read, and each is reported.
    text = coding.head.decode("utf-8", "replace").replace("\0", "").strip()
    if not text:
        return Unusable("empty") if len(coding.head) < HEAD // 2 else JsonLines(path, coding)
    if text.startswith(("{", "[")):
        return Documents(path, coding) if _is_document(text) else JsonLines(path, coding)
    headers = {delimiter: header_of(text, delimiter) for delimiter in DELIMITERS}
    known = [delimiter for delimiter in DELIMITERS if is_table(headers[delimiter])]
    if known:
        return Table(path, coding, max(known, key=lambda delimiter: len(headers[delimiter])))
    if any(line.lstrip().startswith("{") and _parses(line) for line in text.splitlines()):
        return JsonLines(path, coding)
    return Unusable("unknown_format", _UNKNOWN)


def _parquet(path: Path) -> Storage:
    parquet = Parquet(path)
    return parquet if parquet.is_readable() else Unusable("unreadable")


def _is_document(text: str) -> bool:
    """Whether JSON goes on over line ends; where only the first line is broken, the file has one record a line."""
    first, _, rest = text.partition("\n")
    if text.startswith("["):
        return not (_parses(first) and rest.lstrip().startswith("["))
    return bool(rest) and not _parses(first) and _parses(text, or_is_cut_off=True)


def _parses(text: str, *, or_is_cut_off: bool = False) -> bool:
    """Whether a text starts with JSON."""
    try:
        _DECODER.raw_decode(text.strip())
    except ValueError as error:
        return or_is_cut_off and is_cut_off(error, text)
    except RecursionError:
        return False
    return True
