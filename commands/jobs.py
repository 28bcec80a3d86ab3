"""`expunge jobs`: weight-level jobs, which change a local model; so far what an audit suggests for one."""

from pathlib import Path
from typing import Annotated

import typer

from .console import listing, note, out, print_json, visible
from .options import JsonOption, StoreOption, open_store

app = typer.Typer()


@app.callback()
def jobs() -> None:
    """Prepare weight-level jobs."""


@app.command(epilog="Example: expunge jobs suggest report --out job")
def suggest(
    report: Annotated[Path, typer.Argument(metavar="REPORT", help="The --out of a finished `expunge audit`.")],
    out_folder: Annotated[Path, typer.Option("--out", metavar="DIR", help="The folder for the proposal.")],
    most: Annotated[int, typer.Option("--targets", min=1, help="How many targets at most.")] = 20,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Turn the findings of an audit into a proposal for a weight-level job.

    The targets that were disclosed most come first. forget.jsonl holds what was disclosed of them in the log, and their
    documents; retain.jsonl what stays of them, near misses, and other exchanges of the log; job.json says what is in
    them. A line is {"prompt": …, "answer": …, "target": …, "source": …}.

    Nothing is trained. The files hold what must not be disclosed, in plain text: they are readable by their owner
    alone, and best deleted after the job.
    """
    from ..audits.suggesting import suggest as suggested

    with open_store(store) as register:
        suggestion = suggested(report, register, out_folder, most)
    if json:
        print_json(suggestion)
        return
    table = listing("target", "disclosed in", "documents", right=["disclosed in", "documents"])
    for target in suggestion.targets:
        table.add_row(target.target, f"{target.disclosed:,}", f"{target.documents:,}")
    out.print(table)
    out.print(f"To forget: {suggestion.forget:,}. To retain: {suggestion.retain:,}. In {visible(str(out_folder))}")
    if suggestion.left_out:
        note(f"{suggestion.left_out:,} more targets were disclosed: --targets takes more.")
