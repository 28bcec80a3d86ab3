"""Finding the files of logs: by name, by pattern, in folders, on standard input."""

import os
import shutil
import sys
from collections.abc import Sequence
from glob import glob
from pathlib import Path

from ...errors import InputError

STDIN = "-"
"""Stands for standard input."""

JOURNAL = "audit.db"
"""The file by which the folder of a report is known."""

SPOOL = "stdin.log"
"""The file that standard input is kept in while it is audited."""

_ENDINGS = (".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".parquet")
_PACKED = (".gz", ".zst")
_FIX = f"Give files, patterns such as 'logs/*.jsonl', folders with files in {', '.join(_ENDINGS)}, or '-'."


def find_logs(given: Sequence[str | Path], work: Path) -> list[Path]:
    """Return the files that are meant, each once, in the order in which they were given.

    Args:
        given: Files, patterns (`logs/*.jsonl`, `logs/**/*.gz`), folders, of which all files with a known ending are
            taken and hidden ones are not, and `-` for standard input.
        work: A folder in which standard input is kept, as `stdin.log`; one that is there already is taken instead.

    Raises:
        InputError: Nothing matches what was given, or standard input is closed or cannot be kept.
    """
    found: dict[Path, Path] = {}
    for each in given:
        files = [_spooled(work)] if str(each) == STDIN else _files(Path(each), work.resolve())
        for path in files:
            found.setdefault(path.resolve(), path)
    if not found:
        raise InputError("No logs were given.", fix=_FIX)
    return list(found.values())


def others_in(given: Sequence[str | Path], work: Path) -> list[Path]:
    """Return the files of folders that are not read because of their endings; hidden ones are left out."""
    folders = [folder for folder in map(Path, given) if folder.is_dir()]
    return [path for folder in folders for path in _within(folder, work.resolve()) if not _is_log(path)]


def _within(folder: Path, work: Path) -> list[Path]:
    """Return the files of a folder that are not hidden; what an audit has written is none of them."""
    reports = {work, *(path.parent.resolve() for path in folder.rglob(JOURNAL))}
    every = (path for path in folder.rglob("*") if path.is_file() and reports.isdisjoint(path.resolve().parents))
    return sorted(path for path in every if not any(part.startswith(".") for part in path.relative_to(folder).parts))


def _files(given: Path, work: Path) -> list[Path]:
    """Return the files that are meant."""
    if given.is_dir():
        found = [path for path in _within(given, work) if _is_log(path)]
    elif given.is_file():
        found = [given]
    else:
        # Unlike pathlib's, this takes no hidden files in.
        found = sorted(path for path in map(Path, glob(str(given), recursive=True)) if path.is_file())  # noqa: PTH207
    if not found:
        raise InputError(f"{str(given)!r} holds no logs, or does not exist.", fix=_FIX)
    return found


def _is_log(path: Path) -> bool:
    name = path.name.lower()
    for packed in _PACKED:
        name = name.removesuffix(packed)
    return name.endswith(_ENDINGS)


def _spooled(work: Path) -> Path:
    """Keep standard input in a file, and return it."""
    path = work / SPOOL
    if path.exists():
        return path
    if sys.stdin is None or sys.stdin.closed:
        raise InputError("Standard input is closed.", fix="Pipe the logs in, or give files.")
    draft = work / f"{SPOOL}.draft"
    try:
        work.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file)
        draft.replace(path)
    except OSError as error:
        raise InputError(f"{str(path)!r} cannot be written ({type(error).__name__}).", fix="Give a folder.") from error
    return path
