"""Items of a response's output as they are shown: an item, and the events that stream it."""

from collections.abc import Iterator
from typing import NamedTuple

from .fields import Json
from .parts import Call


class Shape(NamedTuple):
    """How an item that holds text looks."""

    kind: str
    """The type of the item."""
    prefix: str
    """What its id begins with."""
    fields: Json
    """What else it holds."""
    parts: str
    """The field of the item with its parts."""
    part: Json
    text: str
    """The field of a part with its text."""
    part_events: str
    text_events: str
    place: str
    """The field of an event that tells the part's place."""
    beside: Json
    """What else an event with text holds."""


MESSAGE = Shape(
    kind="message",
    prefix="msg",
    fields={"role": "assistant"},
    parts="content",
    part={"type": "output_text", "annotations": [], "logprobs": []},
    text="text",
    part_events="response.content_part",
    text_events="response.output_text",
    place="content_index",
    beside={"logprobs": []},
)
REFUSAL = MESSAGE._replace(part={"type": "refusal"}, text="refusal", text_events="response.refusal", beside={})
REASONING = Shape(
    kind="reasoning",
    prefix="rs",
    fields={},
    parts="summary",
    part={"type": "summary_text"},
    text="text",
    part_events="response.reasoning_summary_part",
    text_events="response.reasoning_summary_text",
    place="summary_index",
    beside={},
)


class TextItem:
    """An item with one part of text, which grows.

    Args:
        shape: How it looks.
        item_id: Its id.
        index: Its place in the output.
    """

    def __init__(self, shape: Shape, item_id: str, index: int) -> None:
        self._shape = shape
        self._id = item_id
        self._index = index
        self._text: list[str] = []

    def opened(self) -> Iterator[Json]:
        """Yield the events that add it, still empty."""
        item = self._item([], "in_progress")
        yield {"type": "response.output_item.added", "output_index": self._index, "item": item}

    def grown(self, text: str) -> Iterator[Json]:
        """Yield the events that show more of its text."""
        if not self._text:
            yield self._event(f"{self._shape.part_events}.added", part=self._part(""))
        self._text.append(text)
        yield self._event(f"{self._shape.text_events}.delta", delta=text, **self._shape.beside)

    def closed(self) -> Iterator[Json]:
        """Yield the events that say that it is whole."""
        for part in self.item[self._shape.parts]:
            yield self._event(
                f"{self._shape.text_events}.done", **{self._shape.text: part[self._shape.text]}, **self._shape.beside
            )
            yield self._event(f"{self._shape.part_events}.done", part=part)
        yield {"type": "response.output_item.done", "output_index": self._index, "item": self.item}

    @property
    def item(self) -> Json:
        """The item with all of its text."""
        return self._item([self._part("".join(self._text))] if self._text else [], "completed")

    def _part(self, text: str) -> Json:
        return {**self._shape.part, self._shape.text: text}

    def _item(self, parts: list[Json], status: str) -> Json:
        told = {"status": status} if self._shape.kind == MESSAGE.kind else {}
        return {"id": self._id, "type": self._shape.kind, **self._shape.fields, self._shape.parts: parts, **told}

    def _event(self, kind: str, **fields: object) -> Json:
        place = {"item_id": self._id, "output_index": self._index, self._shape.place: 0}
        return {"type": kind, **place, **fields}


class CallItem:
    """A call of a tool, shown when it is whole.

    Args:
        call: The call.
        item_id: Its id as an item.
        index: Its place in the output.
    """

    def __init__(self, call: Call, item_id: str, index: int) -> None:
        custom = call.kind == "custom"
        self._argument = "input" if custom else "arguments"
        self._events = f"response.{'custom_tool_call_input' if custom else 'function_call_arguments'}"
        self._index = index
        self.item: Json = {
            "id": item_id,
            "type": "custom_tool_call" if custom else "function_call",
            "call_id": call.id,
            "name": call.name,
            self._argument: call.arguments.all,
            "status": "completed",
        }

    def opened(self) -> Iterator[Json]:
        """Yield the events that add it, and show its arguments."""
        empty = {**self.item, self._argument: "", "status": "in_progress"}
        place = {"item_id": self.item["id"], "output_index": self._index}
        yield {"type": "response.output_item.added", "output_index": self._index, "item": empty}
        text = self.item[self._argument]
        yield {"type": f"{self._events}.delta", **place, "delta": text}
        yield {"type": f"{self._events}.done", **place, self._argument: text, "name": self.item["name"]}

    def closed(self) -> Iterator[Json]:
        """Yield the event that says that it is whole."""
        yield {"type": "response.output_item.done", "output_index": self._index, "item": self.item}
