"""Opening a register: its folder, its tables, its key."""

from contextlib import suppress
from pathlib import Path
from secrets import token_hex

from ..errors import StoreBusy, UnreadableStore, WrongKey
from .database import Database
from .keys import Keys, load_keys

VERSION = 1
SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
INSERT INTO meta VALUES ('revision', 0);
CREATE TABLE targets (
    seq INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    id TEXT NOT NULL UNIQUE,
    version INTEGER NOT NULL,
    name_tag BLOB NOT NULL,
    content_tag BLOB NOT NULL,
    payload BLOB NOT NULL,
    forget INTEGER NOT NULL,
    keep INTEGER NOT NULL,
    indexed INTEGER NOT NULL DEFAULT 0,
    UNIQUE (tenant, content_tag)
);
CREATE INDEX targets_by_name ON targets (tenant, name_tag);
CREATE INDEX targets_pending ON targets (tenant, seq) WHERE NOT indexed;
CREATE TABLE changes (
    seq INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    target TEXT NOT NULL,
    action TEXT NOT NULL,
    version INTEGER NOT NULL,
    at TEXT NOT NULL,
    payload BLOB NOT NULL
);
CREATE INDEX changes_by_target ON changes (tenant, target);
CREATE TABLE erasures (
    target TEXT PRIMARY KEY,
    tenant TEXT NOT NULL,
    forget INTEGER NOT NULL,
    keep INTEGER NOT NULL
) WITHOUT ROWID
"""
# targets.forget, targets.keep: how many vectors of the kind the index holds at most; erasures: those to be erased.


def is_register(path: Path) -> bool:
    """Whether a register lies in this folder."""
    return (path / "register.db").exists()


def open_folder(path: Path) -> None:
    """Make the register's folder, for its owner alone; one that exists is left as it is.

    Raises:
        UnreadableStore: When it cannot be made, or is a file.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise UnreadableStore(
            f"The folder {str(path)!r} cannot be used ({type(error).__name__}).", fix="Give another path."
        ) from error


def open_database(path: Path) -> Database:
    """Open or make the register's database, and finish a hard delete that was cut short."""
    database = Database(path, SCHEMA, VERSION, synchronous="FULL")
    if database.query("SELECT 1 FROM meta WHERE name = 'unwiped'"):
        with suppress(StoreBusy):  # the next opening tries again
            wipe(database)
    return database


def wipe(database: Database) -> None:
    """Take deleted content out of the register's files."""
    database.wipe()
    with database.transaction() as connection:
        connection.execute("DELETE FROM meta WHERE name = 'unwiped'")


def unlock(database: Database, key_file: Path, key: str | None) -> Keys:
    """Return the keys of this register; a new one takes the key that it is first opened with.

    Raises:
        WrongKey: When the register was made with another key, or its key is missing.
    """
    token = _read_token(database)
    keys = load_keys(key_file, key=key, create=token is None)
    if token is None:
        with database.transaction() as connection:
            connection.execute("INSERT OR IGNORE INTO meta VALUES ('identity', ?)", (token_hex(16),))
            connection.execute("INSERT OR IGNORE INTO meta VALUES ('token', ?)", (keys.digest("token", b""),))
        token = _read_token(database)
    if token != keys.digest("token", b""):
        raise WrongKey(
            f"This key does not open the register {str(database.path)!r}.",
            fix="Give the key that it was made with: as `key`, in EXPUNGE_KEY, or in the key file beside it.",
        )
    return keys


def identity_of(database: Database) -> str:
    """Return the register's random name, which tells it from every other."""
    [(identity,)] = database.query("SELECT value FROM meta WHERE name = 'identity'")
    return str(identity)


def _read_token(database: Database) -> object:
    rows = database.query("SELECT value FROM meta WHERE name = 'token'")
    return rows[0][0] if rows else None
