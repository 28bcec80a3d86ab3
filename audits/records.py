"""What an audit reads from logs: records, dialogues, turns, and what cannot be read."""

from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict

from ..agents.conversation import Role

Format = Literal["openai", "openai-batch", "plain", "csv", "sharegpt", "langsmith", "otel", "parquet"]
"""A shape of logs. `parquet` and `csv` say how a file is stored; the others, what one record of it looks like."""

FaultCode = Literal[
    "unreadable",
    "empty",
    "encoding",
    "invalid_json",
    "too_long",
    "unknown_format",
    "no_prompt",
    "no_response",
    "not_joined",
]
"""What is wrong with a file or a record: it cannot be opened or goes on no further; holds nothing; is not UTF-8; is no
JSON; is longer than can be read; has a shape that is not known; has no prompt; has no answer; has no counterpart among
the other records of a batch."""

JsonPath = tuple[str | int | None, ...]
"""Where a text stands in a record: keys and indexes; `None` says that the text found so far is itself JSON, in which
the path goes on."""


class Place(NamedTuple):
    """Where a record stands."""

    file: str
    """The file, as it was given."""

    line: int
    """Its line, from 1; in a file without lines (a JSON array, Parquet) the number of the record."""


class Turn(NamedTuple):
    """One text of a dialogue: a message, the arguments of a tool call, reasoning."""

    role: Role
    """Who said it."""

    text: str
    """The text."""

    place: Place
    """The record that holds it: of a batch, requests and answers are in different ones."""

    path: JsonPath
    """Where in the record it stands; what is put there instead of it is a string."""


class Dialogue(NamedTuple):
    """A conversation as it was logged, answers included."""

    id: str
    """The id that its record gives it; empty when it gives none."""

    at: float | None
    """When, in seconds since 1970 (UTC); `None`: the record does not say."""

    turns: tuple[Turn, ...]
    """The turns, oldest first."""


class Fault(BaseModel):
    """Something in the logs that cannot be used, or only in part. Holds no text of theirs."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    file: str
    """The file, as it was given."""

    line: int
    """The line, from 1, or the number of the record; 0: the file as a whole."""

    code: FaultCode
    """What is wrong."""

    message: str
    """The same in words, with what to do about it where something can be done."""
