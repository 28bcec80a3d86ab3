"""A few of very many, each as likely as any other."""

from random import Random
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Drawn(Generic[Item]):
    """A sample of a stream (Vitter 1985, algorithm R); of the same stream the same sample each time.

    Args:
        most: How many at most.

    Attributes:
        kept: The sample.
    """

    def __init__(self, most: int) -> None:
        self.kept: list[Item] = []
        self._most = most
        self._passed = 0
        self._random = Random(0)  # noqa: S311 - which ones they are is no secret

    def add(self, item: Item) -> None:
        """Let one pass by."""
        self._passed += 1
        if len(self.kept) < self._most:
            self.kept.append(item)
        elif (place := self._random.randrange(self._passed)) < self._most:
            self.kept[place] = item
