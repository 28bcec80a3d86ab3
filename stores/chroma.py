"""Chroma, embedded in a folder that one process owns or as a server, opened and closed well."""

import hashlib
import logging
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, ClassVar, cast
from urllib.parse import urlsplit

from filelock import FileLock, Timeout

from ..errors import PrerequisiteError, StoreBusy
from .graph import scrub

if TYPE_CHECKING:
    from chromadb.api.client import Client
    from chromadb.config import Settings as ChromaSettings

PROBE_SECONDS = 600
log = logging.getLogger(__name__)


class Server:
    """A Chroma server, which many processes may use at once. It vacuums its files itself (`chroma vacuum`)."""

    def __init__(self, url: str) -> None:
        import chromadb

        address = urlsplit(url)
        secure = address.scheme == "https"
        try:
            client = chromadb.HttpClient(
                address.hostname or "localhost",
                address.port or (443 if secure else 8000),
                ssl=secure,
                settings=_quiet(),
            )
        except ValueError as error:  # what Chroma makes of a refused connection
            raise PrerequisiteError(
                f"No Chroma server answers at {url!r}.",
                fix="Start it (`chroma run`), or unset EXPUNGE_CHROMA_URL for an embedded index.",
            ) from error
        self.client = cast("Client", client)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold nothing: a server takes writes from everyone."""
        yield

    def vacuum(self) -> None:
        """Do nothing: a server's files are its own."""

    def close(self) -> None:
        """Close the connections."""
        sessions = [vars(vars(client)["_server"])["_session"] for client in (self.client, self.client._admin_client)]
        self.client.close()
        for session in sessions:  # Chroma leaves them open
            session.close()


class Folder:
    """Chroma embedded in this process. Stores that open the same folder in one process share it.

    A damaged index can crash the process that reads it, so none is read unseen: while nobody has the folder open, a
    digest of its files stands beside it, and where that is missing (the process was killed, or did not close it),
    another process tries to read it first. A folder that fails is emptied, for the register to fill it anew.

    Raises:
        StoreBusy: When another process owns the folder.
    """

    _shared: ClassVar[dict[Path, "Folder"]] = {}
    _opening: ClassVar[RLock] = RLock()

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seal = path.with_suffix(".seal")
        self._lock = FileLock(path.with_suffix(".lock"), thread_local=False, mode=0o600)
        self._writer = RLock()
        self._depth = 0
        self._users = 0
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise StoreBusy(
                f"The index {str(path)!r} is owned by another process.",
                fix="Stop that process, or let both use a Chroma server through EXPUNGE_CHROMA_URL.",
            ) from None
        try:
            self.client = self._open()
        except BaseException:
            self._lock.release()
            raise

    @classmethod
    def open(cls, path: Path) -> "Folder":
        """Open the folder, or join those in this process who have it open."""
        path = path.resolve()
        with cls._opening:
            folder = cls._shared.get(path) or cls._shared.setdefault(path, cls(path))
            folder._users += 1
            return folder

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the only right to write. At the end the files are scrubbed."""
        with self._writer:
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
            if not self._depth:
                scrub(self._path)

    def vacuum(self) -> None:
        """Take deleted content out of the files; to be called while writing."""
        with closing(sqlite3.connect(self._path / "chroma.sqlite3", 30, isolation_level=None)) as database:
            segments = {row[0] for row in database.execute("SELECT id FROM segments")}
            database.execute("VACUUM")
        for directory in self._path.iterdir():  # Chroma leaves the files of a deleted collection where they are
            if directory.is_dir() and directory.name not in segments:
                shutil.rmtree(directory)

    def close(self) -> None:
        """Leave the folder; the last user closes and seals it."""
        with self._opening:
            self._users -= 1
            if self._users == 0:
                del self._shared[self._path]
                try:
                    self.client.close()
                    scrub(self._path)  # Chroma writes its files also when they are only read
                    self._set_seal()
                finally:
                    self._lock.release()

    def _open(self) -> "Client":
        if not self._is_sound():
            self._empty()
        self._seal.unlink(missing_ok=True)  # what Chroma writes from now on is not sealed
        try:
            return self._connect()
        except Exception:  # noqa: BLE001 - whatever is wrong with it, the register can fill it anew
            self._empty()
            return self._connect()

    def _connect(self) -> "Client":
        import chromadb

        self._path.mkdir(mode=0o700, exist_ok=True)
        return cast("Client", chromadb.PersistentClient(self._path, settings=_quiet()))

    def _empty(self) -> None:
        log.warning("The index is damaged and is made anew from the register.")
        shutil.rmtree(self._path, ignore_errors=True)

    def _set_seal(self) -> None:
        draft = self._seal.with_suffix(".draft")
        draft.write_text(_digest(self._path), encoding="ascii")
        draft.replace(self._seal)

    def _is_sound(self) -> bool:
        if not self._path.exists():
            return True
        if self._seal.exists():
            return self._seal.read_text(encoding="ascii") == _digest(self._path)
        command = [sys.executable, "-P", str(Path(__file__).with_name("probe.py")), str(self._path)]
        with suppress(subprocess.SubprocessError, OSError, ValueError):
            subprocess.run(command, capture_output=True, timeout=PROBE_SECONDS, check=True)  # noqa: S603
            scrub(self._path)
            return True
        return False


Chroma = Server | Folder


def open_chroma(path: Path, url: str | None) -> Chroma:
    """Open the server at this address, or without one the folder at this path.

    Raises:
        StoreBusy: When another process owns the folder.
        PrerequisiteError: When no server answers.
    """
    return Server(url) if url else Folder.open(path)


def _quiet() -> "ChromaSettings":
    from chromadb.config import Settings

    return Settings(anonymized_telemetry=False)


def _digest(path: Path) -> str:
    total = hashlib.blake2b()
    for file in sorted(file for file in path.rglob("*") if file.is_file()):
        with file.open("rb") as content:
            digest = hashlib.file_digest(content, "blake2b").hexdigest()
        total.update(f"{file.relative_to(path).as_posix()}\0{digest}\n".encode())
    return total.hexdigest()
