"""TOFU as a job's sets.

Maini et al., 2024, "TOFU: A Task of Fictitious Unlearning for LLMs" (COLM). Two hundred invented authors, with twenty
questions each.
"""

from pathlib import Path

from ...errors import InputError
from ..examples import Corpus, Example
from .jsonl import read_examples
from .merging import completed, without

SPLITS = {"forget10": "retain90", "forget05": "retain95", "forget01": "retain99"}
"""The forget sets, of 20, 10 and 2 authors, and what is retained of the others."""

DEFAULT_SPLIT = "forget10"

# The files of the benchmark hold JSON Lines under either ending.
_ENDINGS = (".jsonl", ".json")


def is_tofu(path: Path) -> bool:
    """Whether a folder holds a forget set of TOFU with its retain set."""
    return any(_file(path, forget) and _file(path, retain) for forget, retain in SPLITS.items())


def read_tofu(folder: Path, split: str = DEFAULT_SPLIT) -> Corpus:
    """Read one split of TOFU.

    Other ways to ask and to answer come from the `_perturbed` files, by question and answer. forget01 and forget05
    are parts of forget10, and take them from `forget10_perturbed` where they have no file of their own. The neighbours
    are the questions of `retain_perturbed`, for which TOFU gives what the truth ratio needs. They are taken out of the
    retain set, so that no method is trained on what its harm is measured by; TOFU itself trains on them.

    Args:
        folder: The folder of its files, as `forget10.jsonl` or `forget10.json`.
        split: `forget10`, `forget05` or `forget01`.

    Raises:
        InputError: There is no such split, or its files are not there or cannot be read.
    """
    if split not in SPLITS:
        raise InputError(f"TOFU has no split {split!r}.", fix=f"Take one of {', '.join(SPLITS)}.")
    for name in (split, SPLITS[split]):
        if not _file(folder, name):
            raise InputError(f"There is no {name}.jsonl in {str(folder)!r}.", fix="Give the folder of TOFU's files.")
    neighbours = _read(folder, "retain_perturbed")
    return Corpus(
        forget=completed(_read(folder, split), _perturbed(folder, split)),
        retain=without(_read(folder, SPLITS[split]), neighbours),
        neighbours=neighbours,
        real_authors=completed(_read(folder, "real_authors"), _read(folder, "real_authors_perturbed")),
        world_facts=completed(_read(folder, "world_facts"), _read(folder, "world_facts_perturbed")),
    )


def _perturbed(folder: Path, split: str) -> list[Example]:
    own = _read(folder, f"{split}_perturbed")
    return own or _read(folder, f"{DEFAULT_SPLIT}_perturbed")


def _read(folder: Path, name: str) -> list[Example]:
    file = _file(folder, name)
    return read_examples(file) if file else []


def _file(folder: Path, name: str) -> Path | None:
    return next((path for ending in _ENDINGS if (path := folder / f"{name}{ending}").is_file()), None)
