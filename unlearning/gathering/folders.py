"""A folder with a file for each set, as `expunge jobs suggest` makes one."""

from pathlib import Path
from typing import get_args

from ...errors import InputError
from ..examples import Corpus, Part
from .jsonl import read_examples


def is_folder_of_sets(path: Path) -> bool:
    """Whether a folder holds `forget.jsonl`."""
    return (path / "forget.jsonl").is_file()


def read_folder(path: Path) -> Corpus:
    """Read a folder of sets: `forget.jsonl`, and those of `retain.jsonl`, `neighbours.jsonl` … that there are.

    Each is named as its set in a `Corpus`. Other files, as the `job.json` of a proposal, are left aside.

    Raises:
        InputError: There is no `forget.jsonl`, or a file cannot be read.
    """
    if not is_folder_of_sets(path):
        fix = "Give the --out of `expunge jobs suggest`, the folder of TOFU's files, or a file of examples."
        raise InputError(f"There is no forget.jsonl in {str(path)!r}.", fix=fix)
    files = {part: path / f"{part}.jsonl" for part in get_args(Part)}
    return Corpus(**{part: read_examples(file) for part, file in files.items() if file.is_file()})
