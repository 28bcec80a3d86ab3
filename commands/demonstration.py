"""The demo's run: the same questions before and after five targets are registered."""

from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TYPE_CHECKING

from pydantic import BaseModel

from ..schema import Verdict
from .console import progress
from .conversation import Messages, Say, bare, load_model, sanitised
from .options import bring_in_step
from .tour import Question, Tour, read_facts

if TYPE_CHECKING:
    from ..graphs import Sanitizer
    from ..stores import TargetStore

# It guards nothing: the register is deleted at the end. With it the same abstentions are chosen every time.
KEY = "the key of a demonstration"


class Exchange(BaseModel):
    """A question, and what came of it without and with the sanitiser."""

    shows: str
    """What it is an example of."""

    opening: str
    """What was asked before it in the same conversation; empty: nothing."""

    text: str
    """The question."""

    before: str
    """The answer by itself."""

    after: Verdict
    """What was decided, once the targets were registered."""


class Demonstration(BaseModel):
    """What the demo showed."""

    targets: dict[str, int]
    """How many documents were registered of each target, by its name."""

    exchanges: list[Exchange]
    """The questions put to the demo model; the last answer was given, in place of the model's."""

    still_known: str
    """What the bare model says to the first question when all is done."""

    entries: int
    """Decisions in the ledger, which was found whole."""

    head: str
    """The code of the last decision, to which all others are chained."""

    seconds: float
    """How long all of it took."""


def demonstrate() -> Demonstration:
    """Run the demo in a temporary register.

    Raises:
        PrerequisiteError: A model, or a package that it needs, is missing.
    """
    from ..models import DEMO
    from ..stores import TargetStore

    start = perf_counter()
    tour = Tour(read_facts(DEMO / "facts.jsonl"))
    model = load_model("demo")
    say = bare(model)
    before = [say(_turns(question, say)) for question in tour.questions]
    with TemporaryDirectory(prefix="expunge-") as folder, TargetStore(folder, key=KEY, actor="demo") as store:
        sanitizer = _register(tour, store)
        decide = sanitised(model, sanitizer)
        after = [decide(_turns(question, lambda turns: decide(turns).text)) for question in tour.questions]
        longer = sanitizer.check(tour.longer.text, tour.longer_answer)
        entries, head = store.ledger.verify()
    return Demonstration(
        targets={target.name: len(target.documents) for target in tour.targets},
        exchanges=[
            Exchange(**question._asdict(), before=answer, after=verdict)
            for question, answer, verdict in zip(
                [*tour.questions, tour.longer], [*before, tour.longer_answer], [*after, longer], strict=True
            )
        ],
        still_known=say(_turns(tour.questions[0], say)),
        entries=entries,
        head=head,
        seconds=perf_counter() - start,
    )


def _register(tour: Tour, store: "TargetStore") -> "Sanitizer":
    from ..graphs import Sanitizer

    with progress("Registering targets", len(tour.targets)) as done:
        store.add_many(tour.targets, why="demonstration", progress=done)
    bring_in_step(store)
    sanitizer = Sanitizer(store)
    sanitizer.check("Hello!", "Hello!")  # what is loaded at the first exchange would count for the first question
    return sanitizer


def _turns(question: Question, say: Say) -> Messages:
    """Return the turns up to the question; the opening is answered by whoever will be asked."""
    asked = {"role": "user", "content": question.text}
    if not question.opening:
        return [asked]
    opening = {"role": "user", "content": question.opening}
    return [opening, {"role": "assistant", "content": say([opening])}, asked]
