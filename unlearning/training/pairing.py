"""What is trained on, in which order: decided before the first step, so that a job that was killed goes on exactly."""

from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Any, NamedTuple

from torch.utils.data import Dataset

from ..encoding import Batch, Encoded, Encoder, Side


class Sets(NamedTuple):
    """The examples of a job as tokens."""

    forget: list[Encoded]
    retain: list[Encoded]

    alternates: list[list[Encoded]]
    """What to say in place of each forget example; laid end to end, each has a row of its own."""

    def side(self, side: Side) -> list[Encoded]:
        """Return all examples of a side, by row."""
        if side == "alternate":
            return [each for choices in self.alternates for each in choices]
        return self.forget if side == "forget" else self.retain


class Item(NamedTuple):
    """The rows of one example of a batch; `None`: the loss asks for none."""

    forget: int
    alternate: int | None
    retain: int | None


class Pairs(Dataset[Item]):
    """A forget example, one of its alternates and a retain example, time after time.

    Each set is gone through in a new order, whole, before any of it comes again.

    Args:
        sets: The examples.
        count: How many items.
        seed: What the orders come from.
        alternates: Whether alternates are asked for.
        retain: Whether retain examples are.
    """

    def __init__(self, sets: Sets, count: int, seed: int, *, alternates: bool, retain: bool) -> None:
        # One for each draw: what one set holds does not change the order of another.
        one, other, third = (Random(f"{seed} {side}") for side in ("forget", "retain", "alternate"))  # noqa: S311
        first = _starts(sets.alternates)
        forget, kept = _rounds(len(sets.forget), one), _rounds(len(sets.retain), other)
        self.items = [
            Item(
                row := next(forget),
                first[row] + third.randrange(len(sets.alternates[row])) if alternates else None,
                next(kept) if retain else None,
            )
            for _ in range(count)
        ]

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: int) -> Item:
        return self.items[index]


class Collator:
    """Makes batches of items: a dictionary by side, of tensors, as transformers moves them to a device.

    Args:
        sets: The examples.
        encoder: Pads them.
    """

    def __init__(self, sets: Sets, encoder: Encoder) -> None:
        self._encoder = encoder
        self._sides: Mapping[Side, list[Encoded]] = {
            side: sets.side(side) for side in ("forget", "alternate", "retain")
        }

    def __call__(self, items: Sequence[Item]) -> dict[str, dict[str, Any]]:
        """Return the batches of the items' sides."""
        rows: dict[Side, list[int | None]] = {
            "forget": [item.forget for item in items],
            "alternate": [item.alternate for item in items],
            "retain": [item.retain for item in items],
        }
        return {side: self._batch(side, [row for row in numbers if row is not None]) for side, numbers in rows.items()}

    def _batch(self, side: Side, rows: list[int]) -> dict[str, Any]:
        if not rows:
            return {}
        batch = self._encoder.batch([self._sides[side][row] for row in rows], rows, side)
        return {
            "input_ids": batch.input_ids,
            "attention_mask": batch.attention_mask,
            "labels": batch.labels,
            "rows": batch.rows,
        }


def batch_of(inputs: Mapping[str, Any], side: Side) -> Batch | None:
    """Return what the collator made as a batch; `None`: it is of no side of this step."""
    tensors = inputs[side]
    return Batch(**tensors, side=side) if tensors else None


def _starts(alternates: Sequence[Sequence[Encoded]]) -> list[int]:
    """Return the first row of each forget example's alternates."""
    starts, total = [], 0
    for choices in alternates:
        starts.append(total)
        total += len(choices)
    return starts


def _rounds(size: int, rng: Random) -> Iterator[int]:
    while size:
        yield from rng.sample(range(size), size)
