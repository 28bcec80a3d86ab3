"""`expunge ledger`: what was decided, and proof that nobody changed the record."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from ..errors import LedgerError
from .console import FOUND, listing, out, print_error, print_json
from .options import JsonOption, StoreOption, open_store

if TYPE_CHECKING:
    from ..stores.ledger import LedgerEntry

app = typer.Typer()


@app.command(epilog="Example: expunge ledger verify --head 3f0c…")
def verify(
    head: Annotated[
        str | None, typer.Option(metavar="MAC", help="A head that an earlier run printed: it must be in the chain.")
    ] = None,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Go through the whole ledger, and find any entry that was changed, dropped or reordered.

    Prints the number of entries and the head, the code of the last one. Keep the head in another place: given to a
    later run with --head, it shows also that the ledger was not rolled back to an older copy. The exit code is 1 when
    the chain is broken.
    """
    with open_store(store) as register:
        try:
            found = register.ledger.verify(head)
        except LedgerError as error:
            if json:
                print_json({"whole": False, "problem": error.args[0]})
            print_error(error)
            raise typer.Exit(FOUND) from error
    if json:
        print_json({"whole": True, **found._asdict()})
    else:
        out.print(f"The ledger is whole: {found.entries} entries, head", style="green")
        out.print(found.head)


@app.command(epilog="Example: expunge ledger show --limit 5")
def show(
    limit: Annotated[int, typer.Option(min=1, help="How many entries, the newest ones.")] = 20,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Show the last decisions, oldest first.

    An entry tells what was decided about which targets, by which layers' findings and in what time. It holds no text,
    only keyed digests of the prompt, the draft and what was shown.
    """
    with open_store(store) as register:
        entries = register.ledger.entries(limit, newest_first=True)[::-1]
    if json:
        print_json(entries)
    else:
        out.print(_table(entries) if entries else "The ledger is empty.")


def _table(entries: "list[LedgerEntry]") -> Table:
    table = listing(
        "#", "at", "decision", "targets", "findings", "ms", right=["#", "ms"], fold=["decision", "findings"]
    )
    for entry in entries:
        decision = " ".join(filter(None, [entry.action or entry.kind, entry.error]))
        findings = ", ".join(f"{layer} {count}" for layer, count in entry.findings.items())
        at, targets = f"{entry.at:%Y-%m-%d %H:%M:%S}", "\n".join(entry.targets)
        table.add_row(str(entry.number), at, decision, targets, findings, f"{entry.elapsed_ms:.1f}")
    return table
