"""The draft of a response: what the model says in items of several kinds."""

from dataclasses import dataclass, field
from typing import NamedTuple

from .envelope import known_id, looks_random
from .fields import Json, index_of, list_of, object_of, text_of
from .parts import Call, Parts

_PREFIXES = {"message": "msg", "reasoning": "rs", "function_call": "fc", "custom_tool_call": "ctc"}
_ARGUMENTS = {"function_call": "arguments", "custom_tool_call": "input"}


class At(NamedTuple):
    """A part of the output that has text."""

    kind: str
    """The type of the part."""
    item: int
    """The place of its item."""
    number: int = 0
    """Its place in the item."""


# The types of parts that have text, with its field: of messages, and of reasoning.
_TEXTS = {"output_text": "text", "refusal": "refusal"}
_THOUGHTS = {"summary_text": "text", "reasoning_text": "text"}
# Events with more of a text: its part, and the field with the part's place.
_DELTAS = {
    "response.output_text.delta": ("output_text", "content_index"),
    "response.refusal.delta": ("refusal", "content_index"),
    "response.reasoning_summary_text.delta": ("summary_text", "summary_index"),
    "response.reasoning_text.delta": ("reasoning_text", "content_index"),
}


@dataclass(frozen=True)
class Known:
    """An item of a kind that may be shown.

    Attributes:
        kind: Its type.
        id: Its id; one of our own where the model's is not random.
    """

    kind: str
    id: str


@dataclass(repr=False)
class ResponseDraft:
    """What of a response's output has come so far, put into parts.

    Attributes:
        parts: What is audited.
        known: The items that may be shown, by their place in the output.
    """

    parts: Parts
    known: dict[int, Known] = field(default_factory=dict)
    _come: set[At] = field(default_factory=set)
    _call_ids: set[str] = field(default_factory=set)

    def take_delta(self, event: Json) -> None:
        """Take in what an event brings of a text, if it is of that kind."""
        if found := _DELTAS.get(text_of(event.get("type"))):
            kind, place = found
            at = At(kind, index_of(event.get("output_index", 0)), index_of(event.get(place, 0)))
            self._add(text_of(event.get("delta")), at)

    def note(self, place: int, item: Json) -> None:
        """Take note of an item, whole or not; one of a kind that is held back is passed over."""
        kind = str(item.get("type"))
        if kind in _PREFIXES and place not in self.known:
            self.known[place] = Known(kind, known_id(item.get("id"), _PREFIXES[kind]))

    def take_item(self, place: int, item: Json) -> None:
        """Take a whole item in; of its texts those that have not come piece by piece."""
        self.note(place, item)
        match item.get("type"):
            case "message":
                self._take_texts(place, item.get("content"), _TEXTS)
            case "reasoning":
                self._take_texts(place, item.get("summary"), _THOUGHTS)
                self._take_texts(place, item.get("content"), _THOUGHTS)
            case "function_call" | "custom_tool_call" as kind:
                self._take_call(place, item, _ARGUMENTS[kind])

    def take(self, output: object) -> None:
        """Take a whole output in; of text, of reasoning and of calls only what has not begun to come in items.

        Raises:
            MalformedAnswer: When it is no list of items.
        """
        parts = self.parts
        come = {"message": bool(parts.text.texts), "reasoning": bool(parts.reasoning.texts)}
        called = bool(parts.calls)
        for place, item in enumerate(map(object_of, list_of(output))):
            if not come.get(str(item.get("type")), called):
                self.take_item(place, item)

    def _take_texts(self, place: int, parts: object, fields: dict[str, str]) -> None:
        for number, part in enumerate(map(object_of, list_of(parts))):
            kind = str(part.get("type"))
            if kind in fields and At(kind, place, number) not in self._come:
                self._add(text_of(part.get(fields[kind])), At(kind, place, number))

    def _take_call(self, place: int, item: Json, arguments: str) -> None:
        call = Call("custom" if arguments == "input" else "function", text_of(item.get("name")))
        call.arguments.add(text_of(item.get(arguments)))
        given = text_of(item.get("call_id"))
        if looks_random(given) and given not in self._call_ids:
            call.id = given
        self._call_ids.add(given)
        self.parts.calls.setdefault(place, call)

    def _add(self, text: str, at: At) -> None:
        if text:
            self._come.add(at)
            (self.parts.text if at.kind in _TEXTS else self.parts.reasoning).add(text, at)
