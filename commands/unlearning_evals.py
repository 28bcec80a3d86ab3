"""`expunge eval unlearning` and `expunge eval npo-cost`: what weight-level methods reach, and what one costs."""

from json import loads
from pathlib import Path
from typing import Annotated

import typer

from .console import err, note, out, print_json, progress, visible
from .options import JsonOption

app = typer.Typer()

WIDE = 240
"""Columns of the table where no terminal sets their number."""


@app.command(epilog="Example: expunge eval unlearning --out unlearning")
def unlearning(
    method: Annotated[list[str] | None, typer.Option(help="A method; by default all of them.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Jobs at once.")] = 2,
    out_folder: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="The folder for comparison.html and the jobs' reports.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="What all chance comes from.")] = 0,
    json: JsonOption = False,
) -> None:
    """Let every weight-level method forget a tenth of the demo model's authors, attack what it made, and compare.

    Each method is a job of its own. Beside it stands a control: the demo model, had it never met these ten authors.
    Recipes were chosen on ten others. Ten more authors are only ever asked: they show whether a method leaves alone
    what it is not shown. Some minutes.
    """
    from ..evals.unlearning import run_unlearning
    from ..evals.unlearning_recipes import RECIPES

    with progress("Unlearning", len(method or RECIPES)) as done:
        report = run_unlearning(method or (), workers=workers, out=out_folder, seed=seed, progress=done)
    if json:
        print_json(loads(report.model_dump_json()))  # in which the figures of a ruined model are texts
        return
    out.print(report.table(), width=None if out.is_terminal else WIDE, crop=False)
    out.print(f"{report.reached} of {len(report.runs)} reached the control's level, in {report.seconds:,.0f} s in all.")
    if report.folder:
        note(f"The page: {visible(str(Path(report.folder) / 'comparison.html'))}")


@app.command("npo-cost", epilog="Example: expunge eval npo-cost --width 512")
def npo_cost(
    width: Annotated[int, typer.Option(min=64, help="Width of the random model's layers.")] = 2048,
    layers: Annotated[int, typer.Option(min=1, help="How many layers.")] = 8,
    steps: Annotated[int, typer.Option(min=1, help="Steps that are timed.")] = 5,
    json: JsonOption = False,
) -> None:
    """Measure what NPO's reference costs: kept as one number an example, against held as a second model.

    Each training is a process of its own, whose memory is taken at its highest; they come by turns. LoRA and the whole
    model.
    """
    from ..evals.npo_cost import run_npo_cost

    if err.is_terminal:
        note("This takes a few minutes.")
    report = run_npo_cost(width=width, layers=layers, steps=steps)
    if json:
        print_json(report)
    else:
        out.print(report.table())
