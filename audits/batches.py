"""A log cut into batches: what is read together, judged together and written down together."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from ..stores.keys import Keys
from .exchanges import Exchange, exchanges_in, is_sampled
from .judging import Question
from .records import Dialogue, Fault

SIZE = 256
"""Exchanges of a batch, about: what a killed audit has to do again."""

_CHARACTERS = 2_000_000


class Mark(NamedTuple):
    """How far a log was gone through."""

    items: int = 0
    """Dialogues and faults that are done, from the start of the log."""

    begun: int = 0
    """Exchanges in them, those that a sample leaves out too."""

    numbered: int = 0
    """The same with those that are done of the next dialogue."""


@dataclass
class Batch:
    """A stretch of a log.

    Attributes:
        mark: How far the log is gone through at its end.
        faults: What could not be used.
        exchanges: The exchanges to be looked at.
        known: Of those that were seen before, the number of the first of its like, by the place in `exchanges`.
        digests: Their digests.
        characters: How long their texts are together.
    """

    mark: Mark = field(default_factory=Mark)
    faults: list[Fault] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)
    known: dict[int, int] = field(default_factory=dict)
    digests: list[bytes] = field(default_factory=list)
    characters: int = 0

    @cached_property
    def new(self) -> list[Exchange]:
        """The exchanges of which there was none like them before; to be asked for when the batch is full."""
        return [exchange for place, exchange in enumerate(self.exchanges) if place not in self.known]

    @cached_property
    def questions(self) -> list[Question]:
        """The same, as they are judged."""
        return [Question.of(exchange) for exchange in self.new]

    @property
    def is_full(self) -> bool:
        """Whether it is large enough."""
        return max(len(self.exchanges), len(self.faults)) >= SIZE or self.characters >= _CHARACTERS

    def add(self, exchange: Exchange, digest: bytes, known: int | None) -> None:
        """Add an exchange; `known` is the number of the first of its like, if there was one."""
        if known is not None:
            self.known[len(self.exchanges)] = known
        self.characters += sum(len(turn.text) for turn in exchange.turns)
        self.exchanges.append(exchange)
        self.digests.append(digest)


class Batches:
    """Cuts a log into batches, and tells which of its exchanges came before.

    Args:
        keys: The register's keys.
        seen: Returns the number of the first exchange with a digest, of those that are written down; else `None`.
        looked_at: Exchanges that were looked at before.
        sample: The share of the exchanges to look at; `None`: all.
        limit: How many to look at at most; `None`: all.
    """

    def __init__(
        self,
        keys: Keys,
        seen: Callable[[bytes], int | None],
        looked_at: int = 0,
        sample: float | None = None,
        limit: int | None = None,
    ) -> None:
        self._keys = keys
        self._seen = seen
        self._looked_at = looked_at
        self._sample = sample
        self._limit = limit
        # Those that are on their way: not written down yet.
        self._flying: dict[bytes, int] = {}

    def cut(self, items: Iterable[Dialogue | Fault], done: Mark) -> Iterator[Batch]:
        """Yield batches of what is not done yet; one may end within a dialogue.

        Args:
            items: The log, from its start.
            done: What of it was written down before.
        """
        batch = Batch(done)
        for count, item in enumerate(items, 1):
            if count <= done.items:
                continue
            if self._is_enough:
                break
            if isinstance(item, Fault):
                batch.faults.append(item)
            else:
                for exchange in exchanges_in(item, batch.mark.begun):
                    if exchange.number < done.numbered:
                        continue
                    self._take(batch, exchange)
                    if batch.is_full:
                        yield batch
                        batch = Batch(batch.mark)
            batch.mark = Mark(count, batch.mark.numbered, batch.mark.numbered)
            if batch.is_full:
                yield batch
                batch = Batch(batch.mark)
        if batch.mark != done:
            yield batch

    def landed(self, batch: Batch) -> None:
        """Forget that a batch is on its way: it was written down."""
        for digest in batch.digests:
            self._flying.pop(digest, None)

    @property
    def _is_enough(self) -> bool:
        return self._limit is not None and self._looked_at >= self._limit

    def _take(self, batch: Batch, exchange: Exchange) -> None:
        batch.mark = batch.mark._replace(numbered=exchange.number + 1)
        left_out = self._sample is not None and not is_sampled(exchange.number, self._sample, self._keys)
        if left_out or self._is_enough:
            return
        digest = exchange.digest(self._keys)
        known = self._flying[digest] if digest in self._flying else self._seen(digest)
        if known is None:
            self._flying[digest] = exchange.number
        batch.add(exchange, digest, known)
        self._looked_at += 1
