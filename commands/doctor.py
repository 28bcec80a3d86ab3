"""`expunge doctor`: what is installed, what is missing, and the command that installs it."""

import typer
from rich.text import Text

from .checkup import Check, Status, examine
from .console import FOUND, out, print_json, visible
from .options import JsonOption, StoreOption, store_path

app = typer.Typer()

SIGNS: dict[Status, tuple[str, str]] = {"ok": ("ok", "green"), "missing": ("--", "yellow"), "broken": ("!!", "red")}


@app.command(epilog="Example: expunge doctor --json | jq '.checks[] | select(.status != \"ok\")'")
def doctor(
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Look over the installation and the register, and say what to do about what is missing.

    An optional part that is missing is no fault. The exit code is 1 when something that is there does not work: a
    register that cannot be opened, a broken ledger, a wrong key. An index that is behind the register is brought in
    step.
    """
    checks = list(examine(store_path(store)))
    broken = any(check.status == "broken" for check in checks)
    if json:
        print_json({"ok": not broken, "checks": checks})
    else:
        for check in checks:
            _print(check)
    if broken:
        raise typer.Exit(FOUND)


def _print(check: Check) -> None:
    sign, style = SIGNS[check.status]
    head = Text.assemble((sign, style), "  ", (f"{check.name:<14}", "bold"))
    head.append(visible(check.detail))
    out.print(head, soft_wrap=True)
    if check.fix:
        out.print(f"{'':18}{visible(check.fix)}", style="cyan", soft_wrap=True)
