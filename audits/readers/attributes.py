"""Attributes of OpenTelemetry: an object, or OTLP's list of keys with typed values."""

from collections.abc import Iterator
from typing import Any

from ...agents.conversation import Role
from ..records import Turn
from .nodes import Node

_SIMPLE = ("stringValue", "intValue", "doubleValue", "boolValue")


def attribute(attributes: Node, name: str) -> Node:
    """Return the value of an attribute; what is written in it as JSON is opened."""
    if isinstance(attributes.value, list):
        found = next((item for item in attributes.items() if item.child("key").value == name), None)
        held = _typed(found.child("value")) if found else Node(None, attributes.path, attributes.place)
    else:
        held = attributes.child(name)
    opened = held.opened()
    return held if opened.value is None else opened


class _Typed(Node):
    """A typed list or object (`{"arrayValue": …}`, `{"kvlistValue": …}`), seen without the types."""

    __slots__ = ("_stored",)

    def __init__(self, stored: Node) -> None:
        super().__init__(_untyped(stored.value), stored.path, stored.place)
        self._stored = stored

    def child(self, key: str | int) -> Node:
        if isinstance(key, int):
            return _typed(self._stored.child("arrayValue").child("values").child(key))
        for item in self._stored.child("kvlistValue").child("values").items():
            if item.child("key").value == key:
                return _typed(item.child("value"))
        return Node(None, self.path, self.place)

    def turn(self, role: Role) -> Iterator[Turn]:
        """Yield each text inside as a turn: a text in place of the whole would have no type."""
        return self.leaves(role)


def _typed(stored: Node) -> Node:
    value = stored.value
    if isinstance(value, dict) and ("arrayValue" in value or "kvlistValue" in value):
        return _Typed(stored)
    return stored.first(*_SIMPLE)


def _untyped(value: Any) -> Any:
    match value:
        case {"arrayValue": {"values": [*values]}}:
            return [_untyped(each) for each in values]
        case {"kvlistValue": {"values": [*values]}}:
            return {each["key"]: _untyped(each.get("value")) for each in values if _has_key(each)}
        case dict():
            return next((value[kind] for kind in _SIMPLE if kind in value), None)
    return None


def _has_key(item: Any) -> bool:
    return isinstance(item, dict) and isinstance(item.get("key"), str)
