"""JSON documents: one array of records, or records one after another, on any number of lines.

Not ijson: its parser puts question marks where halves of surrogate pairs stand, and gives a file up at NaN and at
integers of more than 64 bits.
"""

import json
import re
from collections.abc import Iterator, Mapping
from io import BufferedReader, TextIOWrapper
from typing import TextIO

from ..records import JsonPath
from .replacing import replaced
from .storage import MAX_LINE, Choose, Entry, TextFile, dumped, recorded, unread

_CHUNK = 1 << 13
_SPACE = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder()
_LONGEST_LITERAL = len("-Infinity")


class Documents(TextFile):
    """A file of JSON documents; where one cannot be read, nothing after it can."""

    _is_array = False
    _closing = b""

    def _entries(self, text: BufferedReader) -> Iterator[Entry]:
        with TextIOWrapper(text, "utf-8", "surrogateescape", newline="") as characters:
            yield from self._records(_Window(characters))

    def _records(self, window: "_Window") -> Iterator[Entry]:
        self._is_array = window.accept("[")
        self._closing = b"]\n" if self._is_array else b""
        window.cut()
        number = 0
        try:
            while window.next() not in ("", "]"):
                number += 1
                yield _entry(number, window)
                window.accept(",")
                window.cut()
            yield from self._closed(number, window)
        except Overlong:
            yield unread(number, "too_long", "Longer than can be read (16 MiB); nothing after it is read.")
        except (ValueError, RecursionError):
            yield unread(number, "invalid_json", "No valid JSON, or cut off; nothing after it is read.")

    def _closed(self, number: int, window: "_Window") -> Iterator[Entry]:
        """Take the end in, or yield what is wrong with it."""
        if self._is_array and not window.accept("]"):
            yield unread(number, "invalid_json", "The array is cut off after this record.")
        elif window.next():
            yield unread(number, "invalid_json", "What follows this record is not read.")
        else:
            self._closing = window.cut().encode()

    def _pieces(self, choose: Choose) -> Iterator[bytes]:
        before = b"["
        for piece in super()._pieces(choose):
            if piece:
                yield before + piece if self._is_array else piece
                before = b","
        yield (b"[" if self._is_array and before == b"[" else b"") + self._closing

    def _rewritten(self, entry: Entry, texts: Mapping[JsonPath, str]) -> bytes:
        raw: bytes = entry.raw
        start, end = len(raw) - len(raw.lstrip()), len(raw.rstrip())
        return raw[:start] + dumped(replaced(entry.record, texts)) + raw[end:]


class Overlong(ValueError):
    """A record is longer than can be read."""


class _Window:
    """The part of a text that is being read."""

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self._held = ""
        self._start = 0
        self._at = 0

    def next(self) -> str:
        """Go on to the next character that is no white space, and return it; empty at the end."""
        while True:
            space = _SPACE.match(self._held, self._at)
            self._at = space.end() if space else self._at
            if self._at < len(self._held) or not self._grow():
                return self._held[self._at : self._at + 1]

    def accept(self, character: str) -> bool:
        """Go past a character, if it is the next."""
        found = self.next() == character
        self._at += found
        return found

    def value(self) -> object:
        """Go past a value, and return it.

        Raises:
            ValueError: It is no JSON, is cut off, or is too long.
            RecursionError: It is nested too deeply.
        """
        while True:
            try:
                value, end = _DECODER.raw_decode(self._held, self._at)
            except ValueError as error:
                if not is_cut_off(error, self._held) or not self._grow():
                    raise
            else:
                if end < len(self._held) or not self._grow():
                    self._at = end
                    return value

    def cut(self) -> str:
        """Return what was gone past since this was last called."""
        piece = self._held[self._start : self._at]
        self._start = self._at
        return piece

    def _grow(self) -> bool:
        """Read on; by as much again as is held, so that reading a long record takes linear time."""
        held = len(self._held) - self._start
        if held > MAX_LINE:
            raise Overlong
        more = self._text.read(max(_CHUNK, held))
        self._held = self._held[self._start :] + more
        self._at -= self._start
        self._start = 0
        return bool(more)


def is_cut_off(error: ValueError, text: str) -> bool:
    """Whether JSON is invalid only because a text ends too early."""
    if not isinstance(error, json.JSONDecodeError):
        return False
    return error.msg.startswith("Unterminated") or error.pos >= len(text.rstrip()) - _LONGEST_LITERAL


def _entry(number: int, window: _Window) -> Entry:
    record = window.value()
    window.next()
    try:
        raw = window.cut().encode()
    except UnicodeEncodeError:
        return unread(number, "encoding")
    return recorded(number, record, raw)
