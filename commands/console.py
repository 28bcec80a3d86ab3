"""Where output goes: data to standard output; progress, notes and errors to standard error."""

import json
import sys
import unicodedata
import warnings
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, nullcontext, suppress

import typer
from pydantic_core import to_jsonable_python
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.prompt import Confirm
from rich.table import Table
from rich.text import Text

from ..errors import ExpungeError, TargetWarning

FOUND = 1
"""The exit code when a command did its work and found something wrong."""

FAILED = 2
"""The exit code when a command could not do its work."""

out = Console(markup=False, highlight=False, emoji=False)
err = Console(stderr=True, markup=False, highlight=False, emoji=False, soft_wrap=True)


def print_json(data: object, *, indent: int | None = 2) -> None:
    """Print data as JSON, in ASCII: no encoding of a terminal or a pipe can break it. Without indent: in one line."""
    sys.stdout.write(json.dumps(to_jsonable_python(data), indent=indent) + "\n")
    sys.stdout.flush()


def print_error(error: ExpungeError) -> None:
    """Say what is wrong, and on a line of its own what to do about it."""
    err.print(Text.assemble(("error: ", "bold red"), visible(str(error.args[0]))))
    if error.fix:
        err.print(f"  {visible(error.fix)}")


def note(text: str) -> None:
    """Print a remark beside the data."""
    err.print(visible(text), style="dim")


def warn(text: str) -> None:
    """Print a warning."""
    err.print(Text.assemble(("warning: ", "bold yellow"), visible(text)))


@contextmanager
def warnings_told() -> Iterator[None]:
    """Print the warnings about targets that are given meanwhile, each once."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", TargetWarning)
        yield
    for message in dict.fromkeys(str(warning.message) for warning in caught):
        warn(message)


@contextmanager
def progress(task: str, total: int) -> Iterator[Callable[[int], None]]:
    """Draw a bar on standard error, if that is a terminal; yields what takes the number done so far."""
    if not err.is_terminal:
        yield lambda done: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True) as bar:
        row = bar.add_task(task, total=total)
        yield lambda done: bar.update(row, completed=done)


@contextmanager
def waiting(task: str) -> Iterator[None]:
    """Show on standard error, if that is a terminal, that something takes a while."""
    with err.status(task) if err.is_terminal else nullcontext():
        yield


def listing(*columns: str, right: Collection[str] = (), fold: Collection[str] = ()) -> Table:
    """Return an empty table of narrow columns.

    Args:
        columns: The heads.
        right: Which columns hold figures, and align to the right.
        fold: Which columns may break their lines where the terminal is too narrow.
    """
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for column in columns:
        table.add_column(
            column,
            justify="right" if column in right else "left",
            no_wrap=column not in fold,
            overflow="fold",
        )
    return table


def confirm(question: str, *, yes: bool, refusal: ExpungeError) -> None:
    """Ask before going on, unless `yes`; where nobody can be asked, refuse.

    Raises:
        ExpungeError: The refusal.
    """
    if yes:
        return
    if not interactive():
        raise refusal
    with suppress(EOFError):
        if Confirm.ask(Text(visible(question)), console=err):
            return
    note("Nothing was changed.")
    raise typer.Exit(FAILED)


def interactive() -> bool:
    """Whether someone sits at standard input."""
    return sys.stdin is not None and not sys.stdin.closed and sys.stdin.isatty()


def visible(text: str) -> str:
    """Replace what would steer a terminal, or cannot be written to it, by signs that show where it was."""
    return "".join(
        "\N{REPLACEMENT CHARACTER}" if unicodedata.category(sign) in ("Cc", "Cs") and sign not in "\n\t" else sign
        for sign in text
    )
