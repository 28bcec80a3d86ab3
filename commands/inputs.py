"""Reading what the command line is pointed to: standard input, files, conversations."""

import json
import sys
from pathlib import Path
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from ..errors import InputError

SHAPE = 'Give a list of messages, {"role": "user", "content": "…"}, or an object with "messages" and "response".'


class Message(BaseModel):
    """One message of a conversation in a file."""

    model_config = ConfigDict(extra="ignore")

    role: Literal["system", "developer", "user", "assistant"]
    """Who said it."""

    content: str
    """What was said."""


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    messages: list[Message]
    response: str | None = None


class Dialogue(NamedTuple):
    """What is to be checked."""

    messages: list[dict[str, str]]
    """The turns up to the answer."""

    response: str | None
    """The answer; `None`: there is none yet."""


def require_stdin() -> None:
    """Make sure that there is a standard input.

    Raises:
        InputError: It is closed.
    """
    if sys.stdin is None or sys.stdin.closed:
        raise InputError("Standard input is closed.", fix="Run it in a terminal, or pipe the text in.")


def read_stdin() -> str:
    """Return all of standard input, without the line end at its end.

    Raises:
        InputError: It is closed.
    """
    require_stdin()
    return sys.stdin.buffer.read().decode("utf-8", "replace").removesuffix("\n")


def read_text(path: Path) -> str:
    """Return the text of a file.

    Raises:
        InputError: It cannot be read, or is no text.
    """
    try:
        return path.read_text("utf-8-sig")
    except (OSError, ValueError) as error:
        fix = "Give the path of a text file in UTF-8."
        raise InputError(f"{str(path)!r} cannot be read ({type(error).__name__}).", fix=fix) from error


def text_or_file(argument: str) -> str:
    """Return the argument, or for `@path` the text of that file."""
    return read_text(Path(argument[1:])) if argument.startswith("@") else argument


def read_dialogue(path: Path) -> Dialogue:
    """Read a conversation; a last turn of the assistant is the answer, when none stands by itself.

    Raises:
        InputError: The file cannot be read, or holds no conversation.
    """
    try:
        content = json.loads(read_text(path))
        file = TypeAdapter(_File).validate_python({"messages": content} if isinstance(content, list) else content)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise InputError(f"{str(path)!r} is no JSON: {error.msg} at {where}.", fix=SHAPE) from None
    except (ValidationError, RecursionError):
        raise InputError(f"{str(path)!r} holds no conversation.", fix=SHAPE) from None
    turns, response = file.messages, file.response
    if response is None and turns and turns[-1].role == "assistant":
        response = turns.pop().content
    if not turns:
        raise InputError(f"{str(path)!r} holds no turn of a user.", fix=SHAPE)
    return Dialogue([turn.model_dump() for turn in turns], response)
