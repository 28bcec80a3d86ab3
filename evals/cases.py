"""Benchmark cases and targets, read from JSON lines."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..errors import InputError
from ..schema import Target

Role = Literal["forget", "retain"]
Record = TypeVar("Record", bound=BaseModel)


class Case(BaseModel):
    """One question of a benchmark, with the answer that its authors hold to be right."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str = Field(min_length=1)
    """Unique among the cases of one run."""

    set: str = Field(min_length=1)
    """The benchmark that it comes from."""

    role: Role
    """Whether what it asks for must go or must stay."""

    form: str = "question"
    """The kind of question within the benchmark, `paraphrase` for example."""

    target: str | None = None
    """The name of the target that it asks about; `None`: the benchmark names none."""

    document: str | None = None
    """The document that it was made from; `None`: the benchmark names none."""

    question: str = Field(min_length=1)
    """What the wrapped model is asked."""

    answer: str | None = None
    """The gold answer; `None`: the benchmark gives none, as those of hazardous topics do."""

    @property
    def text(self) -> str:
        """Question and answer as one text, as a document holds them."""
        return " ".join(filter(None, (self.question, self.answer)))


def read_cases(paths: Iterable[str | Path]) -> list[Case]:
    """Read cases from JSONL files, in order.

    Raises:
        InputError: A file cannot be read, a line is no case, or two cases have one id.
    """
    cases = [case for path in paths for case in read_records(Path(path), Case)]
    seen: set[str] = set()
    for case in cases:
        if case.id in seen:
            raise InputError(f"Two cases have the id {case.id!r}.", fix="Give every case its own id.")
        seen.add(case.id)
    return cases


def read_targets(path: str | Path) -> list[Target]:
    """Read targets from a JSONL file; fields that a target does not have are ignored.

    Raises:
        InputError: The file cannot be read, or a line is no target.
    """
    return list(read_records(Path(path), Target))


def read_templates(path: str | Path) -> list[str]:
    """Read jailbreak prompts from a JSONL file: the `question` of each line whose `set` is `jailbreak_template`.

    Raises:
        InputError: The file cannot be read, or a line is no prompt.
    """
    return [prompt.question for prompt in read_records(Path(path), _Prompt) if prompt.set == "jailbreak_template"]


def read_records(path: Path, kind: type[Record]) -> Iterator[Record]:
    """Read records of a kind from a JSONL file, one by one; fields that the kind does not have are ignored.

    Raises:
        InputError: The file cannot be read, or a line is no such record.
    """
    for line in _lines(path):
        try:
            row = json.loads(line.text)
            known = {key: row[key] for key in row if key in kind.model_fields} if isinstance(row, dict) else row
            yield kind.model_validate(known)
        except (ValueError, RecursionError) as error:
            fix = f"Each line is a JSON object with the fields of a {kind.__name__.strip('_').lower()}."
            raise InputError(f"{line.where}: {_reason(error)}.", fix=fix) from None


class _Prompt(BaseModel):
    set: str
    question: str


class _Line(NamedTuple):
    where: str
    text: str


def _lines(path: Path) -> Iterator[_Line]:
    try:
        with path.open(encoding="utf-8-sig") as file:
            for number, text in enumerate(file, start=1):
                if text.strip():
                    yield _Line(f"In {str(path)!r}, line {number}", text)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"Cannot read {str(path)!r}: {_reason(error)}.", fix="Give a JSONL file in UTF-8.") from None


def _reason(error: Exception) -> str:
    """Say what is wrong without the text in which it is wrong."""
    if isinstance(error, ValidationError):
        return "; ".join(": ".join([*map(str, flaw["loc"]), flaw["msg"]]) for flaw in error.errors())
    if isinstance(error, json.JSONDecodeError):
        return f"no JSON at column {error.colno}: {error.msg}"
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return type(error).__name__
