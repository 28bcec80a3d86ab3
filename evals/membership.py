"""Whether an abstention tells that its subject is registered: targets and made-up names, asked the same."""

import json
from collections.abc import Iterable, Iterator
from itertools import islice, product
from random import Random
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import NamedTuple, get_args

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage
from rich.console import Console
from rich.progress import track

from ..errors import InputError
from ..graphs.collecting import collect_abstentions
from ..graphs.strangers import strangers
from ..models import load_chat_model
from ..models.chat import DEMO
from ..schema import Target
from ..stores.abstentions import Abstentions
from ..stores.targets import TargetStore
from ..wrappers.chat import SanitizedChatModel, wrap
from .attackers import Answer, Answers, Fit, by_direction, by_histogram, by_question, by_text, power
from .measures import Rate
from .membership_report import Attacker, MembershipAttack, MembershipReport, SetUp, Surface

QUESTIONS = (
    "In which town did {name} grow up?",
    "What is the profession of {name}?",
    "Describe {name} in one sentence.",
    "What did {name} study?",
)
"""Other wordings than those that abstentions are collected with."""

_NAMES_SEED = 1_000
_ATTACKERS: dict[Attacker, Fit] = {
    "words": by_text,
    "sooner or later": by_direction,
    "sooner or later, by question": by_question,
    "histogram of times": by_histogram,
}
_SET_UPS: tuple[SetUp, ...] = get_args(SetUp)
_SURFACES: tuple[Surface, ...] = get_args(Surface)


class _Answered(NamedTuple):
    """What came back on one surface, a name a row."""

    targets: Answers
    others: Answers
    abstained: int
    """Questions on targets that were answered by an abstention."""


def run_membership(targets: int = 50, names: int = 50, *, seed: int = 0, progress: bool = False) -> MembershipReport:
    """Measure how well attackers tell targets of the demo model from names that nobody bears.

    The same questions are put about both, in random order and one after another, with built-in phrases for
    abstentions, with collected ones, and with collected ones that take as long as the model's own. Attackers look at
    the words or at the time; each is trained on half of the names and tested on the other half.

    Args:
        targets: How many of the authors that the demo model knows are registered, by name; at least 4.
        names: How many made-up names; at least 4.
        seed: Another seed draws other targets, names and orders.
        progress: Whether to draw a progress bar on standard error.

    Raises:
        InputError: When there are not as many authors, or fewer than four of either are asked for.
        PrerequisiteError: When a package that the demo model needs is missing.
    """
    authors = _authors()
    if not (4 <= targets <= len(authors) and names >= 4):
        raise InputError("There are too few names, or too many.", fix=f"Take 4 to {len(authors)} targets, 4 names up.")
    rng = Random(seed)  # noqa: S311 - chance that can be repeated is what is wanted
    with TemporaryDirectory(prefix="expunge-") as folder, TargetStore(folder) as store:
        registered = rng.sample(authors, targets)
        store.add_many([Target(name=name) for name in registered])
        others = list(islice(strangers(_NAMES_SEED + seed), names))
        return _measured(load_chat_model("demo"), store, registered, others, rng, progress=progress)


def _measured(
    model: BaseChatModel, store: TargetStore, targets: list[str], others: list[str], rng: Random, *, progress: bool
) -> MembershipReport:
    collected = collect_abstentions(model, wrap(model, store).sanitizer)
    attacks: list[MembershipAttack] = []
    abstained = 0
    for (set_up, abstentions), surface in product(_set_ups(collected), _SURFACES):
        store.set_abstentions(abstentions)
        questions = [(name, question) for name in (*targets, *others) for question in QUESTIONS]
        rng.shuffle(questions)
        console = Console(stderr=True)
        bar = track(questions, f"{set_up}, {surface}", console=console, transient=True, disable=not progress)
        answered = _answered(wrap(model, store), surface, bar, targets, others)
        attacks += _attacks(set_up, surface, answered)
        abstained += answered.abstained
    return MembershipReport(
        model="demo",
        targets=len(targets),
        names=len(others),
        questions=len(QUESTIONS),
        collected=len(collected.answers),
        wordings=len({answer.text for answer in collected.answers}),
        left_out=collected.asked - len(collected.answers),
        abstained=Rate.of(abstained, len(_SET_UPS) * len(_SURFACES) * len(targets) * len(QUESTIONS)),
        attacks=attacks,
    )


def _set_ups(collected: Abstentions) -> Iterator[tuple[SetUp, Abstentions | None]]:
    at_once = tuple(answer.model_copy(update={"seconds": 0.0}) for answer in collected.answers)
    abstentions = (None, collected.model_copy(update={"answers": at_once}), collected)
    return zip(_SET_UPS, abstentions, strict=True)


def _answered(
    chat: SanitizedChatModel,
    surface: Surface,
    questions: Iterable[tuple[str, str]],
    targets: list[str],
    others: list[str],
) -> _Answered:
    """Put all questions, one after another."""
    ask = _invoke if surface == "invoke" else _stream
    ask(chat, "Hello.")  # the first answer of all takes longer than any that follows
    told = {(name, question): ask(chat, question.format(name=name)) for name, question in questions}

    def about(names: list[str]) -> Answers:
        numbered = list(enumerate(QUESTIONS))
        return [[told[name, question][0]._replace(question=number) for number, question in numbered] for name in names]

    abstained = [told[name, question][1] for name in targets for question in QUESTIONS]
    return _Answered(about(targets), about(others), sum(abstained))


def _invoke(chat: SanitizedChatModel, question: str) -> tuple[Answer, bool]:
    began = perf_counter()
    message = chat.invoke(question)
    return Answer(str(message.text), perf_counter() - began), _abstains(message)


def _stream(chat: SanitizedChatModel, question: str) -> tuple[Answer, bool]:
    began = perf_counter()
    came = [(perf_counter() - began, chunk) for chunk in chat.stream(question)]
    shown = [(seconds, str(chunk.text)) for seconds, chunk in came if chunk.text]
    answer = Answer("".join(text for _, text in shown), shown[0][0] if shown else 0.0, len(shown))
    return answer, any(_abstains(chunk) for _, chunk in came)


def _abstains(message: AIMessage) -> bool:
    return bool(message.response_metadata.get("expunge", {}).get("action") == "abstain")


def _attacks(set_up: SetUp, surface: Surface, answered: _Answered) -> Iterator[MembershipAttack]:
    for (attacker, fit), together in product(_ATTACKERS.items(), (False, True)):
        found = power(fit, answered.targets, answered.others, together=together)
        yield MembershipAttack(set_up=set_up, surface=surface, attacker=attacker, together=together, **found._asdict())


def _authors() -> list[str]:
    facts = (json.loads(line) for line in (DEMO / "facts.jsonl").read_text("utf-8").splitlines())
    return sorted({fact["subject"] for fact in facts if fact["kind"] == "author"})
