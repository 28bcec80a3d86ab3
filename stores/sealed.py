"""What is set for a register as a whole: one record of a name for each tenant, encrypted with the register's key."""

import json
from sqlite3 import Connection
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from ..errors import UnreadableStore, WrongKey
from .database import Database
from .keys import Keys
from .payload import to_json

Record = TypeVar("Record", bound=BaseModel)


def write_record(connection: Connection, keys: Keys, name: str, tenant: str, record: BaseModel) -> None:
    """Keep what was set in place of what was set before."""
    row = _row(name, tenant)
    connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (row, keys.encrypt(to_json(record), row)))


def read_record(
    database: Database, keys: Keys, name: str, tenant: str, kind: type[Record], *, fix: str
) -> Record | None:
    """Return what was set; `None` when nothing ever was.

    Raises:
        UnreadableStore: When it was changed, comes from another register or tenant, or is not understood; with `fix`.
    """
    row = _row(name, tenant)
    found = database.query("SELECT value FROM meta WHERE name = ?", (row,))
    if not found:
        return None
    [(sealed,)] = found
    try:
        return kind.model_validate(json.loads(keys.decrypt(sealed if isinstance(sealed, bytes) else b"", row)))
    except (WrongKey, ValidationError) as error:
        raise UnreadableStore(
            f"The {name} of this register cannot be used: they were changed, or come from another one.", fix=fix
        ) from error


def _row(name: str, tenant: str) -> str:
    return f"{name}/{tenant}"
