"""LangSmith: exported runs, and examples of its data sets."""

from collections.abc import Iterator
from typing import Any

from ...agents.conversation import Role
from ..records import Dialogue, Turn
from .messages import conversation
from .nodes import Node
from .times import identity, moment

_SYSTEM = ("system", "system_prompt", "instructions")
_CONTEXT = ("context", "documents")
_HISTORY = ("chat_history", "history")
_PROMPTS = ("messages", "input", "question", "prompt", "prompts", "query", "human_input")
_ANSWERS = ("messages", "message", "output", "answer", "response", "result", "content", "text")


def matches(record: dict[str, Any]) -> bool:
    """Whether a record has this shape."""
    if "run_type" in record:
        return "inputs" in record or "outputs" in record
    return "inputs" in record and "outputs" in record


def dialogues(node: Node) -> Iterator[Dialogue]:
    """Yield a dialogue for each answer of a run, or one without an answer."""
    asked = tuple(_asked(_opened(node.child("inputs"))))
    name, at = identity(node), moment(node)
    for answer in _answers(_opened(node.child("outputs"))) or [()]:
        # A graph's outputs hold the messages of its inputs too.
        is_repeated = _said(answer[: len(asked)]) == _said(asked)
        yield Dialogue(name, at, (*asked, *(answer[len(asked) :] if is_repeated else answer)))


def _opened(node: Node) -> Node:
    """Return what was written as JSON into a table; anything else as it is."""
    opened = node.opened()
    return node if opened.value is None else opened


def _asked(inputs: Node) -> Iterator[Turn]:
    if not isinstance(inputs.value, dict):
        yield from conversation(inputs)
    elif inputs.first(*_PROMPTS):
        yield from _inside(inputs.first(*_SYSTEM), "system")
        yield from _inside(inputs.first(*_CONTEXT), "tool")
        yield from conversation(inputs.first(*_HISTORY))
        yield from _inside(inputs.first(*_PROMPTS), "user")
    else:
        yield from inputs.leaves("user")


def _answers(outputs: Node) -> list[tuple[Turn, ...]]:
    """Return the turns of each answer."""
    if several := outputs.first("choices", "generations"):
        found = [tuple(_choice(choice)) for choice in _flat(several)]
    elif answer := outputs.first(*_ANSWERS):
        found = [tuple(_inside(answer, "assistant"))]
    elif isinstance(outputs.value, dict):
        found = [tuple(outputs.leaves("assistant"))]
    else:
        found = [tuple(conversation(outputs, "assistant"))]
    return [turns for turns in found if turns]


def _choice(choice: Node) -> Iterator[Turn]:
    """Yield the turns of a choice. A generation holds its text twice; its message, the calls of tools too."""
    message = tuple(conversation(choice.first("message"), "assistant"))
    yield from message or conversation(choice.first("text", "content"), "assistant")


def _flat(node: Node) -> Iterator[Node]:
    """Yield the items of a list, and of the lists in it."""
    for item in node.items():
        yield from _flat(item) if isinstance(item.value, list) else [item]


def _inside(node: Node, role: Role) -> Iterator[Turn]:
    """Yield the turns of messages; of an object that is none, its texts."""
    turns = tuple(conversation(node, role))
    yield from turns or node.leaves(role)


def _said(turns: tuple[Turn, ...]) -> list[tuple[Role, str]]:
    return [(turn.role, turn.text) for turn in turns]
