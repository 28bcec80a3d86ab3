"""Checkpoints of a training: which of them are whole, and how much room they take."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from ...errors import InputError

STATE = "trainer_state.json"
"""What transformers writes last: a checkpoint without it was cut short."""

_COPIES = 9
"""Copies of what is trained on disk at most: two checkpoints with the optimizer's moments, a third being written."""


def last_whole(folder: Path) -> Path | None:
    """Return the latest checkpoint that was written to its end; `None`: there is none."""
    found = {_step(path): path for path in folder.glob("checkpoint-*") if _is_whole(path)}
    return found[max(found)] if found else None


def drop_broken(folder: Path) -> None:
    """Remove checkpoints that were cut short: transformers would count them, and keep them instead of whole ones."""
    for path in folder.glob("checkpoint-*"):
        if not _is_whole(path):
            shutil.rmtree(path, ignore_errors=True)


def check_disk(folder: Path, *, trained: int, result: int) -> None:
    """See to it that the checkpoints and the result have room.

    Args:
        folder: Where checkpoints go; exists. What lies there from an earlier run counts as room.
        trained: Bytes of the weights that are trained; 0: there are no checkpoints.
        result: Bytes of the model that is made.

    Raises:
        InputError: There is too little.
    """
    there = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    needed, free = _COPIES * trained + result, shutil.disk_usage(folder).free + there
    if needed > free:
        raise InputError(
            f"The disk of {str(folder)!r} has {free / 2**20:,.0f} MiB for this job, and it may take "
            f"{needed / 2**20:,.0f} MiB.",
            fix="Free some, give --store another disk, or train with LoRA (lora_rank=16), which takes far less.",
        )


def _is_whole(path: Path) -> bool:
    try:
        return bool(json.loads((path / STATE).read_text(encoding="utf-8"))["global_step"] == _step(path))
    except (OSError, ValueError, KeyError):
        return False


def _step(path: Path) -> int:
    number = path.name.rpartition("-")[2]
    return int(number) if number.isdecimal() else -1
