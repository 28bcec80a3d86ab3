"""What undoes an edit, taken from the files before it and after it."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from safetensors import SafetensorError

from ...errors import InputError
from ...models.checkpoint import load_checkpoint, quietly
from .delta import Delta
from .written import WrittenTensors


def record_delta(given: Path, edited: Path, path: Path) -> None:
    """Write what undoes an edit in the edited model's folder, for `revert_folder`.

    It is taken between files, as tensors may lie otherwise in memory: transformers stacks the experts of a mixture
    when it loads them, and takes the stacks apart when it saves. Where the given folder's tensors have other names,
    shapes or types than those that were saved, as in files of an older version or in two precisions, the given model
    is written once as the edited one was, beside `path` and for a while only; what is undone then is the edit, bit for
    bit, and not how the tensors are laid out.

    Args:
        given: The folder of the model before the edit, which is only read.
        edited: The folder of the edited model, as `save_pretrained` wrote it.
        path: The file to write.

    Raises:
        InputError: The weights of a folder cannot be read, or those of the two are not of one model.
        ModelNotFound: The given model cannot be loaded, where it has to be.
    """
    try:
        if WrittenTensors(given).layout() == WrittenTensors(edited).layout():
            Delta.between_files(WrittenTensors(given), WrittenTensors(edited)).save(path)
            return
        with TemporaryDirectory(dir=path.parent, prefix=".before-") as before:
            _rewrite(given, Path(before), WrittenTensors(edited))
            Delta.between_files(WrittenTensors(Path(before)), WrittenTensors(edited)).save(path)
    except (OSError, SafetensorError) as error:
        raise InputError(
            f"What undoes the edit cannot be taken from {str(given)!r} and {str(edited)!r}: {type(error).__name__}.",
            fix="Check that the weights are whole, as safetensors, and the space that is left.",
        ) from error


def _rewrite(given: Path, folder: Path, like: WrittenTensors) -> None:
    """Write a model in the precision of other files."""
    precision = next((tensor.dtype for tensor in like.values() if tensor.is_floating_point()), torch.float32)
    model = load_checkpoint(given, "cpu", "float32").model
    torch.nn.Module.to(model, precision)
    with quietly():
        model.save_pretrained(folder)
