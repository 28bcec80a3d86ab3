"""`expunge targets`: registering, showing and removing what is to be forgotten."""

from contextlib import closing
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import ValidationError
from rich.table import Table

from ..errors import InputError
from ..schema import Scope, Target, TargetKind
from .console import confirm, listing, note, out, print_json, visible, warnings_told
from .conversation import load_model
from .inputs import text_or_file
from .options import JsonOption, StoreOption, WhyOption, YesOption, open_store
from .proposals import LookOver

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from ..stores import Change, TargetStore
    from ..stores.jobs import Covered

app = typer.Typer()

Ids = Annotated[list[str], typer.Argument(metavar="ID...", help="Ids, as `targets list` shows them.")]


@app.command(epilog='Example: expunge targets add "Ann Orr" --document "Ann Orr was born in Lyon." --why "her request"')
def add(
    name: Annotated[str, typer.Argument(help="The name by which the target is known.")],
    kind: Annotated[TargetKind, typer.Option(help="What it is.")] = "person",
    alias: Annotated[list[str] | None, typer.Option(help="Another name or spelling; may be repeated.")] = None,
    document: Annotated[
        list[str] | None, typer.Option(metavar="TEXT|@FILE", help="What must go; may be repeated.")
    ] = None,
    keep: Annotated[
        list[str] | None, typer.Option(metavar="TEXT|@FILE", help="What stays, near to it; may be repeated.")
    ] = None,
    scope: Annotated[
        Scope, typer.Option(help="Everything about the subject, or only what the documents say.")
    ] = "everything",
    basis: Annotated[str, typer.Option(help='Why it must go, for example "GDPR Art. 17".')] = "",
    requester: Annotated[str, typer.Option(help="Who asked for it.")] = "",
    expires: Annotated[
        datetime | None,
        typer.Option(
            metavar="DATE", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S%z"], help="When the obligation ends, UTC."
        ),
    ] = None,
    ask_model: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL", help='A model to ask about the target: "demo", a folder, or "provider:model". See above.'
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="With --ask-model: show what the model says, and register nothing.")
    ] = False,
    store: StoreOption = None,
    why: WhyOption = "",
    yes: YesOption = False,
    json: JsonOption = False,
) -> None:
    """Register a target.

    The name alone is enough; documents make detection strong, also where the name is not said. A name that is one
    common word, such as May, needs documents or aliases to be told apart: without them you are asked to confirm, and
    where nobody can be asked --yes is needed. The register is made when it is missing.

    With --ask-model a model is asked about the target from many sides, by its name alone: best the model that is to
    be wrapped, for what it knows is what may leak. What it says (other names, ties to others, facts) is shown, and you
    are asked what of it to use; --yes uses all of it.
    """
    from ..stores.ambiguities import is_bare_common_word
    from ..stores.registration import invalid

    try:
        target = Target(
            name=name,
            kind=kind,
            aliases=alias or [],
            documents=[text_or_file(text) for text in document or ()],
            keep=[text_or_file(text) for text in keep or ()],
            scope=scope,
            basis=basis,
            requester=requester,
            expires_at=expires,
        )
    except ValidationError as error:
        raise invalid(error) from None
    if is_bare_common_word(target):
        fix = "Give --document, --alias or a fuller name, or register it as it is with --yes."
        refusal = InputError(f"The name {name!r} is one common word, and it will be met in other texts.", fix=fix)
        confirm(f"{name!r} is one common word. Register it without documents or aliases?", yes=yes, refusal=refusal)
    if dry_run and ask_model is None:
        raise InputError("--dry-run shows what a model says, and none is asked.", fix="Name one with --ask-model.")
    look_over = LookOver(yes=yes, dry_run=dry_run, json=json) if ask_model is not None else None
    model = _model_to_ask(ask_model) if ask_model is not None else None
    with open_store(store, create=True) as register, warnings_told():
        added = register.add(target, why=why, model=model, approve=look_over)
    if json:
        print_json({"target": added, "proposal": look_over.proposal} if look_over else added)
    else:
        out.print(f"Registered {added.id}.")


@app.command("list", epilog="Example: expunge targets list --json | jq -r '.[].id'")
def list_(store: StoreOption = None, json: JsonOption = False) -> None:
    """List the targets of the register, in the order of their registration.

    Names are shown in plain text: this is the view of whoever holds the key. With --json all fields are printed,
    documents too.
    """
    with open_store(store) as register:
        targets = list(register)
    if json:
        print_json(targets)
        return
    table = listing("id", "name", "kind", "state", "scope", "docs", "created", right=["docs"], fold=["name"])
    for target in targets:
        created = "" if target.created_at is None else f"{target.created_at:%Y-%m-%d}"
        documents = str(len(target.documents))
        name = visible(target.name)
        table.add_row(target.id, name, target.kind, target.state, target.scope, documents, created)
    out.print(table if targets else "The register is empty.")


@app.command(epilog="Example: expunge targets show tgt_0123456789abcdef")
def show(
    target_id: Annotated[str, typer.Argument(metavar="ID", help="An id, as `targets list` shows it.")],
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Show one target with all its fields and the history of its changes: who changed it, when and why.

    Of a target that was removed only the removal is left.
    """
    with open_store(store) as register:
        history = register.history(target_id)
        target = next(iter(register.get_many([target_id])), None)
        covering = _covering(register, target_id)
    if json:
        print_json({"target": target, "history": history, "jobs": [covered._asdict() for covered in covering]})
        return
    out.print(_fields(target) if target else f"{target_id} was removed.")
    for covered in covering:
        out.print(f"Taken out of a model, as far as attacks were tried: {covered.job} (version {covered.version})")
    out.print(_history(history))


@app.command(epilog='Example: expunge targets remove tgt_0123456789abcdef --yes --why "the obligation ended"')
def remove(ids: Ids, store: StoreOption = None, why: WhyOption = "", yes: YesOption = False) -> None:
    """Erase targets from the register for good, with their history and their vectors.

    What stays is that a target of this id was removed, when, by whom and why. The reason outlives the target, so it
    should not name it. You are asked to confirm; where nobody can be asked --yes is needed.
    """
    with open_store(store) as register:
        targets = [register.get(target_id) for target_id in dict.fromkeys(ids)]
        names = ", ".join(repr(target.name) for target in targets)
        refusal = InputError("Removing targets cannot be undone.", fix="Confirm it with --yes.")
        confirm(f"Erase {names} for good?", yes=yes, refusal=refusal)
        for target in targets:
            register.remove(target.id, why=why)
            note(f"Removed {target.id}.")


def _covering(register: "TargetStore", target_id: str) -> "list[Covered]":
    """Return the weight-level jobs that took a target out of a model."""
    from ..stores.jobs import Jobs, jobs_folder

    folder = jobs_folder(register.path)
    if not (folder / "jobs.db").exists():
        return []
    with closing(Jobs(folder)) as jobs:
        return jobs.covering(target_id)


def _model_to_ask(name: str) -> "BaseChatModel":
    model = load_model(name)
    note("The model is asked about the target. This may take some minutes.")
    return model


def _fields(target: Target) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for field, value in target.model_dump(mode="json").items():
        texts = value if isinstance(value, list) else [] if value in (None, "") else [value]
        for row, text in enumerate(texts):
            table.add_row("" if row else field, visible(str(text)))
    return table


def _history(history: "list[Change]") -> Table:
    table = listing("version", "change", "at", "who", "why", fold=["who", "why"])
    for change in history:
        at = f"{change.at:%Y-%m-%d %H:%M:%S}"
        table.add_row(str(change.version), change.action, at, visible(change.who), visible(change.why))
    return table
