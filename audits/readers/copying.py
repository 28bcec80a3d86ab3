"""Writing copies of files beside each other, so that none takes the place of another."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from secrets import token_hex

from ...errors import InputError
from ..records import JsonPath
from .storage import Entry, Storage, Unusable

Choose = Callable[[Path, Entry], Mapping[JsonPath, str] | None]


def copies(paths: Sequence[Path], out: Path, storage_of: Callable[[Path], Storage], choose: Choose) -> Iterator[Path]:
    """Write a copy of each file that can be read, and yield its path.

    Args:
        paths: The files.
        out: The folder for the copies.
        storage_of: Returns what reads a file.
        choose: Decides what the copy of a file holds of a record.

    Raises:
        InputError: A copy cannot be written.
    """
    originals = {path.resolve() for path in paths}
    for path, target in zip(paths, _targets(paths, out), strict=True):
        storage = storage_of(path)
        if target.resolve() in originals:
            raise InputError(f"{str(target)!r} is one of the logs.", fix="Give another folder for the copies.")
        if not isinstance(storage, Unusable):
            _write(storage, target, partial(choose, path))
            yield target


def _targets(paths: Sequence[Path], out: Path) -> list[Path]:
    """Return the paths of the copies: those from the common folder on."""
    whole = [path.resolve() for path in paths]
    common = Path(os.path.commonpath([path.parent for path in whole])) if whole else out
    return [out / path.relative_to(common) for path in whole]


def _write(storage: Storage, target: Path, choose: Callable[[Entry], Mapping[JsonPath, str] | None]) -> None:
    draft = target.with_name(f".{target.name}.{token_hex(8)}")
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        storage.copy(draft, choose)
        draft.replace(target)
    except OSError as error:
        fix = "Give another folder for the copies."
        raise InputError(f"{str(target)!r} cannot be written ({type(error).__name__}).", fix=fix) from error
    finally:
        with suppress(OSError):
            draft.unlink()
