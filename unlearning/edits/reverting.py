"""Undoing an edit in a model's folder."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from ...errors import InputError
from .delta import Delta
from .written import WrittenTensors, shards_of


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
        if delta.side_of(WrittenTensors(model_folder)) == "after":
            raise InputError(
                f"The edit of the model in {str(model_folder)!r} is undone already.", fix="Take the model as it is."
            )
        _write(model_folder, delta_file, out_folder, delta)
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


def _tensors(shard: Path) -> dict[str, Tensor]:
    """Return a shard's tensors."""
    with safe_open(shard, framework="pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no dict


def _write(model_folder: Path, delta_file: Path, out_folder: Path, delta: Delta) -> None:
    shards = shards_of(model_folder)
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
