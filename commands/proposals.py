"""Showing what a model says of a target, and asking what of it is to be used."""

import re
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer
from rich.prompt import Prompt
from rich.table import Table

from ..errors import InputError
from .console import FAILED, err, interactive, listing, note, out, print_json, visible

if TYPE_CHECKING:
    from ..stores import Proposal

_ROLES = {"alias": "aliases", "another name entirely": "other_names", "document": "documents"}
_RANGE = re.compile(r"(\d{1,4})(?:-(\d{1,4}))?")


@dataclass
class LookOver:
    """Has a proposal looked over before it is used.

    Raises:
        InputError: When made where nobody can be asked, and neither `yes` nor `dry_run` says what to do.
    """

    yes: bool
    """Whether all of it is used, and nobody is asked."""

    dry_run: bool
    """Whether it is only shown."""

    json: bool
    """Whether standard output is for JSON alone."""

    proposal: "Proposal | None" = None
    """What was proposed, once it was."""

    def __post_init__(self) -> None:
        if not (self.yes or self.dry_run or interactive()):
            fix = "Use all of it with --yes, or only see it with --dry-run."
            raise InputError("What a model says of a target is looked over before it is used.", fix=fix)

    def __call__(self, proposal: "Proposal") -> "Proposal | None":
        """Show a proposal, and return what of it is to be used.

        Raises:
            Exit: It was only to be shown, or nobody answers.
        """
        self.proposal = proposal
        asking = not (self.yes or self.dry_run)
        if not self.json or asking:
            console = err if self.json else out
            console.print(_table(proposal), soft_wrap=False)
            note(_counts(proposal))
        if self.dry_run:
            if self.json:
                print_json({"target": None, "proposal": proposal})
            raise typer.Exit
        return _chosen(proposal) if asking and _rows(proposal) else proposal


def _rows(proposal: "Proposal") -> list[tuple[str, str]]:
    return [(role, text) for role, field in _ROLES.items() for text in getattr(proposal, field)]


def _table(proposal: "Proposal") -> Table:
    table = listing("#", "as", "what the model says", right=["#"], fold=["what the model says"])
    for number, (role, text) in enumerate(_rows(proposal), 1):
        table.add_row(str(number), role, visible(text))
    return table


def _counts(proposal: "Proposal") -> str:
    counts = f"{proposal.asked} questions, {proposal.failed} of them without an answer"
    return f"{counts}; {proposal.left_out} names and sentences were unfit and left out."


def _chosen(proposal: "Proposal") -> "Proposal | None":
    """Ask until the answer can be read.

    Raises:
        Exit: Standard input ends.
    """
    with suppress(EOFError):
        while True:
            answer = Prompt.ask("Use which? all, none, or numbers such as 1,3-5", console=err)
            numbers = _numbers(answer, len(_rows(proposal)))
            if numbers is not None:
                return _part(proposal, numbers)
            note("Answer all, none, or numbers of the table.")
    note("Nothing was changed.")
    raise typer.Exit(FAILED)


def _numbers(answer: str, most: int) -> Collection[int] | None:
    """Return the numbers that are meant, `None` when some of them cannot be."""
    if answer.strip().lower() in ("all", "none"):
        return range(1, most + 1) if answer.strip().lower() == "all" else ()
    ranges = [_RANGE.fullmatch(part) for part in re.split(r"[\s,]+", answer.strip())]
    numbers = {number for match in ranges if match for number in range(int(match[1]), int(match[2] or match[1]) + 1)}
    readable = all(match and int(match[1]) <= int(match[2] or match[1]) for match in ranges)
    return numbers if readable and numbers and numbers <= set(range(1, most + 1)) else None


def _part(proposal: "Proposal", numbers: Collection[int]) -> "Proposal | None":
    chosen = [row for number, row in enumerate(_rows(proposal), 1) if number in numbers]
    lists = {field: [text for role, text in chosen if role == name] for name, field in _ROLES.items()}
    return proposal.model_copy(update=lists) if chosen else None
