"""What a file leaves to be known by."""

import hashlib
from pathlib import Path

_END = 1 << 16


def size(path: Path) -> int:
    """Return the bytes of a file; none when it is not there."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def trace(path: Path) -> bytes:
    """Return a digest of a file's name, size, time, and of its first and last 64 KiB."""
    digest = hashlib.blake2b(str(path.resolve()).encode("utf-8", "surrogateescape"))
    try:
        with path.open("rb") as file:
            told = path.stat()
            digest.update(f"\0{told.st_size} {told.st_mtime_ns}\0".encode())
            digest.update(file.read(_END))
            file.seek(max(0, told.st_size - _END))
            digest.update(file.read(_END))
    except OSError as error:
        digest.update(type(error).__name__.encode())
    return digest.digest()
