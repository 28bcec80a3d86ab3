"""`expunge calibrate`: how much evidence it takes, set for a register from its own cases."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import InputError
from .console import confirm, err, note, out, print_json
from .options import JsonOption, StoreOption, WhyOption, YesOption, bring_in_step, open_store

if TYPE_CHECKING:
    from ..evals import CalibrationReport
    from ..evals.calibration_report import CalibrationPoint

app = typer.Typer()


@app.command(epilog="Example: expunge calibrate --cases cases.jsonl --level 0.01 --dry-run")
def calibrate(
    cases: Annotated[
        list[Path] | None, typer.Option(help="Questions with answers, JSON Lines; may be repeated.")
    ] = None,
    level: Annotated[float, typer.Option(help="The share of new retain cases that may be altered.")] = 0.005,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Measure and print, and set nothing.")] = False,
    reset: Annotated[bool, typer.Option("--reset", help="Go back to the default thresholds.")] = False,
    store: StoreOption = None,
    why: WhyOption = "",
    yes: YesOption = False,
    json: JsonOption = False,
) -> None:
    """Set how much evidence it takes on this register, so that few answers are altered that should stay.

    Every case is put to the register with the default thresholds times several factors. The least factor is taken at
    which retain cases are altered rarely enough, by conformal risk control, and 1 where less would not leak less; the
    guarantee is printed with its assumptions. What the forget cases leak there is the price, and is printed too.

    A line of a file of cases is a JSON object: `id`; `set`, a name for where it comes from; `role`, which is `retain`
    for what must be answered and `forget` for what must not; `question`; and `answer`, what the model would say. A
    level of 0.5 % needs 199 retain cases. Take cases like those that users will ask, use them for nothing else, and
    register none of them. When targets are added or removed, calibrate again.

    What is set holds for `expunge chat`, `expunge check` and every program on this register that starts afterwards.
    Where it asks for more evidence than the defaults do, so that more may leak, you are asked to confirm; where nobody
    can be asked --yes is needed.
    """
    if reset == bool(cases) or (reset and dry_run):
        raise InputError("Nothing to calibrate with, or too much.", fix="Give --cases, or --reset alone.")
    if reset:
        _reset(store, why, as_json=json)
        return
    with open_store(store) as register:
        from ..evals import calibrate_register, read_cases

        known = read_cases(cases or ())
        bring_in_step(register)
        report = calibrate_register(register, known, level=level, progress=err.is_terminal)
        if json:
            print_json(report)
        else:
            _print(report)
        if dry_run:
            note("Nothing was set: this was a dry run.")
            return
        _confirm(report, yes=yes)
        register.set_thresholds(report.thresholds, why="; ".join(filter(None, [_reason(report), why])))
        note("Set.")


def _reset(store: Path | None, why: str, *, as_json: bool) -> None:
    with open_store(store) as register:
        register.set_thresholds(None, why=why)
        thresholds = register.thresholds
    if as_json:
        print_json({"thresholds": thresholds})
    else:
        out.print("The default thresholds hold again.")


def _reason(report: "CalibrationReport") -> str:
    retain = report.chosen.altered.total
    return f"{report.factor:g} times the default evidence, at {100 * report.level:g} % by {retain} retain cases"


def _confirm(report: "CalibrationReport", *, yes: bool) -> None:
    """Ask before detection is made weaker than it is by default."""
    if report.factor > 1:
        refusal = InputError("It takes more evidence than by default: more may leak.", fix="Confirm it with --yes.")
        confirm(
            f"It takes {report.factor:g} times the default evidence: more may leak. Set it?", yes=yes, refusal=refusal
        )


def _print(report: "CalibrationReport") -> None:
    out.print(report.table())
    out.print(f"Chosen: {_reason(report)}.")
    out.print(f"Leaked: {_leak(report.chosen)}; with the defaults {_leak(report.at(1.0))}.")
    out.print(report.guarantee)


def _leak(point: "CalibrationPoint") -> str:
    rate = point.leaked
    return f"{rate.count} of {rate.total} forget cases ({100 * rate.low:.1f} to {100 * rate.high:.1f} %)"
