"""The top share of weights, over all tensors together and exact to the entry, whatever the size of the model.

The bits of floats that are not negative, read as integers, are in the order of the floats. So two histograms find the
threshold: of the upper 16 bits, then of the lower 16 bits within one bin. No tensor is sorted or joined to another.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import torch
from torch import Tensor

LOW = 16
"""Bits that the second histogram looks at."""

PIECE = 2**24
"""Entries that are counted at once: `bincount` needs eight bytes for each."""


class _Cut(NamedTuple):
    """Where a histogram is cut, from above."""

    at: int
    """The bin that is cut through."""

    inside: int
    """How many of that bin belong to the top, at least 1."""


def top_share(scores: Mapping[str, Tensor], share: float) -> dict[str, Tensor]:
    """Return which entries have the highest scores.

    Of entries with the same score, those of earlier tensors and earlier positions come first.

    Args:
        scores: By name, at least one entry; finite and not negative, compared in float32.
        share: Of all entries together, above 0 and at most 1; rounded to whole entries, at least one.

    Returns:
        By name, boolean, of the shape of its scores.
    """
    entries = sum(score.numel() for score in scores.values())
    cut = _threshold(scores.values(), max(1, round(share * entries)))
    masks, ties = {}, cut.inside
    for name, score in scores.items():
        bits = _bits(score)
        equal = bits == cut.at
        found = int(equal.sum())
        if found > ties:
            equal &= equal.cumsum(0) <= ties
        ties -= min(found, ties)
        masks[name] = (equal | (bits > cut.at)).view(score.shape)
    return masks


def _threshold(scores: Iterable[Tensor], count: int) -> _Cut:
    """Return the bits of the `count`-th highest score, and how many with the same score are among the top."""
    tensors = list(scores)
    high = _cut(_histogram(tensors, lambda bits: bits >> LOW), count)
    low = _cut(_histogram(tensors, lambda bits: bits[bits >> LOW == high.at] & (2**LOW - 1)), high.inside)
    return _Cut(high.at << LOW | low.at, low.inside)


def _histogram(tensors: Iterable[Tensor], part: Callable[[Tensor], Tensor]) -> Tensor:
    """Return how often each value of 16 bits occurs, shape `(65536,)`."""
    counts = torch.zeros(2**LOW, dtype=torch.int64)
    for tensor in tensors:
        for piece in torch.split(_bits(tensor), PIECE):
            counts += torch.bincount(part(piece), minlength=2**LOW).cpu()
    return counts


def _cut(histogram: Tensor, count: int) -> _Cut:
    above = histogram.flip(0).cumsum(0)  # entries in a bin or in a higher one, from the highest bin on
    place = int((above < count).sum())
    higher = int(above[place - 1]) if place else 0
    return _Cut(len(histogram) - 1 - place, count - higher)


def _bits(score: Tensor) -> Tensor:
    """Return float32 scores as integers of the same order, shape `(entries,)`."""
    return score.detach().float().flatten().view(torch.int32)
