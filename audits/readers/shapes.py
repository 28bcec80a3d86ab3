"""The shapes of records, and which of them a record has."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from ..records import Dialogue, Format
from . import batch, langsmith, openai, otel, sharegpt
from .nodes import Node
from .plain import Plain

_FIELDS = frozenset({"messages", "conversations", "conversation", "inputs", "outputs", "choices", "body", "attributes"})


class Shape(NamedTuple):
    """A shape of records."""

    name: Format
    """Its name."""

    matches: Callable[[dict[str, Any]], bool]
    """Whether a record has it."""

    dialogues: Callable[[Node], Iterator[Dialogue]] | None
    """Yields what a record holds; `None`: it has to be joined with another."""


class Shapes:
    """The shapes that records may have.

    Args:
        wanted: The only one that they may; `None`, or how a file is stored: any.
        columns: What fields are called, by our names.

    Raises:
        InputError: One of our names is none.
    """

    def __init__(self, wanted: Format | None, columns: Mapping[str, str]) -> None:
        self.plain = Plain(columns)
        shapes = [
            Shape("plain", self.plain.is_mapped, self.plain.dialogues),
            Shape("openai-batch", batch.matches, None),
            Shape("otel", otel.matches, otel.dialogues),
            Shape("langsmith", langsmith.matches, langsmith.dialogues),
            Shape("sharegpt", sharegpt.matches, sharegpt.dialogues),
            Shape("openai", openai.matches, openai.dialogues),
            Shape("plain", self.plain.matches, self.plain.dialogues),
        ]
        self._shapes = [shape for shape in shapes if wanted in (None, "csv", "parquet", shape.name)]

    def are_columns(self, names: Iterable[str]) -> bool:
        """Whether columns are those of a table in which records have a shape."""
        names = list(names)
        return self.plain.matches(names) or not _FIELDS.isdisjoint(names)

    def of(self, record: dict[str, Any]) -> Shape | None:
        """Return the first shape that a record has; `None` when it has none of them."""
        return next((shape for shape in self._shapes if shape.matches(record)), None)
