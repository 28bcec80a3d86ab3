"""Examples out of JSON Lines, or as a caller has them."""

import gzip
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from ...errors import InputError
from ..examples import Example
from .fields import example_from
from .merging import merged


def read_examples(path: Path) -> list[Example]:
    """Read a file of one JSON object a line; blank lines are skipped, and the same example twice is one.

    Keys are those of `Example`, of which `subject` says whom or what it is about, or TOFU's: `question`,
    `paraphrased_question`, `paraphrased_answer`, `perturbed_answer`, and `option1` to `option4` of its multiple-choice
    files, of which those that are not the answer are wrong answers. `source` is left aside.

    Args:
        path: The file, UTF-8 with or without a mark; compressed where it ends in `.gz`.

    Returns:
        The examples in their order; none where the file is empty.

    Raises:
        InputError: The file cannot be read, or a line is no example. Names file and line, and quotes no text.
    """
    return merged(example_from(_parsed(line), line.where) for line in _lines(path))


def examples_from(value: Sequence[Example | Mapping[str, object]]) -> list[Example]:
    """Return the examples of a list, whose elements are examples or dicts with the keys of `read_examples`.

    Raises:
        InputError: An element is no example, or its prompt is empty. Names its position, from 1, and quotes no text.
    """
    numbered = enumerate(value, start=1)
    return merged(
        example_from(each.model_dump() if isinstance(each, Example) else each, f"Example {number:,}")
        for number, each in numbered
    )


class _Line(NamedTuple):
    where: str
    content: bytes


def _lines(path: Path) -> Iterator[_Line]:
    """Yield the lines that are not blank."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if content := line.removeprefix(b"\xef\xbb\xbf").strip():
                    yield _Line(f"{str(path)!r}, line {number:,}", content)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{str(path)!r} cannot be read ({type(error).__name__}).", fix="Check the path.") from error


def _parsed(line: _Line) -> object:
    try:
        return json.loads(line.content.decode("utf-8"))
    except UnicodeDecodeError:
        raise InputError(f"{line.where}: not UTF-8.", fix="Save the file as UTF-8.") from None
    except json.JSONDecodeError as error:
        raise InputError(
            f"{line.where}: not JSON: {error.msg} at character {error.pos}.", fix="Each line is a JSON object."
        ) from None
    except (ValueError, RecursionError) as error:  # a number of thousands of digits, thousands of brackets
        raise InputError(f"{line.where}: not JSON that can be read ({type(error).__name__}).") from None
