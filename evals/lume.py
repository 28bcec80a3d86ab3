"""LUME (SemEval-2025 Task 4) as registers: stories as works, records and biographies as persons."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

from ..errors import InputError
from ..schema import Target, TargetKind
from .cases import Case
from .splits import Split

_RECORD_NAME = re.compile(r"What is the birth date of (.+?)\?")


def splits(cases: Sequence[Case]) -> list[Split]:
    """Make two registers of the same documents: with the questions that are asked later among the documents, or not.

    Each forget document is one target: a story a work without a name of its own, a record or a biography a person.

    Args:
        cases: Cases of LUME, with their document.

    Raises:
        InputError: A case names no document.
    """
    by_document: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        if not case.document:
            raise InputError(f"Case {case.id!r} names no document.", fix="Give the cases of LUME as they are shipped.")
        by_document[case.document].append(case)
    forget = {document: own for document, own in by_document.items() if own[0].role == "forget"}
    return [
        Split("text and questions", [_target(name, own, questions=True) for name, own in forget.items()], [*cases]),
        Split("text alone", [_target(name, own, questions=False) for name, own in forget.items()], [*cases]),
    ]


def _target(document: str, cases: Sequence[Case], *, questions: bool) -> Target:
    texts = [case.text for case in cases if case.form.endswith("completion")]
    asked = [case.text for case in cases if not case.form.endswith("completion")]
    kind, name = _subject(document, cases)
    return Target(name=name, kind=kind, documents=[*texts, *asked] if questions else texts or asked)


def _subject(document: str, cases: Sequence[Case]) -> tuple[TargetKind, str]:
    form = cases[0].form
    if form.startswith("Task1"):
        return "work", "Story " + document.strip('"')
    if form.startswith("Task3"):
        return "person", next(case.question for case in cases if case.form.endswith("completion")).splitlines()[0]
    return "person", record_name(cases)


def record_name(cases: Iterable[Case]) -> str:
    """Return the name in a personal record; empty when no question on it asks for the birth date."""
    return next((match[1] for case in cases if (match := _RECORD_NAME.match(case.question))), "")
