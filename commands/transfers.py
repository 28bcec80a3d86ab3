"""`expunge targets import|export|reindex`: carrying many targets at once."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import InputError
from .console import FOUND, note, out, print_json, progress, visible, warn, warnings_told
from .options import JsonOption, StoreOption, WhyOption, bring_in_step_if_free, open_store

if TYPE_CHECKING:
    from ..stores.transfer import ImportReport

app = typer.Typer()


@app.command("import", epilog="Example: expunge targets import targets.jsonl --why 'batch of May'")
def import_(
    file: Annotated[Path, typer.Argument(help="JSON Lines: an object with the fields of a target in each line.")],
    store: StoreOption = None,
    why: WhyOption = "",
    json: JsonOption = False,
) -> None:
    """Register the targets of a JSONL file, and embed their documents.

    What is registered already is skipped, so an import that was cut short can be run again. A bad line does not stop
    the others; when there was one, the exit code is 1. The register is made when it is missing.
    """
    lines = _count_lines(file)
    with open_store(store, create=True) as register:
        with warnings_told(), progress("Registering", lines) as done:
            report = register.import_jsonl(file, why=why, progress=done)
        _print(report, json)
        bring_in_step_if_free(register)
    if report.errors:
        raise typer.Exit(FOUND)


@app.command(epilog="Example: expunge targets export backup.jsonl")
def export(
    file: Annotated[Path, typer.Argument(help="The file to write.")],
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Write all targets to a JSONL file that `targets import` reads.

    The file is plain text: it names everyone who asked to be forgotten. Only its owner may read it.
    """
    with open_store(store) as register:
        written = register.export_jsonl(file)
    warn(f"{str(file)!r} holds the names and documents in plain text. Encrypt it, or delete it after use.")
    if json:
        print_json({"written": written, "file": str(file)})
    else:
        out.print(f"Wrote {written} targets.")


@app.command(epilog="Example: expunge targets reindex --embeddings openai:text-embedding-3-small")
def reindex(
    embeddings: Annotated[
        str | None, typer.Option(metavar="NAME", help="The embedding model; by default EXPUNGE_EMBEDDINGS.")
    ] = None,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Make the index anew from the register, which is never touched.

    Needed to change the embedding model, since vectors of two models cannot be compared; and a way out whenever the
    index seems wrong.
    """
    with open_store(store, embeddings=embeddings) as register, progress("Embedding targets", len(register)) as done:
        register.reindex(done)
        targets = len(register)
        model = register.embedder.name
    if json:
        print_json({"targets": targets, "embeddings": model})
    else:
        out.print(f"Indexed {targets} targets with {visible(model)}.")
    if embeddings:
        note(f"From now on set EXPUNGE_EMBEDDINGS={embeddings} for every use of this register.")


def _print(report: "ImportReport", as_json: bool) -> None:
    if as_json:
        errors = [error._asdict() for error in report.errors]
        print_json({**report._asdict(), "errors": errors})
        return
    out.print(f"Added {report.added}, skipped {report.skipped} registered already, {len(report.errors)} bad lines.")
    for error in report.errors:
        out.print(f"  line {error.line}: {visible(error.message)}", soft_wrap=True)
    for field, lines in report.ignored.items():
        note(f"The field {field!r} of {lines} lines was ignored: a target has no such field.")


def _count_lines(file: Path) -> int:
    try:
        with file.open("rb") as lines:
            return sum(1 for line in lines if line.strip())
    except OSError as error:
        raise InputError(f"{str(file)!r} cannot be read ({type(error).__name__}).", fix="Check the path.") from error
