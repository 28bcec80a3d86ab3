"""The keys by which tenants use the server: shown once, and kept as keyed digests."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex, token_urlsafe
from sqlite3 import Connection
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from ..errors import InputError
from .database import Database
from .keys import to_bytes
from .payload import to_json
from .register import Register

PREFIX = "exp_"
"""What a key begins with, so that it is known for one where it should not be."""

DEFAULT_TENANT = "default"
"""The tenant whose register lies in the server's folder itself."""

VERSION = 1
SCHEMA = """
CREATE TABLE keys (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    digest BLOB NOT NULL UNIQUE,
    sealed BLOB NOT NULL
)
"""
_SECRET_BYTES = 32
_TENANT = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


class AccessKey(BaseModel):
    """What is known of a key, without the key."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    id: str
    """Opaque id (`key_…`), by which it is revoked."""

    tenant: str
    """Whose it is."""

    admin: bool
    """Whether it may see and change the tenant's targets and reviews."""

    label: str
    """What it is for; empty when nobody said."""

    created_at: datetime
    """When it was made, in UTC."""

    revoked_at: datetime | None = None
    """From when on it opens nothing, in UTC; `None`: it is in force."""


class NewKey(NamedTuple):
    """A key that was just made."""

    secret: str
    """The key itself, which is kept nowhere."""

    key: AccessKey
    """What is known of it."""


class _Known(NamedTuple):
    commits: int
    """The state of the file that this was read from."""

    keys: dict[bytes, AccessKey]
    """All keys by their digests."""


class AccessKeys:
    """The keys of a server's tenants. Threads may share it, and so may processes.

    A key is 256 random bits. Those cannot be guessed, so its digest needs no hash that is slow on purpose; and it is
    taken with the register's key, which also seals what stands beside it: who can write to the file, and no more, can
    neither make a key nor widen one. (An older copy of the whole file is not told from the newest.)

    Args:
        register: The register in the server's folder; the file `access.db` beside it is made when missing.

    Raises:
        UnreadableStore: When the file is damaged or none of expunge's.
        NewerStore: When a newer version of expunge wrote it.
    """

    def __init__(self, register: Register) -> None:
        self._keys = register.keys
        self._database = Database(register.path / "access.db", SCHEMA, VERSION, synchronous="FULL")
        self._read = _Known(-1, {})

    def create(self, tenant: str, *, admin: bool = False, label: str = "") -> NewKey:
        """Make a key for a tenant.

        Args:
            tenant: Whose it is.
            admin: Whether it may see and change the tenant's targets and reviews.
            label: What it is for; changes of targets are recorded under this name.

        Raises:
            InputError: When the tenant's name is none.
        """
        secret = PREFIX + token_urlsafe(_SECRET_BYTES)
        key = AccessKey(
            id=f"key_{token_hex(8)}",
            tenant=checked_name(tenant),
            admin=admin,
            label=label,
            created_at=datetime.now(UTC),
        )
        digest = self._digest(secret)
        with self._database.transaction() as connection:
            row = (key.id, digest, self._seal(key, digest))
            connection.execute("INSERT INTO keys (id, digest, sealed) VALUES (?, ?, ?)", row)
        return NewKey(secret, key)

    def find(self, secret: str) -> AccessKey | None:
        """Return the key that this is; `None` when it is not known, or was revoked.

        Takes microseconds, and sees at once what other processes change.

        Raises:
            WrongKey: When any key was changed by others.
        """
        key = self._known().get(self._digest(secret))
        return key if key is not None and key.revoked_at is None else None

    def revoke(self, key_id: str) -> AccessKey:
        """Take a key out of force for good; one that was revoked before stays as it is.

        Raises:
            InputError: When no key has this id.
            WrongKey: When any key was changed by others.
        """
        with self._database.transaction() as connection:
            for digest, key in self._all().items():
                if key.id == key_id:
                    return self._revoke(connection, digest, key)
        raise InputError(f"No key has the id {key_id!r}.", fix="`expunge keys list` shows them all.")

    def __iter__(self) -> Iterator[AccessKey]:
        """Yield all keys, the revoked ones too, in the order of their making."""
        return iter(self._known().values())

    def __bool__(self) -> bool:
        """Whether there are any, revoked ones too."""
        return bool(self._known())

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def _revoke(self, connection: Connection, digest: bytes, key: AccessKey) -> AccessKey:
        if key.revoked_at is not None:
            return key
        revoked = key.model_copy(update={"revoked_at": datetime.now(UTC)})
        connection.execute("UPDATE keys SET sealed = ? WHERE id = ?", (self._seal(revoked, digest), key.id))
        return revoked

    def _known(self) -> dict[bytes, AccessKey]:
        commits = self._database.commits_seen()
        if commits != self._read.commits:
            self._read = _Known(commits, self._all())
        return self._read.keys

    def _all(self) -> dict[bytes, AccessKey]:
        rows = self._database.query("SELECT id, digest, sealed FROM keys ORDER BY seq")
        return {digest: self._open(key_id, digest, sealed) for key_id, digest, sealed in rows}

    def _digest(self, secret: str) -> bytes:
        return self._keys.digest("access key", to_bytes(secret))

    def _seal(self, key: AccessKey, digest: bytes) -> bytes:
        return self._keys.encrypt(to_json(key), _row(key.id, digest))

    def _open(self, key_id: str, digest: bytes, sealed: bytes) -> AccessKey:
        return AccessKey.model_validate_json(self._keys.decrypt(sealed, _row(key_id, digest)))


def tenant_folder(folder: Path, tenant: str) -> Path:
    """Return the folder of a tenant's register: the server's own for "default", else one beneath it.

    Raises:
        InputError: When this is no name of a tenant.
    """
    return folder if checked_name(tenant) == DEFAULT_TENANT else folder / "tenants" / tenant


def checked_name(tenant: str) -> str:
    """Return the name of a tenant as it is.

    Raises:
        InputError: When it is none.
    """
    if not _TENANT.fullmatch(tenant):
        fix = "Take 1 to 63 of a-z, 0-9 and -, beginning with a letter or a digit."
        raise InputError(f"{tenant!r} is no name of a tenant.", fix=fix)
    return tenant


def _row(key_id: str, digest: bytes) -> str:
    return f"access/{key_id}/{digest.hex()}"
