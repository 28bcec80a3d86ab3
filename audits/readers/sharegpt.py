"""ShareGPT: conversations of people and models."""

from collections.abc import Iterator
from typing import Any

from ..records import Dialogue
from .messages import conversation
from .nodes import Node, parsed
from .times import identity, moment

_FIELDS = ("conversations", "conversation")


def matches(record: dict[str, Any]) -> bool:
    """Whether a record has this shape."""
    held = record.get("conversations") or record.get("conversation")
    return isinstance(held, list) or parsed(held) is not None


def dialogues(node: Node) -> Iterator[Dialogue]:
    """Yield the one dialogue of a record."""
    system = tuple(conversation(node.first("system", "system_prompt"), "system"))
    turns = tuple(conversation(node.first(*_FIELDS).opened()))
    yield Dialogue(identity(node), moment(node), (*system, *turns))
