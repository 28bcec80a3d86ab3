"""The thresholds that were set for a register: encrypted with its key, and kept with who set them, when and why."""

from datetime import datetime
from sqlite3 import Connection

from pydantic import BaseModel, ConfigDict

from ..schema import Thresholds
from .database import Database
from .keys import Keys
from .sealed import read_record, write_record

_NAME = "thresholds"


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
    write_record(connection, keys, _NAME, tenant, calibration)


def read_calibration(database: Database, keys: Keys, tenant: str) -> Calibration | None:
    """Return what was set; `None` when nothing ever was.

    Raises:
        UnreadableStore: When it was changed, comes from another register or tenant, or is not understood.
    """
    fix = "Run `expunge calibrate` again, or `expunge calibrate --reset` for the defaults."
    return read_record(database, keys, _NAME, tenant, Calibration, fix=fix)
