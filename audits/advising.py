"""Agents with a model in an audit: asked about what the rules leave open, within a budget."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from langchain_core.language_models import BaseChatModel

from ..graphs.reviewing import Reviewer
from ..schema import Policy, Role
from ..stores.snapshot import Snapshot
from .journal import Spent
from .judging import Question
from .outcomes import Outcome, outcome_of

MAX_CALLS = 1_000
"""Requests that an audit makes at most, unless it is told otherwise."""

# Exchanges that are asked about at once.
_TOGETHER = 8


class Advised(NamedTuple):
    """What was made of exchanges, and what that took."""

    outcomes: list[Outcome | None]
    """What was made of each."""

    spent: Spent
    """What was asked for."""


class Adviser:
    """Asks agents' models about the exchanges that touch a target.

    Args:
        snapshot: The register.
        policy: Limits and sides.
        models: The agents' models.
        budget: Requests that are left.

    Raises:
        PrerequisiteError: The embedding model is missing.
    """

    def __init__(self, snapshot: Snapshot, policy: Policy, models: Mapping[Role, BaseChatModel], budget: int) -> None:
        self._reviewer = Reviewer(snapshot, policy, models)
        # An answer that does not fit is asked for once more, and that is a request too.
        self._most = 2 * policy.max_calls
        self._budget = budget
        self._scopes = {target.id: target.scope for target in snapshot.targets}

    def advise(self, questions: Sequence[Question], outcomes: Sequence[Outcome | None]) -> Advised:
        """Judge again what touches a target, as far as the budget reaches; for the rest the rules' word stands.

        Exchanges are taken in their order, a few at once, and none is begun whose requests might exceed the budget.

        Args:
            questions: The exchanges.
            outcomes: What the rules made of each; `None` for those that touch no target.
        """
        advised, spent = list(outcomes), Spent()
        touching = [place for place, outcome in enumerate(outcomes) if outcome is not None]
        for places in self._affordable(touching):
            with ThreadPoolExecutor(_TOGETHER) as threads:
                found = list(threads.map(lambda place: self._judge(questions[place]), places))
            for place, outcome in zip(places, found, strict=True):
                advised[place] = outcome
                self._budget -= outcome.calls
                spent = Spent(
                    spent.asked + bool(outcome.calls), spent.calls + outcome.calls, spent.tokens + outcome.tokens
                )
            touching = touching[len(places) :]
        return Advised(advised, spent._replace(skipped=len(touching)))

    def _affordable(self, touching: Sequence[int]) -> Iterator[Sequence[int]]:
        """Yield groups of exchanges that may be asked about at once; the budget is looked at before each."""
        start = 0
        while start < len(touching):
            many = min(_TOGETHER, self._budget // self._most) if self._most else _TOGETHER
            if not many:
                return
            yield touching[start : start + many]
            start += many

    def _judge(self, question: Question) -> Outcome:
        return outcome_of(self._reviewer.review(question.conversation, question.answer), question.roles, self._scopes)
