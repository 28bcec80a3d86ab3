"""Undoing an edit in a model's folder."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from ...errors import InputError
from .delta import Delta

INDEX = "model.safetensors.index.json"
"""The file in which transformers says in which shard each tensor is."""


def revert_folder(model_folder: Path, delta_file: Path, out_folder: Path) -> None:
    """Write a model's folder with the edit undone. The folder that is read stays as it is.

    Files that are no weights are copied, those of subfolders left out; the changed tensors are in memory together.

    Args:
        model_folder: The edited model: what `save_pretrained` wrote, as safetensors.
        delta_file: What `Delta.save` wrote for this edit.
        out_folder: Where to; made if it is not there, and empty if it is.

    Raises:
        InputError: The model is not the edited one, or its edit is undone already; a file is damaged; or
            `out_folder` is not empty, or is or lies in the folder that is read.
    """
    _check(model_folder, out_folder)
    delta = Delta.load(delta_file)
    try:
        shards = _shards(model_folder)
        changed = {name: tensor for shard in shards for name, tensor in _tensors(shard, set(delta.flips)).items()}
        if delta.side_of(changed) == "after":
            raise InputError(
                f"The edit of the model in {str(model_folder)!r} is undone already.", fix="Take the model as it is."
            )
        _write(model_folder, delta_file, out_folder, shards, delta)
    except (OSError, SafetensorError) as error:
        raise InputError(
            f"The model in {str(model_folder)!r} cannot be read, or {str(out_folder)!r} not be written: "
            f"{type(error).__name__}.",
            fix="Check the folder's files, and the space that is left.",
        ) from error


def _check(model_folder: Path, out_folder: Path) -> None:
    if out_folder.resolve().is_relative_to(model_folder.resolve()):
        raise InputError(
            f"{str(out_folder)!r} is or lies in the folder that is read.", fix="Give another folder to write to."
        )
    if out_folder.exists() and (not out_folder.is_dir() or any(out_folder.iterdir())):
        raise InputError(f"{str(out_folder)!r} is not an empty folder.", fix="Give another folder to write to.")


def _shards(folder: Path) -> list[Path]:
    """Return the files of a model's weights."""
    if not (folder / INDEX).is_file():
        return [folder / "model.safetensors"]
    try:
        shards = set(json.loads((folder / INDEX).read_text(encoding="utf-8"))["weight_map"].values())
    except (ValueError, KeyError, AttributeError) as error:
        raise InputError(
            f"The file {str(folder / INDEX)!r} is damaged.", fix="Restore it from a backup, or save the model again."
        ) from error
    return sorted(folder / str(name) for name in shards)


def _tensors(shard: Path, names: set[str] | None = None) -> dict[str, Tensor]:
    """Return a shard's tensors; of these names only, where some are given."""
    with safe_open(shard, framework="pt") as file:
        held = set(file.keys())
        return {name: file.get_tensor(name) for name in (held if names is None else held & names)}


def _write(model_folder: Path, delta_file: Path, out_folder: Path, shards: list[Path], delta: Delta) -> None:
    out_folder.parent.mkdir(parents=True, exist_ok=True)
    # Whole or not at all: half a model would be loaded as if it were one.
    with TemporaryDirectory(dir=out_folder.parent, prefix=f".{out_folder.name}-") as scratch:
        made = Path(scratch) / "model"
        made.mkdir()
        for shard in shards:
            tensors = {name: delta.flipped(name, tensor) for name, tensor in _tensors(shard).items()}
            with safe_open(shard, framework="pt") as file:
                save_file(tensors, made / shard.name, metadata=file.metadata())
        weights = {path.resolve() for path in (*shards, delta_file)}
        for path in model_folder.iterdir():
            if path.is_file() and path.resolve() not in weights:
                shutil.copy2(path, made)
        if out_folder.exists():
            out_folder.rmdir()  # Windows puts no folder in another's place
        made.replace(out_folder)
