"""TOFU's neighbours as registers: authors that no other benchmark here registers.

Of the authors of `retain90.jsonl`, with twenty questions each, some are registered as targets and others asked about as
neighbours. One half of both served to tune the layers; `other` is the half that did not.
"""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from random import Random

from pydantic import BaseModel, Field

from ..schema import Target
from .cases import Case, Role, read_records
from .splits import Split

_ROWS = 20
_TARGETS = 10
_NEIGHBOURS = 20
_NAME = re.compile(r"[A-Z][\w'’.-]+(?: (?:[a-z]{2,3} )?[A-Z][\w'’.-]+)+")  # noqa: RUF001
_LEAST = 5
_SEED = 7


class Row(BaseModel):
    """One question on an author, as TOFU gives it."""

    question: str = Field(min_length=1)
    """What is asked."""

    answer: str = Field(min_length=1)
    """The gold answer."""


Author = tuple[str, Sequence[Row]]
"""A name, and what is asked about it."""


def splits(folder: str | Path) -> list[Split]:
    """Make two registers of ten authors each, `tuned` and `other`, each with twenty neighbours of its own.

    Args:
        folder: The folder of TOFU's files.

    Raises:
        InputError: The file cannot be read, or a row has no question or no answer.
    """
    rows = list(read_records(Path(folder) / "retain90.jsonl", Row))
    blocks = [rows[start : start + _ROWS] for start in range(0, len(rows), _ROWS)]
    authors = [(name, block) for block in blocks if (name := _name(block))]
    Random(_SEED).shuffle(authors)  # noqa: S311 - a benchmark must repeat itself
    targets, neighbours = authors[: 2 * _TARGETS], authors[2 * _TARGETS :]
    return [
        _split("tuned", targets[:_TARGETS], neighbours[:_NEIGHBOURS]),
        _split("other", targets[_TARGETS:], neighbours[_NEIGHBOURS : 2 * _NEIGHBOURS]),
    ]


def _split(name: str, targets: Sequence[Author], neighbours: Sequence[Author]) -> Split:
    forget = {author: _cases(author, rows, "forget") for author, rows in targets}
    registered = [Target(name=author, documents=[case.text for case in own]) for author, own in forget.items()]
    kept = [case for author, rows in neighbours for case in _cases(author, rows, "retain")]
    return Split(name, registered, [*(case for own in forget.values() for case in own), *kept])


def _cases(author: str, rows: Sequence[Row], role: Role) -> list[Case]:
    return [
        Case(
            id=f"{author}-{index}",
            set="tofu-heldout",
            role=role,
            form="direct",
            target=author if role == "forget" else None,
            question=row.question,
            answer=row.answer,
        )
        for index, row in enumerate(rows)
    ]


def _name(rows: Sequence[Row]) -> str | None:
    """Return the name that most of an author's rows hold; `None` where none stands out."""
    found = Counter(
        name
        for row in rows
        for name in {
            re.sub(r"['’]s$", "", match)  # noqa: RUF001
            for match in _NAME.findall(f"{row.question} {row.answer}")
        }
    )
    frequent = [(count + len(name) / 100, name) for name, count in found.items() if count >= _LEAST]
    return max(frequent)[1] if frequent else None
