"""How the text of a file is stored: its compression, its character set, its byte-order mark."""

import gzip
import io
import os
import zlib
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, getincrementaldecoder
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Literal, NamedTuple, Protocol, cast

from ...errors import PrerequisiteError

HEAD = 1 << 16
"""Bytes at the start of a file from which it is told how it is stored."""

INSTALL = "Run: pip install 'expunge[audit]'"

DAMAGE = (OSError, EOFError, zlib.error)
"""What reading a damaged file raises."""

_PIECE = 1 << 13
Compression = Literal["none", "gzip", "zstd"]
_MAGIC: tuple[tuple[bytes, Compression], ...] = ((b"\x1f\x8b", "gzip"), (b"\x28\xb5\x2f\xfd", "zstd"))
_MARKS = ((BOM_UTF8, "utf-8"), (BOM_UTF16_LE, "utf-16-le"), (BOM_UTF16_BE, "utf-16-be"))


class Coding(NamedTuple):
    """How a file is stored. Inside, a text is always UTF-8 without a mark."""

    compression: Compression
    """What packs it."""

    charset: str
    """In which character set it is: `utf-8`, `utf-16-le` or `utf-16-be`."""

    mark: bytes
    """The byte-order mark at its start, which is no part of the text."""

    head: bytes
    """The first bytes of the text, at most 64 KiB."""


class Sink(Protocol):
    """What a copy is written to."""

    def write(self, data: bytes, /) -> object:
        """Take more bytes."""


def coding_of(path: Path) -> Coding:
    """Tell how a file is stored by its first bytes.

    Raises:
        OSError: It cannot be read, or is damaged within them.
        PrerequisiteError: A package for its compression is missing.
    """
    with path.open("rb") as file:
        magic = file.read(4)
    compression: Compression = next((name for start, name in _MAGIC if magic.startswith(start)), "none")
    with path.open("rb") as file:
        head = _head(_unpacked(file, compression))
    mark, charset = next(((mark, name) for mark, name in _MARKS if head.startswith(mark)), (b"", "utf-8"))
    text = head[len(mark) :]
    if charset != "utf-8":
        text = text.decode(charset, "ignore").encode("utf-8", "ignore")
    return Coding(compression, charset, mark, text)


def open_text(file: BinaryIO, coding: Coding) -> io.BufferedReader:
    """Return a reader of the text inside an open file, in UTF-8."""
    packed = _unpacked(file, coding.compression)
    packed.read(len(coding.mark))
    return packed if coding.charset == "utf-8" else io.BufferedReader(_Recoded(packed, coding.charset))


@contextmanager
def writing(path: Path, coding: Coding) -> Iterator[Sink]:
    """Create a file that only its owner may read, and write a text to it as another one is stored."""
    with ExitStack() as stack:
        file = stack.enter_context(os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb"))
        sink: Any = file
        if coding.compression == "gzip":
            sink = stack.enter_context(gzip.GzipFile("", "wb", fileobj=file, mtime=0))
        elif coding.compression == "zstd":
            sink = stack.enter_context(load_pyarrow().CompressedOutputStream(file, "zstd"))
        sink.write(coding.mark)
        yield sink if coding.charset == "utf-8" else _Encoder(sink, coding.charset)


def load_pyarrow() -> Any:
    """Return the package pyarrow.

    Raises:
        PrerequisiteError: It is missing.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet
    except ImportError as error:
        raise PrerequisiteError("Reading .zst and Parquet files needs the package pyarrow.", fix=INSTALL) from error
    return pa


def _unpacked(file: BinaryIO, compression: Compression) -> io.BufferedReader:
    if compression == "gzip":
        return io.BufferedReader(_Unpacked(gzip.GzipFile(fileobj=file).read1))
    if compression == "zstd":
        # Unlike zstandard's reader, pyarrow's says when a stream is cut off.
        return io.BufferedReader(_Unpacked(load_pyarrow().CompressedInputStream(file, "zstd").read))
    return cast("io.BufferedReader", file)


def _head(text: io.BufferedReader) -> bytes:
    head = b""
    try:
        while len(head) < HEAD and (more := text.read1(HEAD - len(head))):
            head += more
    except DAMAGE:
        if not head:
            raise
    return head


class _Unpacked(io.RawIOBase):
    """A text that is unpacked in small pieces: of a damaged file, nearly all up to the damage is read."""

    def __init__(self, read: Callable[[int], bytes]) -> None:
        self._read = read

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        piece = self._read(min(len(buffer), _PIECE))
        buffer[: len(piece)] = piece
        return len(piece)


class _Recoded(io.RawIOBase):
    """A text in another character set, read as UTF-8; what cannot be decoded becomes a byte that is none."""

    def __init__(self, file: io.BufferedReader, charset: str) -> None:
        self._file = file
        self._decoder = getincrementaldecoder(charset)("surrogatepass")
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._left:
            packed = self._file.read1(HEAD)
            self._left = self._recoded(packed)
            if not packed:
                break
        taken, self._left = self._left[: len(buffer)], self._left[len(buffer) :]
        buffer[: len(taken)] = taken
        return len(taken)

    def _recoded(self, packed: bytes) -> bytes:
        try:
            return self._decoder.decode(packed, final=not packed).encode("utf-8", "surrogatepass")
        except UnicodeDecodeError:  # the last character is cut off
            self._decoder.reset()
            return b"\xff"


class _Encoder:
    """Takes UTF-8 cut at whole characters, and writes it in another character set."""

    def __init__(self, sink: Sink, charset: str) -> None:
        self._sink = sink
        self._charset = charset

    def write(self, data: bytes) -> None:
        self._sink.write(data.decode("utf-8", "surrogatepass").encode(self._charset, "surrogatepass"))
