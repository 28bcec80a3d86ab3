"""A draft put together from the parts in which an API sends it."""

import json
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any

from langchain_core.messages import AIMessage, InvalidToolCall, ToolCall

from ...graphs.characters import Characters, healed
from ...graphs.draft import BREAK, REASONING_FIELD


def call_id() -> str:
    """Return an id for a call of a tool that every model's side takes back: Mistral's wants nine letters and digits."""
    return token_hex(5)[:9]


@dataclass(repr=False)
class Pieces:
    """A text that comes in pieces.

    Where one ends inside a surrogate pair, the halves meet again; a half that stays alone is replaced by U+FFFD.
    Between pieces of different fields or parts stands a blank line: side by side they could hide a name.

    Attributes:
        texts: What has come, of whole characters.
    """

    texts: list[str] = field(default_factory=list)
    _characters: Characters = field(default_factory=Characters)
    _at: object = None
    _read: int = 0

    def add(self, text: str, at: object = None) -> None:
        """Take a piece in.

        Args:
            text: The piece, cut anywhere.
            at: The field or part of the answer that it belongs to.
        """
        if text:
            self.texts.append(self._characters.add((BREAK if self.texts and at != self._at else "") + text))
            self._at = at

    def unread(self) -> str:
        """Return what has come since this was last asked."""
        start, self._read = self._read, len(self.texts)
        return "".join(self.texts[start:])

    @property
    def all(self) -> str:
        """The whole text."""
        return "".join([*self.texts, self._characters.rest()])


@dataclass(repr=False)
class Call:
    """A call of a tool.

    Attributes:
        kind: Whether the arguments are JSON (`function`) or any text (`custom`).
        name: The tool.
        arguments: The arguments.
        id: The id by which its result will be told; no other call of the answer has it.
    """

    kind: str = "function"
    name: str = ""
    arguments: Pieces = field(default_factory=Pieces)
    id: str = field(default_factory=call_id)

    def parsed(self) -> dict[str, Any] | None:
        """Return the arguments; `None` when they are no JSON object."""
        text = self.arguments.all
        if self.kind == "custom":
            return {"input": text}
        try:
            arguments = json.loads(text or "{}")
        except (ValueError, RecursionError):
            return None
        return arguments if isinstance(arguments, dict) else None


@dataclass(repr=False)
class Parts:
    """What of a draft has come so far. Has no readable form.

    Attributes:
        text: The text, refusals in it.
        reasoning: What the model thought before.
        calls: Calls of tools, by their place in the answer.
        finish_reason: Why the model stopped; `None`: it has not said.
    """

    text: Pieces = field(default_factory=Pieces)
    reasoning: Pieces = field(default_factory=Pieces)
    calls: dict[int, Call] = field(default_factory=dict)
    finish_reason: str | None = None

    def message(self) -> AIMessage:
        """Return the whole answer, as an exchange finishes with it."""
        calls = [(call, call.parsed()) for _, call in sorted(self.calls.items())]
        reasoning = self.reasoning.all
        return AIMessage(
            self.text.all,
            tool_calls=[
                ToolCall(name=healed(call.name), args=args, id=call.id) for call, args in calls if args is not None
            ],
            invalid_tool_calls=[_invalid(call) for call, args in calls if args is None],
            response_metadata={"finish_reason": self.finish_reason} if self.finish_reason else {},
            additional_kwargs={REASONING_FIELD: reasoning} if reasoning else {},
        )

    def released(self, message: AIMessage) -> dict[int, Call]:
        """Return the calls in a released message, written anew from what was audited, by their place in the answer."""
        released = {call["id"]: call for call in message.tool_calls}
        called = sorted(self.calls.items())
        return {place: _released(released[call.id], call) for place, call in called if call.id in released}


def _invalid(call: Call) -> InvalidToolCall:
    return InvalidToolCall(
        type="invalid_tool_call", name=healed(call.name), args=call.arguments.all, id=call.id, error="no JSON object"
    )


def _released(released: ToolCall, call: Call) -> Call:
    args = released["args"]
    arguments = args.get("input", "") if call.kind == "custom" else json.dumps(args, ensure_ascii=False)
    return Call(call.kind, released["name"], Pieces([healed(arguments)]), call.id)
