"""`expunge demo`: the main job, seen in a minute."""

from collections.abc import Iterable
from statistics import median

import typer
from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ..schema import Action
from .console import listing, out, print_json
from .demonstration import Demonstration, Exchange, demonstrate
from .options import JsonOption

app = typer.Typer()

DECISIONS: dict[Action, tuple[str, str]] = {
    "release": ("released", "green"),
    "rewrite": ("rewritten", "yellow"),
    "abstain": ("withheld", "red"),
}
INTRODUCTION = """\
A small model that has memorised invented authors is asked eight questions, before and after five of these authors \
are registered as targets. What you will see is suppression: the sanitiser stands between the model and you, and the \
model's weights still know."""


@app.command(epilog="Example: expunge demo")
def demo(json: JsonOption = False) -> None:
    """Show the main job in less than a minute, on the model that comes with the package.

    The model is asked about authors; five of them are registered in a temporary register; and it is asked again: what
    is released, rewritten or withheld, by which layer, and in what time. Last the ledger is verified. Nothing is left
    behind.
    """
    if json:
        print_json(demonstrate())
        return
    out.print(INTRODUCTION)
    shown = demonstrate()
    *asked, given = shown.exchanges
    _part("1. Before: the model by itself", _answers(asked))
    _part("2. Five targets are registered", _targets(shown))
    _part("3. After: the same questions", _decisions(asked, first=1), _remarks(asked))
    _part("4. An answer of any other model, given to be checked", given.before, _decisions([given], first=9))
    _part("5. The ledger of decisions", f"{shown.entries} entries, and the chain is whole. Its head:", shown.head)
    _part(
        "6. The weights still know",
        f"Asked without the sanitiser, the model says again: {shown.still_known}",
        f"All of this took {shown.seconds:.1f} s. Go on with `expunge chat --raw` and `expunge targets add --help`.",
    )


def _part(title: str, *contents: RenderableType) -> None:
    out.print()
    out.print(title, style="bold")
    for content in contents:
        out.print(Padding(content, (1, 0, 0, 0)))


def _answers(exchanges: Iterable[Exchange]) -> Table:
    table = listing("", "question", "answer", fold=["question", "answer"])
    for number, exchange in enumerate(exchanges, start=1):
        table.add_row(str(number), _question(exchange), exchange.before)
    return table


def _targets(shown: Demonstration) -> Table:
    table = listing("target", "registered")
    for name, documents in shown.targets.items():
        table.add_row(name, f"by name and {documents} documents" if documents else "by name alone")
    return table


def _decisions(exchanges: Iterable[Exchange], first: int) -> Table:
    head = "question, and what is shown now"
    table = listing("", head, "decision", "by layer", "ms", right=["ms"], fold=[head])
    for number, exchange in enumerate(exchanges, start=first):
        verdict = exchange.after
        content = Text.assemble((f"{exchange.shows}: {_question(exchange)}\n", "dim"), f"{verdict.text}\n")
        layers = "\n".join(dict.fromkeys(finding.layer for finding in verdict.findings))
        table.add_row(str(number), content, Text(*DECISIONS[verdict.action]), layers, f"{verdict.elapsed_ms:.1f}")
    return table


def _remarks(exchanges: list[Exchange]) -> str:
    same = [exchange.shows for exchange in exchanges if exchange.after.text == exchange.before]
    uncalled = sum(not exchange.after.calls for exchange in exchanges)
    added = median(exchange.after.elapsed_ms for exchange in exchanges)
    return (
        f"Word for word as before: {' and '.join(same)}. For {uncalled} questions the model was not even called. "
        f"The sanitiser added {added:.0f} ms (median)."
    )


def _question(exchange: Exchange) -> str:
    return f"{exchange.opening} … {exchange.text}" if exchange.opening else exchange.text
