"""Values in a record together with the way to them, so that a text is always known with its place."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from ...agents.conversation import MEDIA, Role
from ..records import JsonPath, Place, Turn

LABELS = frozenset(
    {
        *("id", "call_id", "tool_call_id", "tool_use_id", "signature", "index"),
        *("role", "from", "type", "content_type"),
    }
)
"""Fields that say what a text is, or whose, and are none themselves."""

MAX_DEPTH = 100
"""How deeply lists and objects may be nested: a fixed limit, where Python's depends on who calls."""

_SKIPPED = LABELS | MEDIA
_NOTHING: tuple[object, ...] = (None, "", [], {})


class Node:
    """A value in a record, and where it stands; a value that is not there is `None`.

    Attributes:
        value: What JSON can hold.
        path: The way to it.
        place: The record.
    """

    __slots__ = ("path", "place", "value")

    def __init__(self, value: Any, path: JsonPath, place: Place) -> None:
        self.value = value
        self.path = path
        self.place = place

    def __bool__(self) -> bool:
        """Whether anything stands here: no empty text, list or object."""
        return self.value not in _NOTHING

    def child(self, key: str | int) -> "Node":
        """Return what stands under a key of an object, or at an index of a list."""
        value = self.value
        if isinstance(value, dict):
            held = value.get(key)
        else:
            held = value[key] if isinstance(value, list) and isinstance(key, int) and key < len(value) else None
        return Node(held, (*self.path, key), self.place)

    def first(self, *keys: str) -> "Node":
        """Return what stands under the first of the keys that holds anything."""
        if isinstance(self.value, dict):
            for key in keys:
                if self.value.get(key) not in _NOTHING:
                    return self.child(key)
        return Node(None, self.path, self.place)

    def items(self) -> Iterator["Node"]:
        """Yield the items of a list."""
        if isinstance(self.value, list):
            yield from map(self.child, range(len(self.value)))

    def opened(self) -> "Node":
        """Return the object or list, also one that is written in a text as JSON; `None` for anything else."""
        if isinstance(self.value, dict | list):
            return self
        return Node(parsed(self.value), (*self.path, None), self.place)

    def turn(self, role: Role) -> Iterator[Turn]:
        """Yield the text as a turn, unless it is empty; an object or list, as JSON."""
        value = self.value
        if isinstance(value, str):
            if value:
                yield Turn(role, value, self.place, self.path)
        elif isinstance(value, dict | list) and value:
            yield Turn(role, json.dumps(value, ensure_ascii=False, default=str), self.place, self.path)

    def leaves(self, role: Role) -> Iterator[Turn]:
        """Yield every text inside, each as a turn, without labels and encoded media."""
        if isinstance(self.value, dict):
            for key in self.value:
                if key not in _SKIPPED:
                    yield from self.child(key).leaves(role)
        elif isinstance(self.value, list):
            for item in self.items():
                yield from item.leaves(role)
        elif isinstance(self.value, str):
            yield from self.turn(role)


def is_deep(value: object) -> bool:
    """Whether lists and objects are nested more deeply than is read."""
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [held for each in level for held in _held(each)]
        if not level:
            return False
    return True


def _held(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def parsed(text: object) -> dict[str, Any] | list[Any] | None:
    """Return the object or list that is written in a text as JSON; `None` when it is none."""
    if not isinstance(text, str) or text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict | list) and not is_deep(value) else None
