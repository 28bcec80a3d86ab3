"""`expunge jobs`: weight-level jobs, which make of a local model one that no longer knows what must go."""

from json import loads
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import InputError
from . import creation
from .console import confirm, listing, note, out, print_json, visible, warn
from .options import JsonOption, StoreOption, YesOption, open_store, store_path, user

if TYPE_CHECKING:
    from ..jobs.handle import Job
    from ..stores.jobs import JobRecord, Jobs

app = typer.Typer()
app.add_typer(creation.app)

JobArgument = Annotated[str, typer.Argument(metavar="JOB", help="The job's id (`job_…`).")]
FollowOption = Annotated[bool, typer.Option("--follow", "-f", help="Go on until the job ends or waits for you.")]


@app.callback()
def jobs() -> None:
    """Make of a local model one that no longer knows what must go, with evidence."""


@app.command("list")
def list_(
    limit: Annotated[int, typer.Option(min=1, help="How many at most, the newest first.")] = 20,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """List the jobs, the newest first."""
    records = list(_jobs(store))[:limit]
    if json:
        print_json(records)
        return
    table = listing("job", "model", "method", "status", "stage", "held", "created", fold=["model", "method"])
    gone = [record.id for record in records if _is_gone(record)]
    for record in records:
        held = "" if record.held is None else "yes" if record.held else "no"
        stage = "gone" if record.id in gone else "promoted" if record.promoted_at else record.stage
        created = f"{record.created_at:%Y-%m-%d %H:%M}"
        table.add_row(record.id, visible(record.name), _method(record), record.status, stage, held, created)
    out.print(table)
    if gone:
        note(f"gone: no process works on it any more. To go on: expunge jobs resume {gone[0]}")


@app.command(epilog="Example: expunge jobs show job_0123456789abcdef --json")
def show(job: JobArgument, store: StoreOption = None, json: JsonOption = False) -> None:
    """Show one job: what was asked for, where it is, and what came of it."""
    handle = _job(job, store)
    record = handle.record
    report = handle.report
    if json:
        # Through JSON, in which the figures of a ruined model are texts.
        found = loads(report.model_dump_json(exclude={"samples"})) if report else None
        print_json(
            {**record.model_dump(mode="json"), "alive": handle.alive, "waiting": handle.waiting, "report": found}
        )
        return
    for name, value in _facts(handle, record):
        out.print(f"{name:<12}{visible(value)}", soft_wrap=True)
    if report is None:
        return
    for reason in report.judgement.reasons:
        out.print(visible(reason), soft_wrap=True)
    table = listing("attack", "recall", "control", right=["recall", "control"])
    for attack in report.attacks:
        control = "" if attack.control_recall is None else f"{attack.control_recall:.3f}"
        table.add_row(attack.title, f"{attack.recall:.3f}", control)
    out.print(table)
    out.print(f"Report: {visible(str(handle.folder / 'report' / 'report.html'))}", soft_wrap=True)


@app.command()
def events(
    job: JobArgument,
    follow: FollowOption = False,
    after: Annotated[int, typer.Option(min=0, help="The id of the last event that you know.")] = 0,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Show what a job told of itself."""
    from . import following

    handle = _job(job, store)
    if follow and not json:
        raise typer.Exit(following.follow(handle, after=after))
    told = handle.follow() if follow else handle.events(after=after)
    if json:
        print_json([event for event in told if event.id > after])
        return
    for event in told:
        out.print(following.line(event), soft_wrap=True)


@app.command()
def logs(
    job: JobArgument,
    lines: Annotated[int, typer.Option(min=1, help="How many of the last lines.")] = 200,
    store: StoreOption = None,
) -> None:
    """Show the last lines that a job's process printed."""
    out.print(visible(_job(job, store).logs(lines)))


@app.command()
def approve(job: JobArgument, follow: FollowOption = False, store: StoreOption = None) -> None:
    """Let a job change weights: those of a copy; the model that you gave stays as it is."""
    handle = _job(job, store)
    handle.approve(user())
    _after(handle, follow)


@app.command()
def resume(job: JobArgument, follow: FollowOption = False, store: StoreOption = None) -> None:
    """Go on with a job that failed or was killed, from its last checkpoint."""
    handle = _job(job, store)
    handle.resume()
    _after(handle, follow)


@app.command()
def cancel(job: JobArgument, store: StoreOption = None) -> None:
    """End a job, at once and for good; its examples are deleted."""
    handle = _job(job, store)
    handle.cancel()
    note("Cancelled.")


@app.command(epilog="Example: expunge jobs revert job_0123456789abcdef --out model")
def revert(
    job: JobArgument,
    out_folder: Annotated[Path, typer.Option("--out", metavar="DIR", help="The folder for the model; a new one.")],
    store: StoreOption = None,
) -> None:
    """Write the model of a job by an edit (ssd, task_vector, rocr) with the edit undone, bit by bit."""
    handle = _job(job, store)
    delta = handle.folder / "delta.safetensors"
    if handle.result is None or not delta.is_file():
        fix = "Only edits are undone; of others, the model that was given is as it was."
        raise InputError(f"The job {job!r} has no edit to undo.", fix=fix)
    from ..unlearning.edits import revert_folder

    revert_folder(handle.result, delta, out_folder)
    out.print(visible(str(out_folder)))


@app.command()
def delete(job: JobArgument, yes: YesOption = False, store: StoreOption = None) -> None:
    """Remove a job that has ended, with its model, its report and all else that it made."""
    handle = _job(job, store)
    refusal = InputError("Nobody is here to be asked.", fix="Give --yes.")
    confirm(f"Remove {job} with the model that it made?", yes=yes, refusal=refusal)
    handle.delete()
    note(f"Removed {job}.")


@app.command()
def promote(
    job: JobArgument,
    force: Annotated[bool, typer.Option("--force", help="Also where it did not hold.")] = False,
    yes: YesOption = False,
    store: StoreOption = None,
) -> None:
    """Put a job's model into use: the link of the model leads to it from now on.

    The link is printed: give it to `expunge chat`, to `expunge serve --upstream`, or to whatever serves your model.
    """
    handle = _job(job, store)
    refusal = InputError("Nobody is here to be asked.", fix="Give --yes.")
    confirm(f"Let {handle.record.name!r} be the model of {job}?", yes=yes, refusal=refusal)
    out.print(visible(str(handle.promote(force=force))))
    if handle.report is not None and handle.report.level == "suppression":
        warn("Suppression: expunge alone applies the adapter. Whatever else loads this folder answers as before.")


@app.command()
def rollback(job: JobArgument, store: StoreOption = None) -> None:
    """Take a job's model out of use: the link leads to the one before it, or to the model that you gave."""
    out.print(visible(str(_job(job, store).rollback())))


@app.command()
def methods(json: JsonOption = False) -> None:
    """List the methods: what trains, what chooses weights, what edits, and what steers at decoding time."""
    with creation.packages_needed():
        from ..unlearning.methods import describe
    described = describe()
    if json:
        print_json([method._asdict() for method in described])
        return
    table = listing("method", "kind", "needs", "claims", "source", fold=["source"])
    for method in described:
        table.add_row(method.name, method.kind, method.needs, method.level, method.source)
    out.print(table)
    note("`expunge jobs methods --json` shows their options, with the defaults.")


@app.command(hidden=True)
def work(job: JobArgument, store: StoreOption = None) -> None:
    """Run a job in this process; it is called by what starts jobs."""
    from ..jobs.working import work as working

    working(store_path(store), job)


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

    Nothing is trained: `expunge jobs create MODEL --forget DIR` does that. The files hold what must not be disclosed,
    in plain text: they are readable by their owner alone, and best deleted after the job.
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


def _after(handle: "Job", follow: bool) -> None:
    from . import following

    if follow:
        raise typer.Exit(following.follow(handle))
    note(f"It runs by itself. To watch it: expunge jobs events {handle.id} --follow")


def _jobs(store: Path | None) -> "Jobs":
    from ..stores.jobs import Jobs, jobs_folder

    folder = jobs_folder(store_path(store))
    if not (folder / "jobs.db").exists():
        fix = "Start one with `expunge jobs create`, or say where they are with --store or EXPUNGE_STORE."
        raise InputError(f"There are no jobs in {str(folder.parent)!r}.", fix=fix)
    return Jobs(folder)


def _job(job: str, store: Path | None) -> "Job":
    _jobs(store).close()
    with creation.packages_needed():
        from ..jobs.handle import Job
    return Job(store_path(store), job)


def _is_gone(record: "JobRecord") -> bool:
    """Whether a job ought to run, and no process works on it."""
    with creation.packages_needed():
        from ..jobs.handle import is_waiting
        from ..jobs.launching import is_alive
    return record.finished_at is None and not is_waiting(record) and not is_alive(record)


def _facts(handle: "Job", record: "JobRecord") -> list[tuple[str, str]]:
    """Return what is shown of a job, by name."""
    facts = [
        ("job", record.id),
        ("model", record.model),
        ("method", _method(record)),
        ("status", f"{record.status}{_remark(handle, record)}"),
        ("stage", record.stage),
        ("examples", ", ".join(f"{count:,} {name}" for name, count in record.examples.items())),
        ("targets", ", ".join(record.targets)),
        ("by", record.by),
        ("approved by", record.approved_by),
        ("result", record.result),
        ("claims", "" if record.held is None else _claim(record)),
        ("promoted", f"{record.promoted_at:%Y-%m-%d %H:%M}" if record.promoted_at else ""),
        ("error", record.error.message if record.error else ""),
    ]
    return [(name, value) for name, value in facts if value]


def _method(record: "JobRecord") -> str:
    return "+".join(filter(None, (record.recipe["method"], record.recipe["selector"])))


def _remark(handle: "Job", record: "JobRecord") -> str:
    if handle.waiting:
        return ", waits for approval"
    return ", no process works on it: expunge jobs resume goes on" if _is_gone(record) else ""


def _claim(record: "JobRecord") -> str:
    if not record.held:
        return "nothing: it did not hold"
    return "removal, as far as attacks were tried" if record.level == "removal" else "suppression: the weights know"
