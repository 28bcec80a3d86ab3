"""The output of a response as it is shown."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from secrets import token_hex

from ...graphs.gate import Released
from ...graphs.streaming import Piece
from .draft import Known
from .fields import Json
from .items import MESSAGE, REASONING, CallItem, Shape, TextItem
from .parts import Call


@dataclass(repr=False)
class Output:
    """The items that are shown: at most one with reasoning and one with text, under the ids of the model's first ones.

    Items are whole when the response is: until then they grow.
    """

    _texts: dict[str, TextItem] = field(default_factory=dict)
    _shown: list[TextItem | CallItem] = field(default_factory=list)

    @property
    def items(self) -> list[Json]:
        """The items as they are now."""
        return [shown.item for shown in self._shown]

    def show(self, piece: Piece, known: Collection[Known], message: Shape = MESSAGE) -> Iterator[Json]:
        """Yield the events that show more of reasoning and text.

        Args:
            piece: What may be shown.
            known: The items that the model has made so far.
            message: How the text is told.
        """
        for shape, text in ((REASONING, piece.reasoning), (message, piece.text)):
            if text:
                yield from self._open(shape, known)
                yield from self._texts[shape.kind].grown(text)

    def close(
        self, released: Released, calls: Mapping[int, Call], known: Mapping[int, Known], message: Shape = MESSAGE
    ) -> Iterator[Json]:
        """Yield the events that show what is left, and that say of each item that it is whole.

        Args:
            released: What was decided.
            calls: The calls that are released, by their place in the output.
            known: The items that the model has made, by their place.
            message: How the text is told.
        """
        yield from self.show(Piece(released.rest, released.rest_reasoning), known.values(), message)
        if released.verdict.action != "abstain":
            yield from self._beside(calls, known)
        for text in self._texts.values():
            yield from text.closed()

    def _beside(self, calls: Mapping[int, Call], known: Mapping[int, Known]) -> Iterator[Json]:
        """Yield the events of calls, and of reasoning without text: a call is not taken back without its reasoning."""
        first = next((place for place, item in known.items() if item.kind == REASONING.kind), None)
        for place, item in known.items():
            if place == first:
                yield from self._open(REASONING, known.values())
            elif item.kind == REASONING.kind:
                yield from self._add(TextItem(REASONING, item.id, len(self._shown)))
            elif place in calls:
                yield from self._add(CallItem(calls[place], item.id, len(self._shown)))

    def _add(self, item: TextItem | CallItem) -> Iterator[Json]:
        self._shown.append(item)
        yield from item.opened()
        yield from item.closed()

    def _open(self, shape: Shape, known: Collection[Known]) -> Iterator[Json]:
        if shape.kind not in self._texts:
            first = next((item.id for item in known if item.kind == shape.kind), f"{shape.prefix}_{token_hex(24)}")
            self._texts[shape.kind] = TextItem(shape, first, len(self._shown))
            self._shown.append(self._texts[shape.kind])
            yield from self._texts[shape.kind].opened()
