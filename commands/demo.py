"""`expunge demo`: the main job, seen in a minute."""

from collections.abc import Sequence
from tempfile import TemporaryDirectory
from time import perf_counter

import typer
from pydantic import BaseModel
from rich.console import Console, RenderableType
from rich.text import Text

from ..schema import Action, Target, Verdict
from .console import listing, out, print_json, progress, visible
from .conversation import Ask, Messages, Reply, bare, load_model, sanitised
from .options import JsonOption, bring_in_step
from .tour import Question, Tour, read_facts

app = typer.Typer()

DECISIONS: dict[Action, tuple[str, str]] = {
    "release": ("released", "green"),
    "rewrite": ("rewritten", "yellow"),
    "abstain": ("withheld", "red"),
}
INTRODUCTION = (
    "A small model that has memorised a hundred invented authors is asked eight questions, before and after five of "
    "the authors are registered as targets. What you see is suppression: the sanitiser stands between the model and "
    "you, and the model's weights still know."
)
# It guards nothing: the register is deleted at the end. With it the same abstentions are chosen every time.
KEY = "the key of a demonstration"


class Exchange(BaseModel):
    """A question, and what came of it without and with the sanitiser."""

    shows: str
    """What it is an example of."""

    opening: str
    """What was asked before it in the same conversation; empty: nothing."""

    question: str
    """The question."""

    before: str
    """The bare model's answer."""

    after: Verdict
    """What was decided about the same question, once the targets were registered."""


class Demonstration(BaseModel):
    """What the demo showed."""

    targets: dict[str, int]
    """How many documents were registered of each target, by its name."""

    exchanges: list[Exchange]
    """The questions, before and after."""

    entries: int
    """Decisions in the ledger."""

    head: str
    """The code of the last one, to which all others are chained."""

    seconds: float
    """How long all of it took."""


@app.command(epilog="Example: expunge demo")
def demo(json: JsonOption = False) -> None:
    """Show the main job in less than a minute, on the model that comes with the package.

    The model is asked about authors; five of them are registered in a temporary register; and it is asked again: what
    is released, rewritten or withheld, by which layer, and in what time. Last the ledger is verified. Nothing is left
    behind.
    """
    with TemporaryDirectory(prefix="expunge-") as folder:
        shown = _demonstrate(folder, Console(quiet=True) if json else out)
    if json:
        print_json(shown)


def _demonstrate(folder: str, console: Console) -> Demonstration:
    from ..graphs import Sanitizer
    from ..models import DEMO
    from ..stores import TargetStore

    start = perf_counter()
    console.print(INTRODUCTION)
    tour = Tour(read_facts(DEMO / "facts.jsonl"))
    questions, targets = tour.questions(), tour.targets()
    model = load_model("demo")
    before = [_put(question, bare(model)).text for question in questions]
    _show(console, "1. Before: what the model says by itself", _answers(questions, before))
    with TargetStore(folder, key=KEY, actor="demo") as store:
        with progress("Registering targets", len(targets)) as done:
            store.add_many(targets, why="demonstration", progress=done)
        bring_in_step(store)
        _show(console, "2. Five targets are registered", _registered(targets))
        sanitizer = Sanitizer(store)
        sanitizer.check("Hello!", "Hello!")  # what is loaded at the first exchange would count for the first question
        after = [_put(question, sanitised(model, sanitizer)).verdict for question in questions]
        exchanges = [
            Exchange(shows=question.shows, opening=question.opening, question=question.text, before=said, after=verdict)
            for question, said, verdict in zip(questions, before, after, strict=True)
            if verdict
        ]
        _show(console, "3. After: the same questions", _decisions(exchanges))
        entries, head = store.ledger.verify()
        _show(console, "4. The ledger of decisions", f"{entries} entries, whole. Head {head}")
    return Demonstration(
        targets={target.name: len(target.documents) for target in targets},
        exchanges=exchanges,
        entries=entries,
        head=head,
        seconds=perf_counter() - start,
    )


def _put(question: Question, ask: Ask) -> Reply:
    messages: Messages = []
    if question.opening:
        messages.append({"role": "user", "content": question.opening})
        messages.append({"role": "assistant", "content": ask(messages).text})
    return ask([*messages, {"role": "user", "content": question.text}])


def _show(console: Console, title: str, content: RenderableType) -> None:
    console.print()
    console.print(title, style="bold")
    console.print()
    console.print(content)


def _answers(questions: Sequence[Question], answers: Sequence[str]) -> RenderableType:
    return ""


def _registered(targets: Sequence[Target]) -> RenderableType:
    return ""


def _decisions(exchanges: Sequence[Exchange]) -> RenderableType:
    return ""
