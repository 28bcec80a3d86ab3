"""JSON Lines: one record a line."""

import json
from collections.abc import Iterator, Mapping
from io import BufferedReader

from ..records import JsonPath
from .replacing import replaced
from .storage import MAX_LINE, Entry, TextFile, dumped, has_twins, recorded, unread

_BLANK = b" \t\r\n\0"


class JsonLines(TextFile):
    """A file of JSON Lines."""

    def _entries(self, text: BufferedReader) -> Iterator[Entry]:
        number = 0
        while line := text.readline(MAX_LINE + 1):
            number += 1
            if len(line) > MAX_LINE:
                _pass(text, line)
                yield unread(number, "too_long")
            elif line.strip(_BLANK):
                yield _entry(number, line)

    def _raw(self, entry: Entry) -> bytes:
        """Return a line as it stands; nothing where a key stands twice, of which only the last was looked at."""
        return b"" if has_twins(entry.raw) else super()._raw(entry)

    def _rewritten(self, entry: Entry, texts: Mapping[JsonPath, str]) -> bytes:
        end = entry.raw[len(entry.raw.rstrip(b"\r\n")) :]
        return dumped(replaced(entry.record, texts)) + bytes(end)


def _pass(text: BufferedReader, line: bytes) -> None:
    """Read up to the end of a line, of which a part is read already, and keep nothing of it."""
    while line and not line.endswith(b"\n"):
        line = text.readline(1 << 20)


def _entry(number: int, line: bytes) -> Entry:
    try:
        record = json.loads(line.decode())
    except UnicodeDecodeError:
        return unread(number, "encoding")
    except (ValueError, RecursionError):
        # Zeros are those of UTF-16 without its mark.
        return unread(number, "encoding" if b"\0" in line else "invalid_json")
    return recorded(number, record, line)
