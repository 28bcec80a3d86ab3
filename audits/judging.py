"""Exchanges judged many at a time: what has to be embedded of them is embedded together."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from ..agents.conversation import Conversation, Role, Turn
from ..graphs.reviewing import Reviewer
from ..models.pooled import NotYet, Pool
from ..schema import Policy
from ..stores.snapshot import Snapshot
from .exchanges import Exchange
from .outcomes import Outcome, outcome_of


class Question(NamedTuple):
    """An exchange as it is sent to be judged: without where it stands."""

    turns: tuple[tuple[Role, str], ...]
    """Who said what, up to the answer."""

    answer: str | None
    """The answer; `None`: there is none."""

    @classmethod
    def of(cls, exchange: Exchange) -> "Question":
        """Take what is judged of an exchange."""
        turns = tuple((turn.role, turn.text) for turn in exchange.prompt)
        return cls(turns, exchange.answer.text if exchange.answer else None)

    @property
    def conversation(self) -> Conversation:
        """The turns as agents read them."""
        return Conversation(tuple(Turn(role, text) for role, text in self.turns))

    @property
    def roles(self) -> list[Role]:
        """Who said each turn."""
        return [role for role, _ in self.turns]


@dataclass(frozen=True)
class Setup:
    """What judges: the same in all processes.

    Attributes:
        snapshot: The register.
        policy: Limits and sides.
    """

    snapshot: Snapshot
    policy: Policy


class Judge:
    """Judges exchanges by rules.

    Args:
        setup: What judges.

    Raises:
        InputError: The policy has nothing to say of an answer that was given.
        PrerequisiteError: The embedding model is missing, or the policy needs a model.
    """

    def __init__(self, setup: Setup) -> None:
        self._pool = Pool(setup.snapshot.embedder)
        self._reviewer = Reviewer(replace(setup.snapshot, embeddings=self._pool), setup.policy)
        self._scopes = {target.id: target.scope for target in setup.snapshot.targets}

    def __len__(self) -> int:
        """Return the number of targets that are enforced."""
        return len(self._reviewer)

    def judge(self, questions: Sequence[Question]) -> list[Outcome | None]:
        """Judge exchanges, in their order; `None` for one that touches no target in any way."""
        outcomes: dict[int, Outcome | None] = {}
        waiting = list(range(len(questions)))
        self._pool.waits = True
        while waiting:
            for place in waiting:
                try:
                    outcomes[place] = self._judge(questions[place])
                except NotYet:
                    continue
            waiting = [place for place in waiting if place not in outcomes]
            self._pool.fill()
        self._pool.empty()
        return [outcomes[place] for place in range(len(questions))]

    def _judge(self, question: Question) -> Outcome | None:
        conversation = question.conversation
        if self._is_clean(conversation, question.answer or ""):
            return None
        return outcome_of(self._reviewer.review(conversation, question.answer), question.roles, self._scopes)

    def _is_clean(self, conversation: Conversation, answer: str) -> bool:
        try:
            return not self._reviewer.touches(conversation, answer)
        except Exception:  # noqa: BLE001 - what cannot be told is looked at further, and ends in an abstention there
            return False
