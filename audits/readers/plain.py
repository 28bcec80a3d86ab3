"""Pairs of a prompt and a response, in fields or columns of many names."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ...errors import InputError
from ..records import Dialogue
from .messages import conversation
from .nodes import Node
from .times import as_id, identity, moment, seconds

NAMES: dict[str, tuple[str, ...]] = {
    "system": ("system", "system_prompt", "system_message"),
    "context": ("context", "contexts", "documents", "retrieved_contexts", "passages"),
    "prompt": (
        *("prompt", "question", "instruction", "input", "query", "user"),
        *("user_input", "user_message", "user_prompt", "human", "request"),
    ),
    "response": (
        *("response", "answer", "output", "completion", "assistant", "reply", "generation"),
        *("assistant_message", "generated_text", "model_output", "model_response", "bot"),
    ),
    "id": (),
    "at": (),
}
"""Our names for what a record holds, and what fields are called that hold it; where none is listed, ids and times of
all shapes are looked for."""


class Plain:
    """The shape of pairs.

    Args:
        columns: What fields are called, by our names; wins over the names that are known.

    Raises:
        InputError: One of our names is none.
    """

    def __init__(self, columns: Mapping[str, str]) -> None:
        if unknown := sorted(columns.keys() - NAMES.keys()):
            raise InputError(f"No column is called {unknown[0]!r} here.", fix=f"Map one of {', '.join(NAMES)}.")
        self._columns = dict(columns)
        self._mapped = {columns[name] for name in ("prompt", "response") if name in columns}
        self._known = {*NAMES["prompt"], *NAMES["response"]}
        self._keys: tuple[str, ...] = ()
        self._named: dict[str, list[str]] = {}

    def is_mapped(self, record: dict[str, Any]) -> bool:
        """Whether a record has the prompt or the response that columns were given for."""
        return not self._mapped.isdisjoint(record)

    def matches(self, keys: Iterable[str]) -> bool:
        """Whether a record with these fields has this shape."""
        return any(key in self._mapped or _plain(key) in self._known for key in keys)

    def dialogues(self, node: Node) -> Iterator[Dialogue]:
        """Yield the one dialogue of a record."""
        named = self._names(tuple(node.value))
        turns = [turn for key in named["system"] for turn in conversation(node.child(key), "system")]
        turns += [turn for key in named["context"] for turn in conversation(node.child(key), "tool")]
        turns += [turn for key in named["prompt"] for turn in conversation(_messages(node.child(key)))]
        turns += [turn for key in named["response"] for turn in conversation(node.child(key), "assistant")]
        ids = [as_id(node.value[key]) for key in named["id"]]
        times = [seconds(node.value[key]) for key in named["at"]]
        yield Dialogue(ids[0] if ids else identity(node), times[0] if times else moment(node), tuple(turns))

    def _names(self, keys: tuple[str, ...]) -> dict[str, list[str]]:
        """Return the fields of a record by our names; records of one file mostly have the same."""
        if keys != self._keys:
            self._keys = keys
            self._named = {name: self._fields(name, keys) for name in NAMES}
        return self._named

    def _fields(self, name: str, keys: tuple[str, ...]) -> list[str]:
        if self._columns.get(name) in keys:
            return [self._columns[name]]
        taken = self._columns.values()
        by_name = {_plain(key): key for key in reversed(keys) if key not in taken}
        found = [by_name[known] for known in NAMES[name] if known in by_name]
        # Alpaca's instructions have an input besides; of other prompts the first is meant. No answer goes unread.
        return found if name in {"context", "response"} or found[1:2] == ["input"] else found[:1]


def _plain(key: str) -> str:
    return key.strip().lower().replace(" ", "_")


def _messages(prompt: Node) -> Node:
    """Return the messages that a prompt may be written as; a text otherwise."""
    opened = prompt.opened().value if isinstance(prompt.value, str) and prompt.value.startswith("[{") else None
    return prompt.opened() if opened is not None else prompt
