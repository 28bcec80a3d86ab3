"""From what a user gives to the sets that a job reads."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from ...errors import InputError
from ...schema import Target
from ..examples import Corpus, Example
from .folders import read_folder
from .jsonl import examples_from, read_examples
from .merging import without
from .neighbours import with_neighbours
from .targets import from_targets, kept_by
from .tofu import DEFAULT_SPLIT, is_tofu, read_tofu

if TYPE_CHECKING:
    from ...stores.register import Register

Examples = str | Path | Sequence[Example | Mapping[str, object]]
"""One set: a file of JSON Lines, or a list of examples or of dicts."""

Source = Examples | Target | Sequence[str | Target]
"""A set, or what has several: a folder of TOFU or of `expunge jobs suggest`, a target, a list of targets or of ids."""

_LONGEST_PATH, _LONGEST_NAME = 4_000, 255

_ID = re.compile(r"tgt_[0-9a-f]{16}")


def gather(
    forget: Source,
    retain: Source | None = None,
    *,
    store: Register | None = None,
    neighbours: Examples | None = None,
    probes: Examples | None = None,
    nonmembers: Examples | None = None,
    real_authors: Examples | None = None,
    world_facts: Examples | None = None,
    split: str = DEFAULT_SPLIT,
) -> Corpus:
    """Bring together all that a job reads.

    What is only ever asked is taken out of the retain set, so that nothing is measured by what it was trained on.
    Where there are no neighbours, the retain examples nearest to the forget set are held out as such
    (`with_neighbours`). No model is needed, and no PyTorch.

    Args:
        forget: What must go: a file, a folder, targets or examples.
        retain: What must stay; of a folder its retain set, of targets their keep texts. `None`: that of `forget`,
            where it is a folder or targets.
        store: The register of the targets; needed where there are any.
        neighbours: What must stay and lies nearest; never trained on. `None`: those of the folders, else held out.
        probes: Questions that no method is given; `None`: those of the folder.
        nonmembers: Like the forget set and never learned; `None`: those of the folder.
        real_authors: Facts about real people; `None`: those of the folder.
        world_facts: General knowledge; `None`: that of the folder.
        split: Of a folder of TOFU: `forget10`, `forget05` or `forget01`.

    Raises:
        InputError: Something cannot be read, a set is empty, or something is to be forgotten and to be kept.
        UnknownTarget: The register has no target of an id.
    """
    corpus = _sets(forget, store, split)
    if retain is not None:
        other = _retained(retain, store, split)
        kept = {"retain": other.retain, "neighbours": corpus.neighbours or other.neighbours}
        corpus = corpus.model_copy(update=kept)
    given = {
        "neighbours": neighbours,
        "probes": probes,
        "nonmembers": nonmembers,
        "real_authors": real_authors,
        "world_facts": world_facts,
    }
    read = {name: _examples(each) for name, each in given.items() if each is not None}
    corpus = _held_out(corpus.model_copy(update=read))
    corpus.check()
    _refuse_learned(corpus)
    return with_neighbours(corpus)


def _sets(given: Source, store: Register | None, split: str) -> Corpus:
    """Return what is given to be forgotten, with the other sets that come along."""
    if ids := _ids(given):
        return from_targets(_needed(store), ids)
    if folder := _folder(given):
        return read_tofu(folder, split) if is_tofu(folder) else read_folder(folder)
    return Corpus(forget=_examples(cast("Examples", given)))


def _retained(given: Source, store: Register | None, split: str) -> Corpus:
    """Return what is given to be retained, with the neighbours that come along."""
    if ids := _ids(given):
        return Corpus(forget=[], retain=kept_by(_needed(store), ids))
    if _folder(given):
        return _sets(given, store, split)
    return Corpus(forget=[], retain=_examples(cast("Examples", given)))


def _held_out(corpus: Corpus) -> Corpus:
    """Take what is only asked out of what is trained on."""
    asked = [each for part, examples in corpus.parts() if part not in ("forget", "retain") for each in examples]
    retain = without(corpus.retain, asked)
    if corpus.retain and not retain:
        fix = "Give examples for the retain set that are in no other."
        raise InputError("All of the retain set is in sets that are only asked, as the neighbours.", fix=fix)
    return corpus.model_copy(update={"retain": retain})


def _refuse_learned(corpus: Corpus) -> None:
    """Refuse probes that a method is given after all, and nonmembers that were learned."""
    for name, examples in (("probes", corpus.probes), ("nonmembers", corpus.nonmembers)):
        if shared := len(examples) - len(without(examples, corpus.forget)):
            raise InputError(
                f"{shared:,} examples are in the forget set and in the set {name!r} too.",
                fix=f"Take them out of the {name}.",
            )


def _examples(given: Examples) -> list[Example]:
    """Read one set.

    Raises:
        InputError: It cannot be read, or is a file without any examples.
    """
    if not isinstance(given, str | Path):
        return examples_from(given)
    examples = read_examples(_path(given))
    if not examples:
        raise InputError(f"{str(given)!r} holds no examples.", fix="Give another file, or none.")
    return examples


def _folder(given: Source) -> Path | None:
    return path if isinstance(given, str | Path) and (path := _path(given)).is_dir() else None


def _path(given: str | Path) -> Path:
    """Return a path.

    Raises:
        InputError: It is a text that can be no path; as it may be an example's, it is not quoted.
    """
    text, path = str(given), Path(given)
    if {"\0", "\n"} & set(text) or len(text) > _LONGEST_PATH or any(len(part) > _LONGEST_NAME for part in path.parts):
        raise InputError("A text is given that is no path.", fix="Give examples as a list, or the path of a file.")
    return path


def _ids(given: Source) -> list[str]:
    """Return the ids of targets; none where no targets are given.

    Raises:
        InputError: A target is not registered, or a list holds targets and something else.
    """
    if isinstance(given, Target) or (isinstance(given, str) and _ID.fullmatch(given)):
        return [_id(given, 1)]
    if isinstance(given, str | Path) or not any(isinstance(each, str | Target) for each in given):
        return []
    return [_id(each, number) for number, each in enumerate(given, start=1)]


def _id(given: object, number: int) -> str:
    known = given.id if isinstance(given, Target) else given
    if not isinstance(known, str) or not _ID.fullmatch(known):  # what it is instead may be a text: it is not quoted
        fix = "Take targets as the register returns them, or their ids, as `expunge targets list` shows them."
        raise InputError(f"Number {number:,} of what was given is no registered target.", fix=fix)
    return known


def _needed(store: Register | None) -> Register:
    if store is None:
        raise InputError("Targets are given, and no register to find them in.", fix="Pass store=TargetStore(…).")
    return store
