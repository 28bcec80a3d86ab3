"""The abstentions collected for a register: encrypted with its key, and kept with who set them, when and why."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from .database import Database
from .keys import Keys
from .sealed import read_record, write_record

_NAME = "abstentions"

LEAST = 5
"""Answers that are enough to be drawn from."""


class Abstention(BaseModel):
    """What the wrapped model said to a question on a name that nobody bears, and how long that took."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    text: str = Field(min_length=1, max_length=4_000)
    """The answer; it repeats nothing of the name."""

    seconds: float = Field(ge=0, allow_inf_nan=False)
    """Seconds from the question to the gate, those of the model and those of the sanitiser."""

    streamed: bool = False
    """Whether it came as a stream."""

    question: str = Field(default="", max_length=4_000)
    """The question, without the name."""


class Abstentions(BaseModel):
    """How the wrapped model answers on unknown names, and what was left out of it."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    answers: tuple[Abstention, ...] = ()
    """The answers, as often as they were given; none: what was set before was taken back."""

    model: str = ""
    """The model that was asked."""

    asked: int = Field(default=0, ge=0)
    """Questions that were put to it."""

    named: int = Field(default=0, ge=0)
    """Answers that repeat the name, left out."""

    claimed: int = Field(default=0, ge=0)
    """Answers that say something about it, or do not say that nothing is known, left out."""

    withheld: int = Field(default=0, ge=0)
    """Answers that the sanitiser altered, or that failed, left out."""

    at: datetime | None = None
    """When they were set, in UTC; given by the register."""

    who: str = ""
    """Who did it; given by the register, empty when nobody was named."""

    why: str = ""
    """The reason; given to the register."""

    @property
    def enough(self) -> bool:
        """Whether there are enough to be drawn from."""
        return len(self.answers) >= LEAST


def write_abstentions(database: Database, keys: Keys, tenant: str, abstentions: Abstentions) -> None:
    """Keep what was set in place of what was set before.

    No target changes by it: the register's revision stays.
    """
    with database.transaction() as connection:
        write_record(connection, keys, _NAME, tenant, abstentions)


def read_abstentions(database: Database, keys: Keys, tenant: str) -> Abstentions | None:
    """Return what was set; `None` when nothing ever was.

    Raises:
        UnreadableStore: When it was changed, comes from another register or tenant, or is not understood.
    """
    fix = "Run `expunge abstentions reset`, then collect them again."
    return read_record(database, keys, _NAME, tenant, Abstentions, fix=fix)
