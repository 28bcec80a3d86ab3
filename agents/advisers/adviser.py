"""Asking an agent's model within the limits of the policy."""

import logging
from dataclasses import dataclass, field
from time import perf_counter
from typing import TypeVar

from langchain_core.language_models import BaseChatModel
from pydantic import BaseModel, ConfigDict

from ...models.structured import ask_record, estimated_tokens
from ...prompts import Variables, render
from ...schema import AgentCall, Outcome, Policy, Role
from .controls import Control, Digest, control_for

# The first answer, and one attempt to repair it.
_ATTEMPTS = 2


class Answer(BaseModel):
    """What an agent's model fills in: every field, and no other."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


R = TypeVar("R", bound=Answer)

_log = logging.getLogger("expunge")


@dataclass
class Spending:
    """What the agents' models have cost one exchange so far.

    Attributes:
        until: When they have to be done, by `time.perf_counter`.
        entries: What was asked for.
    """

    until: float
    entries: list[AgentCall] = field(default_factory=list)

    @property
    def calls(self) -> int:
        """Requests so far."""
        return sum(entry.calls for entry in self.entries)

    @property
    def tokens(self) -> int:
        """Tokens so far."""
        return sum(entry.tokens for entry in self.entries)

    def amend(self, *, outcome: Outcome | None = None, dropped: int = 0) -> None:
        """Add to the last entry what the agent made of the answer."""
        last = self.entries[-1]
        more = {"outcome": outcome or last.outcome, "dropped": last.dropped + dropped}
        self.entries[-1] = last.model_copy(update=more)


class Adviser:
    """An agent's model.

    Args:
        role: The agent.
        model: Its model.
        policy: Limits and sides.
        digest: The register's keyed digest.
    """

    def __init__(self, role: Role, model: BaseChatModel, policy: Policy, digest: Digest) -> None:
        self._role = role
        self._model = model
        self._policy = policy
        self._digest = digest

    def control(self, *texts: str) -> Control:
        """Return the control for a prompt that holds these texts."""
        return control_for(texts, self._digest)

    def affords(self, spending: Spending, reserved: int = 0) -> bool:
        """Whether another request is allowed, with so many reserved for another agent."""
        return spending.calls + reserved < self._policy.max_calls and perf_counter() < spending.until

    def ask(self, prompt: Variables, record: type[R], spending: Spending, reserved: int = 0) -> R | None:
        """Return what the model fills in; `None` when that is of no use, or would take too many tokens."""
        messages = render(prompt)
        if spending.tokens + estimated_tokens(messages) > self._policy.max_tokens:
            spending.entries.append(AgentCall(agent=self._role, outcome="skipped"))
            return None
        reply = ask_record(
            self._model,
            messages,
            record,
            calls=min(_ATTEMPTS, self._policy.max_calls - spending.calls - reserved),
            timeout_s=spending.until - perf_counter(),
        )
        spending.entries.append(reply.entry(self._role))
        if reply.record is None:
            _log.warning("the %s's model gave no usable answer: %s", self._role, reply.outcome)
        return reply.record
