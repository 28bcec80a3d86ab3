"""`expunge abstentions`: how the wrapped model says that it does not know, for abstentions that tell nothing."""

from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer

from .console import FOUND, listing, note, out, print_json, progress, visible
from .options import JsonOption, StoreOption, WhyOption, bring_in_step, open_store

if TYPE_CHECKING:
    from ..stores.abstentions import Abstentions

app = typer.Typer()

_TOO_FEW = "Too few of its answers can stand for any name: nothing was set, and what was in force stays."
_BUILT_IN = "Nothing was collected: abstentions are phrases that come with the package, and are given at once."


@app.command(epilog="Example: expunge abstentions collect --model openai:gpt-5-mini --count 100")
def collect(
    model: Annotated[str, typer.Option(metavar="MODEL", help="The wrapped model: demo, a folder, or provider:name.")],
    count: Annotated[int, typer.Option(min=1, help="Questions to put to it.")] = 64,
    store: StoreOption = None,
    why: WhyOption = "",
    json: JsonOption = False,
) -> None:
    """Ask the model about people who do not exist, and keep how it says that it does not know.

    From then on an abstention is one of these answers, the same for the same question, and takes as long as the model
    took for it: who asks cannot tell a target from a name that nobody bears, by words or by time. Targets whose policy
    is to refuse are refused as ever. It holds at once for every program on this register.

    Half of the questions are asked as streams. Left out are answers that repeat the name, that tell something, or that
    do not say that nothing is known: with fewer than five that are left, nothing is set. Collect again when the model,
    its settings or its machine have changed.
    """
    from ..graphs.collecting import collect_abstentions
    from ..graphs.sanitize import Sanitizer

    with open_store(store) as register:
        bring_in_step(register)
        with progress("Asking", count) as done:
            collected = collect_abstentions(model, Sanitizer(register), count=count, progress=done)
        if collected.enough:
            register.set_abstentions(collected, why=why)
        _show(register.abstentions if collected.enough else collected, as_json=json)
    if not collected.enough:
        note(_TOO_FEW)
        raise typer.Exit(FOUND)


@app.command(epilog="Example: expunge abstentions show --json | jq -r '.answers[].text' | sort | uniq -c")
def show(store: StoreOption = None, json: JsonOption = False) -> None:
    """Show what was collected: the answers, how often they were given and how long they took."""
    with open_store(store) as register:
        _show(register.abstentions, as_json=json)


@app.command(epilog="Example: expunge abstentions reset --why 'another model'")
def reset(store: StoreOption = None, why: WhyOption = "", json: JsonOption = False) -> None:
    """Go back to the phrases that come with the package."""
    with open_store(store) as register:
        register.set_abstentions(None, why=why)
        _show(register.abstentions, as_json=json)


def _show(abstentions: "Abstentions | None", *, as_json: bool) -> None:
    if as_json:
        print_json(abstentions)
        return
    if not abstentions or not abstentions.asked:
        out.print(_BUILT_IN)
        return
    table = listing("times", "seconds", "answer", right=["times", "seconds"], fold=["answer"])
    for text, times in Counter(answer.text for answer in abstentions.answers).most_common():
        seconds = [answer.seconds for answer in abstentions.answers if answer.text == text]
        table.add_row(str(times), f"{min(seconds):.2f} to {max(seconds):.2f}", visible(text))
    out.print(table)
    out.print(
        f"{len(abstentions.answers)} of {abstentions.asked} answers of {visible(abstentions.model)}; left out: "
        f"{abstentions.named} repeat the name, {abstentions.claimed} tell something, {abstentions.withheld} were "
        "withheld or failed."
    )
