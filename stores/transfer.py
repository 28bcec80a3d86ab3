"""Carrying targets between registers and files: JSON Lines, one target a line."""

import json
import os
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from secrets import token_hex
from typing import NamedTuple

from pydantic import ValidationError

from ..errors import DuplicateTarget, InputError, InvalidTarget
from ..schema import Target
from .payload import content, to_json
from .register import BATCH, Progress, Register
from .registration import invalid, stored_state


class LineError(NamedTuple):
    """A line that is no target."""

    line: int
    """Its number, from 1."""

    message: str
    """What is wrong with it, without quoting it."""


class ImportReport(NamedTuple):
    """What came of the lines of a file."""

    added: int
    """Targets registered."""

    skipped: int
    """Lines whose content was registered already."""

    errors: list[LineError]
    """Lines that could not be used."""

    ignored: dict[str, int]
    """Fields that a target does not have, and how many lines had them."""


def import_targets(
    register: Register, path: Path, *, why: str, who: str | None, progress: Progress | None
) -> ImportReport:
    """Register the targets of a file, batch by batch; see `TargetStore.import_jsonl`."""
    added = skipped = 0
    errors: list[LineError] = []
    ignored: Counter[str] = Counter()
    for lines in _batches(path):
        targets = list(_parse(lines, errors, ignored))
        new = _add_new(register, targets, why, who)
        added += new
        skipped += len(targets) - new
        if progress:
            progress(lines[-1][0])
    return ImportReport(added, skipped, errors, dict(ignored))


def export_targets(register: Register, path: Path) -> int:
    """Write all targets to a file; see `TargetStore.export_jsonl`."""
    draft = path.with_name(f".{path.name}.{token_hex(8)}")
    targets = register.list()
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.writelines(f"{to_json(target)}\n" for target in targets)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise InputError(
            f"{str(path)!r} cannot be written ({type(error).__name__}).", fix="Give another path."
        ) from error
    return len(targets)


def _batches(path: Path) -> Iterator[list[tuple[int, bytes]]]:
    """Yield the lines of a file that are not blank, each with its number."""
    try:
        with path.open("rb") as file:
            lines = ((number, line.strip()) for number, line in enumerate(file, 1))
            filled = (numbered for numbered in lines if numbered[1])
            while batch := list(islice(filled, BATCH)):
                yield batch
    except OSError as error:
        raise InputError(f"{str(path)!r} cannot be read ({type(error).__name__}).", fix="Check the path.") from error


def _parse(lines: list[tuple[int, bytes]], errors: list[LineError], ignored: Counter[str]) -> Iterator[Target]:
    for number, line in lines:
        try:
            fields = _fields(line)
            unknown = fields.keys() - Target.model_fields.keys()
            yield _target({name: fields[name] for name in fields.keys() - unknown})
            ignored.update(unknown)
        except InvalidTarget as error:
            errors.append(LineError(number, str(error)))


def _fields(line: bytes) -> dict[str, object]:
    try:
        fields = json.loads(line.decode("utf-8-sig"))
    except json.JSONDecodeError as error:
        raise InvalidTarget(f"Not JSON: {error.msg} at character {error.pos}.") from None
    except (UnicodeDecodeError, RecursionError) as error:
        raise InvalidTarget(f"Not JSON ({type(error).__name__}).") from None
    if not isinstance(fields, dict):
        raise InvalidTarget("Not a JSON object.")
    return fields


def _target(fields: dict[str, object]) -> Target:
    try:
        target = Target.model_validate(fields)
    except ValidationError as error:
        raise invalid(error) from None
    stored_state(target)
    return target


def _add_new(register: Register, targets: list[Target], why: str, who: str | None) -> int:
    while True:
        new = {content(target): target for target in reversed(targets) if register.duplicate_of(target) is None}
        try:
            return len(register.add_many(reversed(new.values()), why=why, who=who, restore=True))
        except DuplicateTarget:
            continue  # another process registered one of them meanwhile
