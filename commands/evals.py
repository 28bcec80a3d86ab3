"""`expunge eval`: what gets through, what is withheld for nothing, and what it costs in time."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from ..errors import InputError
from ..schema import Policy
from .console import err, out, print_json
from .options import JsonOption

app = typer.Typer()


@app.command(epilog="Example: expunge eval guard --cases data/cases/tofu.jsonl --register name --baseline")
def guard(
    cases: Annotated[list[Path], typer.Option(help="Questions with gold answers, JSON Lines; may be repeated.")],
    targets: Annotated[
        Path | None, typer.Option(help="The targets; by default ../targets/NAME.jsonl beside each file of cases.")
    ] = None,
    register: Annotated[
        Literal["name", "documents", "odd-documents"],
        typer.Option(help="What is registered: names alone, all documents, or every second document."),
    ] = "documents",
    policy_prefer: Annotated[
        Literal["forget", "keep"], typer.Option(help="The side that an uncertain finding falls on.")
    ] = "forget",
    baseline: Annotated[bool, typer.Option("--baseline", help="Measure a plain filter by name as well.")] = False,
    json: JsonOption = False,
) -> None:
    """Measure leaks and over-suppression, with an oracle for a model.

    The wrapped model is simulated by an oracle that answers every question with the benchmark's gold answer. A forget
    case leaks when what is released still discloses that answer; a retain case is over-suppressed when its answer was
    altered at all. Figures come with 95 % intervals.
    """
    from ..evals import read_cases, read_targets, run_guard

    files = [targets] if targets else list(dict.fromkeys(map(_targets_beside, cases)))
    known = [target for file in files for target in read_targets(file)]
    policy = Policy(prefer=policy_prefer)
    report = run_guard(
        read_cases(cases), known, register=register, policy=policy, baseline=baseline, progress=err.is_terminal
    )
    if json:
        print_json(report)
    else:
        out.print(report.table())


@app.command(epilog="Example: expunge eval latency --targets 1000 --targets 100000")
def latency(
    targets: Annotated[list[int], typer.Option(min=1, help="Targets of a register; may be repeated.")] = [  # noqa: B006
        1_000,
        100_000,
    ],
    documents: Annotated[int, typer.Option(min=0, help="Documents of each target.")] = 1,
    exchanges: Annotated[int, typer.Option(min=1, help="Exchanges measured on each register.")] = 200,
    json: JsonOption = False,
) -> None:
    """Measure the time added to an exchange that touches no target, on one core.

    Prompts have 50 words and answers 150. Registers are made up and temporary; 100,000 targets take some minutes.
    """
    from ..evals import run_latency

    report = run_latency(targets, documents, exchanges, progress=err.is_terminal)
    if json:
        print_json(report)
    else:
        out.print(report.table())


def _targets_beside(cases: Path) -> Path:
    targets = cases.resolve().parent.parent / "targets" / cases.name
    if not targets.exists():
        raise InputError(f"There are no targets for {str(cases)!r} in {str(targets)!r}.", fix="Give --targets.")
    return targets
