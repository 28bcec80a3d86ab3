"""TOFU's neighbours as registers: authors that no other benchmark here registers.

Of the authors of `retain90.jsonl`, twenty at a time, some are registered as targets and others asked about as
neighbours. One half of the targets served to tune the layers; `other` is the half that did not.
"""

import json
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from random import Random

from ..errors import InputError
from ..schema import Target
from .cases import Case
from .splits import Split

_ROWS = 20
_TARGETS = 20
_NEIGHBOURS = 40
_NAME = re.compile(r"[A-Z][\w'’.-]+(?: (?:[a-z]{2,3} )?[A-Z][\w'’.-]+)+")  # noqa: RUF001
_LEAST = 5
_SEED = 7


def splits(folder: str | Path) -> list[Split]:
    """Make two registers of ten authors each, `tuned` and `other`, with the same forty neighbours.

    Args:
        folder: The folder of TOFU's files.

    Raises:
        InputError: The file cannot be read.
    """
    path = Path(folder) / "retain90.jsonl"
    try:
        rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    except (OSError, ValueError) as error:
        raise InputError(f"Cannot read {str(path)!r}: {type(error).__name__}.", fix="Give TOFU's folder.") from None
    blocks = [rows[start : start + _ROWS] for start in range(0, len(rows), _ROWS)]
    named = [(name, block) for block in blocks if (name := _name(block))]
    Random(_SEED).shuffle(named)  # noqa: S311 - a benchmark must repeat itself
    asked = [case for name, block in named[_TARGETS : _TARGETS + _NEIGHBOURS] for case in _cases(name, block, "retain")]
    half = _TARGETS // 2
    return [
        _split("tuned", named[:half], asked),
        _split("other", named[half:_TARGETS], asked),
    ]


def _split(name: str, authors: Sequence[tuple[str, list[dict[str, str]]]], kept: list[Case]) -> Split:
    targets = [Target(name=who, documents=[f"{r['question']} {r['answer']}" for r in block]) for who, block in authors]
    return Split(name, targets, [*(case for who, block in authors for case in _cases(who, block, "forget")), *kept])


def _cases(name: str, block: Sequence[dict[str, str]], role: str) -> list[Case]:
    return [
        Case.model_validate(
            {
                "id": f"{name}-{index}",
                "set": "tofu-heldout",
                "role": role,
                "form": "direct",
                "target": name if role == "forget" else None,
                **row,
            }
        )
        for index, row in enumerate(block)
    ]


def _name(block: Sequence[dict[str, str]]) -> str | None:
    """Return the name that most of an author's rows hold; `None` where none stands out."""
    found = Counter(
        name
        for row in block
        for name in {
            re.sub(r"['’]s$", "", match)  # noqa: RUF001
            for match in _NAME.findall(f"{row['question']} {row['answer']}")
        }
    )
    frequent = [(count + len(name) / 100, name) for name, count in found.items() if count >= _LEAST]
    return max(frequent)[1] if frequent else None
