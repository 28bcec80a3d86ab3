"""Files that are written whole or not at all, for their owner's eyes."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import InputError


@contextmanager
def drafted(path: Path) -> Iterator[Path]:
    """Yield the path of a draft that takes the file's place at the end; owner-only rights."""
    draft = path.with_name(f"{path.name}.draft")
    draft.unlink(missing_ok=True)
    os.close(os.open(draft, os.O_CREAT | os.O_WRONLY, 0o600))
    try:
        yield draft
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    draft.replace(path)


def write_lines(path: Path, lines: Iterable[str]) -> None:
    """Write lines of ASCII, as JSON is written here."""
    with drafted(path) as draft, draft.open("w", encoding="ascii") as file:
        file.writelines(f"{line}\n" for line in lines)


def write_page(path: Path, page: str) -> None:
    """Write a page; one that exists is replaced.

    Raises:
        InputError: The file cannot be written.
    """
    # What is shown was made encodable; should a text have slipped through, a sign is better lost than the report.
    content = page.encode("utf-8", "replace")
    try:
        with drafted(path) as draft:
            draft.write_bytes(content)
    except OSError as error:
        raise InputError(
            f"{str(path)!r} cannot be written ({type(error).__name__}).", fix="Give another path."
        ) from error


def open_folder(path: Path) -> None:
    """Make the folder of a report, with owner-only rights, when it is missing.

    Raises:
        InputError: It cannot be made, or is no folder.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"The folder {str(path)!r} cannot be used ({type(error).__name__}).", fix="Give --out another folder."
        ) from error
