"""Rendering prompts: typed variables into messages, with untrusted text in blocks that it cannot leave."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from hashlib import sha256
from itertools import count
from string import Template
from typing import ClassVar

from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage

from .loader import Name, load

DIVIDER = "\n---\n"
"""What stands between the system's part of a prompt file and the user's."""

Value = str | int | float | Mapping[str, str]


@dataclass(frozen=True)
class Variables:
    """The variables of one prompt: a frozen dataclass of them, a field for each placeholder.

    A `str` is untrusted and becomes a block of its own; a mapping becomes a block for each item, named by its key;
    a number is put in as it is. Keys and names of fields are ours, and trusted.
    """

    file: ClassVar[Name]


def render(variables: Variables) -> list[BaseMessage]:
    """Return the messages of a prompt: what the agent is to do, and the data that it is to do it with.

    Untrusted text stands in the user's message alone, in blocks whose delimiters do not occur in any of it. The
    delimiters come from a digest of all of it, so the same data makes the same prompt, and no text can hold its own.

    Raises:
        ValueError: When the placeholders of the file are not the variables, or the system's part holds untrusted text.
    """
    system, divider, user = load(variables.file).partition(DIVIDER)
    values: dict[str, Value] = {field.name: getattr(variables, field.name) for field in fields(variables)}
    numbers = {name: str(value) for name, value in values.items() if isinstance(value, int | float)}
    fence = _fence(values.values())
    blocks = {name: _blocks(name, value, fence) for name, value in values.items() if not isinstance(value, int | float)}
    told, given = Template(system), Template(user)
    stray = set(told.get_identifiers()) - {*numbers, "fence"}
    if not divider or stray or {*told.get_identifiers(), *given.get_identifiers()} - {"fence"} != set(values):
        raise ValueError(f"the prompt {variables.file!r} and its variables {sorted(values)} do not agree")
    return [
        SystemMessage(told.substitute(numbers, fence=fence)),
        HumanMessage(given.substitute(numbers | blocks)),
    ]


def numbered(texts: Iterable[str]) -> dict[str, str]:
    """Return texts by number, from 1, as prompts name them."""
    return {str(number): text for number, text in enumerate(texts, start=1)}


def _fence(values: Iterable[Value]) -> str:
    """Return a mark that occurs in none of the texts."""
    texts = [text for value in values for text in _texts(value)]
    for salt in count():
        fence = sha256(json.dumps([salt, *texts]).encode()).hexdigest()[:16]
        if not any(fence in text for text in texts):
            return fence
    raise AssertionError("unreachable")


def _texts(value: Value) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from value.values()


def _blocks(name: str, value: str | Mapping[str, str], fence: str) -> str:
    if isinstance(value, str):
        return _block(name, value, fence)
    return "\n\n".join(_block(f"{name} {label}", text, fence) for label, text in value.items()) or "(none)"


def _block(name: str, text: str, fence: str) -> str:
    return f"[[{name} {fence}]]\n{text}\n[[end {fence}]]"
