"""OpenAI's API: fine-tuning files, logged requests and responses, of chats, completions and the responses API."""

from collections.abc import Iterator, Sequence
from typing import Any

from ..records import Dialogue, Turn
from .messages import conversation, message
from .nodes import Node, parsed
from .times import identity, moment

_BESIDE = ("output", "output_text", "completion", "answer")
_INSIDE = (*_BESIDE, "message", "text", "response")


def matches(record: dict[str, Any]) -> bool:
    """Whether a record has this shape."""
    if "messages" in record:
        return isinstance(record["messages"], list | dict) or parsed(record["messages"]) is not None
    if any(isinstance(record.get(field), list) for field in ("choices", "input", "output")):
        return True
    return "request" in record and _is_request(record["request"])


def dialogues(node: Node) -> Iterator[Dialogue]:
    """Yield a dialogue for each answer of a record, or one without an answer."""
    request = node.child("request").opened() if _is_request(node.value.get("request")) else node
    response = node.child("response")
    asked = tuple(prompt(request))
    answered = answers(response) if response else answers(node, _BESIDE)
    known = [each for each in (node, response, request) if isinstance(each.value, dict)]
    name, at = identity(*known), moment(*known)
    for answer in answered or [()]:
        yield Dialogue(name, at, (*asked, *answer))


def prompt(request: Node) -> Iterator[Turn]:
    """Yield the turns of a request: instructions, then messages, input or prompt."""
    for field in ("instructions", "system"):  # the responses API's, and Anthropic's
        if field in request.value:
            yield from conversation(request.child(field), "system")
    yield from conversation(request.child("messages").opened() or request.first("input", "prompt"))


def answers(response: Node, fields: Sequence[str] = _INSIDE) -> list[tuple[Turn, ...]]:
    """Return the turns of each answer in a response.

    Args:
        response: A text, or what an API returned, also written in a text as JSON.
        fields: Fields that may hold an answer, besides `choices`.
    """
    held = response.opened() if isinstance(response.value, str) else response
    if choices := held.child("choices").opened():
        found = [
            tuple(conversation(choice.first("message", "text", "delta"), "assistant")) for choice in choices.items()
        ]
    elif answer := held.first(*fields):
        found = [tuple(conversation(answer, "assistant"))]
    elif held.child("content"):  # Anthropic's API
        found = [tuple(message(held, "assistant"))]
    else:
        found = [tuple(response.turn("assistant"))] if isinstance(response.value, str) else []
    return [turns for turns in found if turns]


def _is_request(value: object) -> bool:
    request = value if isinstance(value, dict) else parsed(value)
    return isinstance(request, dict) and not {"messages", "input", "prompt"}.isdisjoint(request)
