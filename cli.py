"""The command line: `expunge`, or `python -m expunge`."""

import sys
from importlib.metadata import version
from io import TextIOWrapper
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from .commands import (
    abstentions,
    audit,
    calibrate,
    chat,
    check,
    demo,
    doctor,
    evals,
    jobs,
    keys,
    ledger,
    serve,
    targets,
    transfers,
    unlearning_evals,
)
from .commands.console import FAILED, print_error
from .errors import ExpungeError


class Commands(TyperGroup):
    """All commands: an error that a user can act on ends in a message and an exit code, not in a traceback."""

    def invoke(self, ctx: Any) -> object:  # Typer's own type of it is not public
        """Run the command that was given."""
        try:
            return super().invoke(ctx)
        except ExpungeError as error:
            print_error(error)
            raise typer.Exit(FAILED) from error


app = typer.Typer(
    cls=Commands,
    rich_markup_mode="markdown",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Start with `expunge demo`. Exit codes: 0 done, 1 done and something was found, 2 could not be done.",
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(version("expunge"))
        raise typer.Exit


@app.callback()
def root(
    show_version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Keep a language model from disclosing what it must not.

    A register holds the targets: people who asked to be forgotten, private records, works, topics. Four agents stand
    between a chat model and its user, and release, rewrite or withhold each answer. That is suppression: the model's
    weights still know.
    """


for module in (demo, chat, check, serve, audit, calibrate, doctor):
    app.add_typer(module.app)
targets.app.add_typer(transfers.app)
app.add_typer(targets.app, name="targets", help="Register, show and remove what is to be forgotten.")
app.add_typer(keys.app, name="keys", help="Make, list and revoke the keys of those who may use the server.")
app.add_typer(
    abstentions.app,
    name="abstentions",
    help="Collect how the model says that it does not know, for answers that tell nothing.",
)
app.add_typer(jobs.app, name="jobs", help="Make of a local model one that no longer knows what must go, with evidence.")
app.add_typer(ledger.app, name="ledger", help="Show what was decided, and verify that nobody changed the record.")
evals.app.add_typer(unlearning_evals.app)
app.add_typer(evals.app, name="eval", help="Measure leaks, over-suppression and added time.")


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # no terminal's encoding stops an answer
    if isinstance(sys.stdin, TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")
    app()
