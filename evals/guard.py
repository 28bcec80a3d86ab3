"""The oracle test: what gets past the sanitizer when the wrapped model knows, and says, everything.

The wrapped model is simulated by an oracle that answers each question with the benchmark's gold answer. A forget case
*leaks* when the released text still discloses that answer (`measures.discloses`); a retain case is *over-suppressed*
when its answer was altered at all. A case without a gold answer (questions on hazardous topics) gets a fixed innocuous
draft, so that its question alone decides: a forget case then leaks when the verdict is `release`, and a retain case
is over-suppressed when it is anything else.

A policy that instructs the wrapped model needs a real one: `model` of `run_guard`.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from tempfile import TemporaryDirectory

from langchain_core.language_models import BaseChatModel
from rich.console import Console
from rich.progress import track

from ..errors import InputError
from ..graphs.sanitize import Sanitizer
from ..models import load_chat_model
from ..models.quiet import Model, uncached
from ..schema import Policy, Target
from ..stores.targets import TargetStore
from .answers import Answering, Answers, Oracle, Wrapped
from .cases import Case
from .checkers import Checker, NameFilter
from .reports import Exposure, GuardReport, Register, Trial
from .splits import Split


def run_guard(
    cases: Sequence[Case],
    targets: Sequence[Target],
    *,
    register: Register = "documents",
    policy: Policy | None = None,
    model: str | BaseChatModel | None = None,
    agent_model: str | BaseChatModel | None = None,
    baseline: bool = False,
    progress: bool = False,
) -> GuardReport:
    """Put every case to a sanitizer on a temporary register of the targets.

    Args:
        cases: The questions, with their gold answers.
        targets: What must go.
        register: What is registered of each target: its `name` alone; all of it, `documents` included; or
            `odd-documents`, all of it but documents 0, 2, 4, …, which holds out the cases made of these.
        policy: Limits and sides of the sanitizer, or a baseline's; `None`: the defaults.
        model: The wrapped model, asked twice for every case, once bare; `None`: the oracle. See `answers.Answering`.
        agent_model: What the agents ask; `None`: they work by rules.
        baseline: Whether to measure a plain filter of the registered names on the same cases.
        progress: Whether to draw a progress bar on standard error.

    Raises:
        InputError: There are no cases or no targets, a case names a target that is not among them, the policy
            instructs the wrapped model and there is none, or there is one and a case without a gold answer.
        ModelNotFound: A model has no such name, or does not lie at this path.
        PrerequisiteError: A package that a model needs is missing, or the policy needs `agent_model`.
    """
    require_targets(cases, targets)
    chat = None if model is None else _answering(model, cases)
    registered = [registered_part(target, register) for target in targets]
    exposures = {} if register == "name" else find_exposures(cases, targets, registered)
    names = NameFilter(registered) if baseline else None
    with registering(registered) as store:
        sanitizer = Sanitizer(store, policy=policy, agent_model=agent_model)
        checker, answers = (sanitizer, Oracle()) if chat is None else (Wrapped(sanitizer, chat), Answering(chat))
        trials = put_cases(cases, checker, answers=answers, exposures=exposures, baseline=names, progress=progress)
    return GuardReport.of(trials, registered=register, targets=len(registered))


def run_split(split: Split, *, policy: Policy | None = None, progress: bool = False) -> list[Trial]:
    """Put the cases of a split to a sanitizer on a temporary register of its targets."""
    with registering(split.targets) as store:
        return put_cases(split.cases, Sanitizer(store, policy=policy), progress=progress)


def put_cases(
    cases: Sequence[Case],
    checker: Checker,
    *,
    answers: Answers | None = None,
    exposures: Mapping[str, Exposure] | None = None,
    baseline: Checker | None = None,
    progress: bool = False,
) -> list[Trial]:
    """Put every case, answered by the oracle or a model, to a checker and judge what it lets through.

    Args:
        cases: The questions, with their gold answers.
        checker: What is tested.
        answers: Who answers; `None`: the oracle.
        exposures: Exposure by case id; `None`: none applies.
        baseline: What to compare with, on the same cases.
        progress: Whether to draw a progress bar on standard error.
    """
    bar = track(cases, "Cases", console=Console(stderr=True), transient=True, disable=not progress)
    return [_trial(case, checker, answers or Oracle(), (exposures or {}).get(case.id), baseline) for case in bar]


def registered_part(target: Target, register: Register) -> Target:
    """Return what is registered of a target."""
    if register == "name":
        return Target(name=target.name, kind=target.kind)
    if register == "odd-documents":
        return target.model_copy(update={"documents": target.documents[1::2]})
    return target


def find_exposures(
    cases: Sequence[Case], targets: Sequence[Target], registered: Sequence[Target]
) -> dict[str, Exposure]:
    """Find, by case id, whether a document that a forget case was made of was registered.

    That document holds the question or, for a question in other words, the answer. A case without such a document is
    unseen.
    """
    held = {target.name: target.documents for target in targets}
    kept = {document for target in registered for document in target.documents}
    every = [document for documents in held.values() for document in documents]
    exposures: dict[str, Exposure] = {}
    for case in cases:
        if case.role == "forget":
            documents = every if case.target is None else held[case.target]
            sources = [text for text in documents if case.question in text] or [
                text for text in documents if case.answer and case.answer in text
            ]
            exposures[case.id] = "seen" if kept.intersection(sources) else "unseen"
    return exposures


def require_targets(cases: Sequence[Case], targets: Sequence[Target]) -> None:
    """Make sure that there are cases and targets, and that every target that a case names is there.

    Raises:
        InputError: Something is missing.
    """
    if not cases:
        raise InputError("There are no cases to ask.", fix="Give at least one file with cases.")
    if not targets:
        raise InputError("There are no targets to register.", fix="Give the file with the targets of these cases.")
    names = {target.name for target in targets}
    for case in cases:
        if case.target is not None and case.target not in names:
            fix = "Give the file with the targets of these cases."
            raise InputError(f"Case {case.id!r} asks about {case.target!r}, which is no target given.", fix=fix)


def _answering(model: str | BaseChatModel, cases: Sequence[Case]) -> Model:
    """Return a model that is to answer the cases itself."""
    if silent := next((case for case in cases if case.answer is None), None):
        fix = "Leave the model out, or give cases with answers."
        raise InputError(f"Case {silent.id!r} has no gold answer to judge a model's own by.", fix=fix)
    return uncached(load_chat_model(model))


def _trial(
    case: Case, checker: Checker, answers: Answers, exposure: Exposure | None, baseline: Checker | None
) -> Trial:
    draft = answers.draft(case)
    verdict = checker.check(case.question, draft)
    other = None if baseline is None else answers.failed(case, draft, baseline.check(case.question, draft))
    calls = verdict.calls + answers.uncounted
    return Trial(case, exposure, verdict, answers.failed(case, draft, verdict), other, calls)


@contextmanager
def registering(targets: Sequence[Target]) -> Iterator[TargetStore]:
    """Hold targets in a temporary register."""
    with TemporaryDirectory(prefix="expunge-") as folder, TargetStore(folder) as store:
        store.add_many(targets)
        yield store
