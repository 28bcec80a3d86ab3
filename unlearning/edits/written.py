"""The weights in a model's folder, read tensor by tensor."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from safetensors import safe_open
from torch import Tensor

from ...errors import InputError

INDEX = "model.safetensors.index.json"
"""The file in which transformers says in which shard each tensor is."""


class WrittenTensors(Mapping[str, Tensor]):
    """A folder's tensors by name, each read from its file whenever it is asked for.

    Args:
        folder: The model's.

    Raises:
        OSError: A file is missing.
        SafetensorError: A file is damaged.
        InputError: The index is damaged.
    """

    def __init__(self, folder: Path) -> None:
        self._shards: dict[str, Path] = {}
        for shard in shards_of(folder):
            with safe_open(shard, framework="pt") as file:
                self._shards.update(dict.fromkeys(file.keys(), shard))

    def __getitem__(self, name: str) -> Tensor:
        """Read a tensor, to the CPU."""
        with safe_open(self._shards[name], framework="pt") as file:
            tensor: Tensor = file.get_tensor(name)
            return tensor

    def __iter__(self) -> Iterator[str]:
        """Yield the names."""
        return iter(self._shards)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._shards)

    def layout(self) -> dict[str, tuple[str, tuple[int, ...]]]:
        """Return each tensor's type, as safetensors calls it, and shape; no tensor is read."""
        found = {}
        for name, shard in self._shards.items():
            with safe_open(shard, framework="pt") as file:
                part = file.get_slice(name)
                found[name] = str(part.get_dtype()), tuple(part.get_shape())
        return found


def shards_of(folder: Path) -> list[Path]:
    """Return the files of a model's weights.

    Raises:
        InputError: The index is damaged.
    """
    if not (folder / INDEX).is_file():
        return [folder / "model.safetensors"]
    try:
        shards = set(json.loads((folder / INDEX).read_text(encoding="utf-8"))["weight_map"].values())
    except (ValueError, KeyError, AttributeError) as error:
        raise InputError(
            f"The file {str(folder / INDEX)!r} is damaged.", fix="Restore it from a backup, or save the model again."
        ) from error
    return sorted(folder / str(name) for name in shards)
