"""The thresholds that were set for a register: encrypted with its key, and kept with who set them, when and why."""

import json
from datetime import datetime
from sqlite3 import Connection

from pydantic import BaseModel, ConfigDict, ValidationError

from ..errors import UnreadableStore, WrongKey
from ..schema import Thresholds
from .database import Database
from .keys import Keys
from .payload import to_json


class Calibration(BaseModel):
    """What was last set for a tenant's register: who, when, why."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    thresholds: Thresholds | None
    """How much evidence it takes; `None`: the defaults were restored."""

    revision: int
    """The register's revision that this change made; a higher one now: its targets have changed since."""

    at: datetime
    """When, in UTC."""

    who: str
    """Who did it; empty when nobody was named."""

    why: str
    """The reason that was given."""


def write_calibration(connection: Connection, keys: Keys, tenant: str, calibration: Calibration) -> None:
    """Keep what was set in place of what was set before."""
    row = _row(tenant)
    connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (row, keys.encrypt(to_json(calibration), row)))


def read_calibration(database: Database, keys: Keys, tenant: str) -> Calibration | None:
    """Return what was set; `None` when nothing ever was.

    Raises:
        UnreadableStore: When it was changed, comes from another register or tenant, or is not understood.
    """
    row = _row(tenant)
    found = database.query("SELECT value FROM meta WHERE name = ?", (row,))
    if not found:
        return None
    [(sealed,)] = found
    try:
        return Calibration.model_validate(json.loads(keys.decrypt(sealed if isinstance(sealed, bytes) else b"", row)))
    except (WrongKey, ValidationError) as error:
        raise UnreadableStore(
            "The thresholds of this register cannot be used: they were changed, or come from another one.",
            fix="Run `expunge calibrate` again, or `expunge calibrate --reset` for the defaults.",
        ) from error


def _row(tenant: str) -> str:
    return f"thresholds/{tenant}"
