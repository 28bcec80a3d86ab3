"""`expunge audit`: what a model has said already, put to the register."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from ..errors import InputError
from ..schema import Policy
from .console import FOUND, err, listing, note, out, print_json, visible, warn
from .options import AgentModelOption, JsonOption, StoreOption, agent_models, bring_in_step, open_store
from .policies import read_policy

if TYPE_CHECKING:
    from ..audits.audit import AuditReport
    from ..audits.estimating import Estimate
    from ..audits.running import Step, Watch

app = typer.Typer()

FailOn = Literal["disclosed", "asked", "context", "never"]
FormatName = Literal["openai", "openai-batch", "plain", "csv", "sharegpt", "langsmith", "otel", "parquet"]

INTERRUPTED = 130
"""The exit code after Ctrl-C, as shells have it."""

MAX_CALLS = 1_000


@app.command(epilog="Example: expunge audit logs/ --store DIR --out report --workers 2")
def audit(
    logs: Annotated[
        list[str],
        typer.Argument(
            metavar="LOGS...", help="Files, globs and folders, also .gz and .zst; `-` reads standard input."
        ),
    ],
    out_folder: Annotated[Path, typer.Option("--out", metavar="DIR", help="The folder of the report.")],
    store: StoreOption = None,
    format: Annotated[  # noqa: A002 - the option's name
        FormatName | None, typer.Option(help="The shape of the logs; by default it is told by their content.")
    ] = None,
    columns: Annotated[
        list[str],
        typer.Option(
            "--map",
            metavar="WHAT=COLUMN",
            help="Where something stands: prompt, response, id, at, system, context. May be repeated.",
        ),
    ] = [],  # noqa: B006
    policy: Annotated[
        str | None, typer.Option(help="A policy: a YAML or JSON file of its fields, or the name of a baseline.")
    ] = None,
    agent_model: AgentModelOption = [],  # noqa: B006
    max_calls: Annotated[int, typer.Option(help="Requests to agents' models at most, in all.")] = MAX_CALLS,
    sample: Annotated[
        float | None, typer.Option(help="Look at this share of the exchanges, over 0 to 1; the same ones each time.")
    ] = None,
    limit: Annotated[int | None, typer.Option(help="Look at so many exchanges at most.")] = None,
    reveal: Annotated[
        bool, typer.Option("--reveal", help="Write names of targets and the words that matched into the report.")
    ] = False,
    sanitised: Annotated[
        bool,
        typer.Option("--sanitised", help="Write a copy of the logs with answers as they would have been released."),
    ] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with an audit that was interrupted.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Read the logs, judge a few exchanges, and say what it would take.")
    ] = False,
    replay: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="The report of an earlier audit of the same logs: say which verdicts change."),
    ] = None,
    as_of: Annotated[
        datetime | None, typer.Option(help="Judge by the register as it was at this time (UTC) or now, by default.")
    ] = None,
    workers: Annotated[int, typer.Option(help="Processes that judge.")] = 1,
    engine: Annotated[
        Literal["local", "ray"], typer.Option(help="Judge on this machine, or on a Ray cluster (extra `ray`).")
    ] = "local",
    ray_address: Annotated[
        str | None, typer.Option(help="The Ray cluster, such as ray://host:10001; by default one on this machine.")
    ] = None,
    fail_on: Annotated[
        FailOn,
        typer.Option(help="What ends in exit code 1: a disclosure, also what was asked for, also context, or nothing."),
    ] = "disclosed",
    json: JsonOption = False,
) -> None:
    """Put logs of prompts and answers to the register: who was disclosed, where, how often.

    Every exchange goes through the same detection and agents as at run time; an exchange that comes again is judged
    once. OpenAI chats and batches, prompt and response as JSON Lines, CSV or Parquet, ShareGPT, LangSmith's exports and
    OpenTelemetry's GenAI spans are told apart by their content, record by record.

    The report's folder holds report.html for people, summary.json, findings.jsonl and findings.parquet, errors.jsonl
    with what could not be read, and audit.db, from which an interrupted audit goes on with --resume. Without --reveal
    they hold no text of a target: ids, places, and what the sanitiser would have shown. Answers are quoted nowhere.

    The exit code is 1 when something was disclosed (see --fail-on) or could not be judged, 2 when the audit could not
    be done. No finding is no proof that nothing was disclosed; and a model whose answers are sanitised still knows.
    """
    from ..audits.audit import Audit
    from ..audits.options import Options

    options = Options(
        policy=read_policy(policy) if policy else Policy(),
        models=agent_models(agent_model),
        max_calls=max_calls,
        format=format,
        columns=_columns(columns),
        sample=sample,
        limit=limit,
        reveal=reveal,
        sanitised=sanitised,
        resume=resume,
        workers=workers,
        engine=engine,
        address=ray_address,
        against=replay,
        as_of=as_of.replace(tzinfo=as_of.tzinfo or UTC) if as_of else None,
    )
    with open_store(store) as register:
        bring_in_step(register)
        work = Audit(logs, register, out_folder, options)
        if dry_run:
            _print_estimate(work.estimate(), as_json=json)
            return
        try:
            with _watching(work.size) as watch:
                report = work.run(watch)
        except KeyboardInterrupt:
            note(f"Interrupted. What is done is kept in {out_folder}, standard input too: go on with --resume.")
            raise typer.Exit(INTERRUPTED) from None
    _print_report(report, as_json=json)
    if not report.summary.exchanges and report.summary.faults:
        raise InputError("Nothing could be read.", fix=f"See {report.files.errors}.")
    if _fails(report, fail_on):
        raise typer.Exit(FOUND)


def _columns(given: list[str]) -> dict[str, str]:
    pairs = [text.partition("=") for text in given]
    if wrong := [name for name, sign, column in pairs if not (name and sign and column)]:
        raise InputError(f"{wrong[0]!r} maps nothing.", fix="Write it as --map prompt=COLUMN.")
    return {name: column for name, _, column in pairs}


@contextmanager
def _watching(size: int) -> "Iterator[Watch | None]":
    """Draw a bar on standard error, if that is a terminal."""
    if not err.is_terminal:
        yield None
        return
    told = TextColumn("{task.fields[exchanges]:,} exchanges, {task.fields[disclosed]:,} disclosed")
    columns = (TextColumn("Auditing"), BarColumn(), DownloadColumn(), told, TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True) as bar:
        row = bar.add_task("", total=size, exchanges=0, disclosed=0)

        def watch(step: "Step") -> None:
            bar.update(row, completed=step.read, exchanges=step.exchanges, disclosed=step.disclosed)

        yield watch


def _fails(report: "AuditReport", fail_on: FailOn) -> bool:
    counts, failed = report.summary.counts, report.summary.failed
    bad = {
        "never": 0,
        "disclosed": counts.disclosed + failed,
        "asked": counts.disclosed + counts.asked_for + failed,
        "context": counts.total + failed,
    }
    return bad[fail_on] > 0


def _print_report(report: "AuditReport", *, as_json: bool) -> None:
    summary = report.summary
    if as_json:
        print_json(summary)
        return
    style = "bold red" if report.disclosed else "bold green"
    out.print(f"{report.disclosed:,} of {summary.exchanges:,} exchanges disclosed a target.", style=style)
    table = listing("exchanges", "", right=[""])
    for label, count in (
        ("asked for, and not disclosed", summary.counts.asked_for),
        ("a target in the context only", summary.counts.context_only),
        ("near misses", summary.near),
        ("without an answer", summary.unanswered),
        ("ended in an error", summary.failed),
        ("different from each other", summary.distinct),
    ):
        table.add_row(label, f"{count:,}")
    out.print(table)
    if not summary.targets:
        warn("No target was in force: nothing could be found.")
    if summary.faults:
        faults = ", ".join(f"{count:,} {code}" for code, count in summary.faults.items())
        out.print(f"Could not be used, or only in part: {faults}. See {visible(str(report.files.errors))}")
    if summary.replay:
        out.print(_changes(report))
    rate = summary.exchanges / summary.elapsed_s if summary.elapsed_s else 0
    out.print(f"In {summary.elapsed_s:,.1f} s, {rate:,.0f} exchanges a second.")
    out.print(f"Report: {visible(str(report.files.html))}")


def _changes(report: "AuditReport") -> Table:
    replay = report.summary.replay
    table = listing("before", "now", "exchanges", right=["exchanges"])
    for change in replay.changes if replay else ():
        table.add_row(change.before, change.after, f"{change.exchanges:,}")
    table.title = f"{replay.changed if replay else 0:,} exchanges are judged otherwise"
    return table


def _print_estimate(estimate: "Estimate", *, as_json: bool) -> None:
    if as_json:
        print_json(estimate)
        return
    table = listing("file", "format", "records", "faults", right=["records", "faults"], fold=["file"])
    for file in estimate.files:
        table.add_row(visible(file.file), ", ".join(file.formats) or "none", f"{file.records:,}", f"{file.faults:,}")
    out.print(table)
    out.print(
        f"{estimate.exchanges:,} exchanges, {estimate.distinct:,} of them different, {estimate.unanswered:,} without an"
        f" answer, against {estimate.targets:,} targets."
    )
    calls = f" It might make {estimate.calls:,} requests to agents' models." if estimate.calls else ""
    out.print(f"It would take about {estimate.seconds:,.0f} s.{calls} Nothing was written.")
