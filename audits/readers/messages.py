"""Messages and the blocks of their content, in the forms in which providers and libraries log them."""

from collections.abc import Iterator
from typing import NamedTuple

from ...agents.conversation import Role
from ..records import Turn
from .nodes import Node

_ROLES: dict[str, Role] = {
    "system": "system",
    "developer": "system",
    "assistant": "assistant",
    "human": "user",
    "user": "user",
    "ai": "assistant",
    "bot": "assistant",
    "chatbot": "assistant",
    "chatgpt": "assistant",
    "gpt": "assistant",
    "model": "assistant",
    "function": "tool",
    "function_response": "tool",
    "ipython": "tool",
    "observation": "tool",
    "tool": "tool",
    "tool_response": "tool",
    "function_call": "assistant",
}

_REASONING_FIELDS = ("reasoning_content", "reasoning", "thinking")
_CALL_FIELDS = ("tool_calls", "invalid_tool_calls", "function_call", "additional_kwargs")
_CONTENT = ("content", "parts", "value", "text")
_RARE = frozenset({*_REASONING_FIELDS, *_CALL_FIELDS, "refusal"})


class _Kind(NamedTuple):
    """A kind of block: who said it, if not the message's author, and the fields that may hold its text."""

    role: Role | None
    fields: tuple[str, ...]


_TEXT = _Kind(None, ("text", "content"))
_REASONING = _Kind("assistant", ("summary", "content", "text", "reasoning"))
_RESULT = _Kind("tool", ("output", "content", "response", "result"))
_CALL = _Kind("assistant", ("arguments", "args", "input", "parameters", "action"))
_MEDIA = _Kind(None, ())
_KINDS: dict[str, _Kind] = {
    "text": _TEXT,
    "input_text": _TEXT,
    "output_text": _TEXT,
    "summary_text": _REASONING,
    "reasoning_text": _REASONING,
    "refusal": _Kind("assistant", ("refusal", "content")),
    "reasoning": _REASONING,
    "thinking": _Kind("assistant", ("thinking", "content")),
    "redacted_thinking": _MEDIA,
    "tool_use": _CALL,
    "server_tool_use": _CALL,
    "tool_result": _RESULT,
    "tool_call_response": _RESULT,
    "image": _MEDIA,
    "image_url": _MEDIA,
    "input_image": _MEDIA,
    "input_audio": _MEDIA,
    "blob": _MEDIA,
}


def conversation(messages: Node, default: Role = "user") -> Iterator[Turn]:
    """Yield the turns of messages: a text, one message, or a list of them, also one list deeper.

    Args:
        messages: Where they stand.
        default: Who said what does not say who did.
    """
    if isinstance(messages.value, list):
        for item in messages.items():
            yield from conversation(item, default) if isinstance(item.value, list) else message(item, default)
    else:
        yield from message(messages, default)


def message(node: Node, default: Role = "user") -> Iterator[Turn]:
    """Yield the turns of one message: reasoning, texts, calls of tools."""
    if isinstance(node.value, str):
        yield from node.turn(default)
    elif isinstance(node.value, dict):
        role, node = _role(node, default), _inner(node)
        if "role" not in node.value and _kind(node):
            yield from _block(node, role)
        elif _RARE.isdisjoint(node.value):  # nearly all
            yield from _content(node.first(*_CONTENT), role)
        else:
            for field in _REASONING_FIELDS:
                yield from _content(node.child(field), "assistant")
            yield from _content(node.first(*_CONTENT), role)
            yield from node.child("refusal").turn("assistant")
            yield from _calls(node)


def _inner(node: Node) -> Node:
    """Return what LangChain's serialised messages hold the content in."""
    for field in ("kwargs", "data"):
        if "content" not in node.value and isinstance(node.value.get(field), dict):
            return node.child(field)
    return node


def _role(node: Node, default: Role) -> Role:
    value = node.value
    for key in ("role", "from", "author", "sender"):
        said = value.get(key)
        said = said.get("role") if isinstance(said, dict) else said
        if isinstance(said, str):
            return _ROLES.get(said.lower(), "user")
    serialised = value.get("id")
    names = [value.get("type"), serialised[-1] if isinstance(serialised, list) and serialised else None]
    known = (_ROLES.get(_class_name(name)) for name in names if isinstance(name, str) and name not in _KINDS)
    return next(filter(None, known), default)


def _class_name(name: str) -> str:
    """Return the name of a class of messages without its endings: `AIMessageChunk`."""
    return name.lower().removesuffix("chunk").removesuffix("message")


def _content(node: Node, role: Role) -> Iterator[Turn]:
    """Yield the turns of a message's content: a text, a block, or a list of either."""
    if isinstance(node.value, str):
        yield from node.turn(role)
    elif isinstance(node.value, list):
        for item in node.items():
            yield from _content(item, role)
    elif isinstance(node.value, dict):
        yield from _block(node, role)


def _block(node: Node, role: Role) -> Iterator[Turn]:
    kind = _kind(node)
    if kind is None:
        yield from node.leaves(role)
        return
    for field in kind.fields:
        held = node.child(field)
        if kind is _CALL or (kind is _RESULT and isinstance(held.value, dict)):
            yield from held.turn(kind.role or role)
        else:
            yield from _content(held, kind.role or role)


def _kind(node: Node) -> _Kind | None:
    name = node.value.get("type")
    if not isinstance(name, str):
        return None
    if name.endswith(("_call_output", "_tool_result")):
        return _RESULT
    return _KINDS.get(name) or (_CALL if name.endswith("_call") else None)


def _calls(node: Node) -> Iterator[Turn]:
    """Yield a turn for the arguments of each call, in the form of OpenAI's API and in LangChain's."""
    extra = node.child("additional_kwargs")
    single = [node.child("function_call"), extra.child("function_call")]
    several = [*node.child("tool_calls").items(), *node.child("invalid_tool_calls").items()]
    for call in [*several, *extra.child("tool_calls").items(), *single]:
        function = call.first("function") or call
        yield from function.first("arguments", "args", "input").turn("assistant")
    yield from _content(extra.child("reasoning_content"), "assistant")
