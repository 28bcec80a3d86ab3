"""The gate: the last step of an exchange, deterministic and without a model. What it does not pass is not released."""

import asyncio
import logging
from importlib.metadata import version
from time import perf_counter, sleep
from typing import NamedTuple, Self

from langchain_core.messages import AIMessage

from ..detection.detector import Detector
from ..prompts import load
from ..schema import Action, Policy, Verdict
from ..stores.abstentions import Abstention
from ..stores.ledger import LedgerEntry, Recorder
from ..stores.source import TargetSource
from .abstaining import Abstaining
from .draft import Draft
from .removals import Removals
from .state import Abandoned, Exchange

_VERSION = version("expunge")
_log = logging.getLogger("expunge")


class Released(NamedTuple):
    """What leaves the graph."""

    message: AIMessage
    """All that is released."""

    verdict: Verdict
    """What was decided."""

    rest: str = ""
    """What of the text a stream has not shown yet."""

    rest_reasoning: str = ""
    """The same of the reasoning."""

    took_s: float = 0.0
    """Seconds from the beginning of the exchange to the gate, those of the wrapped model too."""

    hold_s: float = 0.0
    """Seconds that it is to be held back, so that an abstention takes as long as the model's own: `held` waits."""

    def held(self) -> Self:
        """Wait until it may be shown; return it."""
        sleep(self.hold_s)
        return self

    async def aheld(self) -> Self:
        """Do what `held` does, without blocking the event loop."""
        await asyncio.sleep(self.hold_s)
        return self

    @classmethod
    def of(cls, message: AIMessage, verdict: Verdict, exchange: Exchange) -> "Released":
        """Return what leaves the graph, with what a stream has not shown yet."""
        reasoning = exchange.draft.reasoning if exchange.draft and verdict.action == "release" else ""
        rest = verdict.text.removeprefix(exchange.released)
        rest_reasoning = reasoning.removeprefix(exchange.released_reasoning)
        return cls(message, verdict, rest, rest_reasoning, exchange.took_s, exchange.hold_s)


class Gate:
    """Decides what is released, and records every decision before it takes effect.

    Args:
        store: The register, with its ledger.
        detector: The layers of detection; tells the register's revision that decided.
        policy: Limits and sides.
        ledger: Where decisions are recorded; `None`: the store's own.
        removals: What weight-level jobs took out of the wrapped model; `None`: nothing.

    Raises:
        UnreadableStore: When the abstentions collected for the register were changed by others.
    """

    def __init__(
        self,
        store: TargetSource,
        detector: Detector,
        policy: Policy,
        ledger: Recorder | None = None,
        removals: Removals | None = None,
    ) -> None:
        self._store = store
        self._removals = removals or Removals.none()
        self._detector = detector
        self._policy = policy
        self._other_ledger = ledger
        self._abstaining = Abstaining(store)

    @property
    def _ledger(self) -> Recorder:
        return self._store.ledger if self._other_ledger is None else self._other_ledger

    def open(self, exchange: Exchange, text: str) -> None:
        """Record that a stream begins to show an answer.

        Args:
            exchange: The exchange.
            text: What it shows first.

        Raises:
            LedgerError: When the ledger was tampered with; nothing may be shown then.
            StoreError: When it cannot be written.
        """
        decided = Verdict(action="release", text=text, policy=self._policy, versions=self._versions)
        self._ledger.append(self._entry(decided, exchange).model_copy(update={"kind": "stream"}))

    def waits(self, text: str) -> bool:
        """Whether a stream that begins so is shown at its end, because abstentions that sound like it are.

        Raises:
            UnreadableStore: When the abstentions collected for the register were changed by others.
        """
        return self._abstaining.resembles(text)

    def release(self, exchange: Exchange) -> Released:
        """Decide on an exchange. Never raises: an error of its own, a ledger that cannot be written too, abstains."""
        try:
            return self._release(exchange)
        except Exception as error:  # noqa: BLE001 - fail closed
            exchange.error = type(error).__name__
            _log.warning("the gate abstained: %s", exchange.error)
            text = _after(exchange.released, load("abstain-unknown").splitlines()[0])
            verdict = Verdict(action="abstain", text=text, policy=self._policy, error=exchange.error)
            return Released.of(AIMessage(text), verdict, exchange)

    def _release(self, exchange: Exchange) -> Released:
        action = self._decide(exchange)
        abstention = self._abstention(exchange) if action == "abstain" else None
        text = _after(exchange.released, abstention.text) if abstention else self._text(action, exchange)
        verdict = self._verdict(action, text, exchange)
        self._ledger.append(self._entry(verdict, exchange))
        if exchange.error:
            level = logging.INFO if exchange.error == Abandoned.__name__ else logging.WARNING
            _log.log(level, "an exchange ended in an abstention: %s", exchange.error)
        exchange.took_s = perf_counter() - exchange.started
        if action == "release" and exchange.waited_s:
            self._abstaining.note(verdict.text, exchange)
        if abstention and not exchange.error:
            exchange.hold_s = max(0.0, min(abstention.seconds, self._policy.deadline_s) - exchange.took_s)
        return Released.of(self._message(verdict, exchange), verdict, exchange)

    def _decide(self, exchange: Exchange) -> Action:
        """Release what was audited and clean, or what the critic accepted; abstain in every other case.

        What a stream has begun cannot be rewritten any more.
        """
        late = exchange.drafted_at is not None and perf_counter() - exchange.drafted_at > self._policy.deadline_s
        if late and not exchange.error:
            exchange.error = "DeadlineExceeded"
        if exchange.error or exchange.vetting.denied or exchange.draft is None or exchange.findings is None:
            return "abstain"
        if not exchange.findings and not exchange.aside:
            return "release"
        if exchange.begun:
            return "abstain"
        if not exchange.findings:
            return "rewrite"  # the reasoning stays behind
        return "rewrite" if exchange.accepted and not exchange.accepted.findings else "abstain"

    def _text(self, action: Action, exchange: Exchange) -> str:
        """Return what is released: the draft, or what the critic accepted in its place."""
        if action == "rewrite" and exchange.accepted is not None:
            return exchange.accepted.text
        return exchange.draft.text if exchange.draft else ""

    def _abstention(self, exchange: Exchange) -> Abstention:
        ask, refuses = exchange.conversation.ask, self._refuses(exchange)
        return self._abstaining.choose(ask, streamed=exchange.streamed, refuses=refuses)

    def _refuses(self, exchange: Exchange) -> bool:
        """Whether an abstention sounds like a refusal, not as about something never learned."""
        sides = [self._detector.policy_of(target_id) or self._policy for target_id in self._concerned(exchange)]
        return any(policy.abstain == "refuse" for policy in sides or [self._policy])

    @property
    def _versions(self) -> dict[str, str]:
        return {"expunge": _VERSION, "register": str(self._detector.revision)}

    def _concerned(self, exchange: Exchange) -> list[str]:
        """Return the ids of the targets that were withheld, without those that were only near."""
        disclosed = {finding.target for finding in (*(exchange.findings or ()), *exchange.aside)}
        denied = exchange.vetting.denied if exchange.settling is None else frozenset()
        return sorted(denied | disclosed)

    def _verdict(self, action: Action, text: str, exchange: Exchange) -> Verdict:
        concerned = self._concerned(exchange)
        return Verdict(
            action=action,
            text=text,
            findings=[*exchange.vetting.findings, *(exchange.findings or ()), *exchange.aside],
            targets=concerned,
            weights=self._removals.jobs(concerned),
            calls=exchange.all_calls,
            agents=exchange.agents,
            elapsed_ms=round((perf_counter() - exchange.started - exchange.waited_s) * 1000, 3),
            policy=self._policy,
            versions=self._versions,
            error=exchange.error,
        )

    def _message(self, verdict: Verdict, exchange: Exchange) -> AIMessage:
        """Make the released message; of the wrapped model's own only what was audited is taken over."""
        decided: dict[str, object] = {
            "action": verdict.action,
            "targets": verdict.targets,
            "level": "suppression",
            "error": verdict.error,
        }
        if verdict.weights:
            decided["weights"] = verdict.weights
        draft = exchange.draft or Draft("")
        message = draft.message() if verdict.action == "release" else AIMessage(verdict.text)
        if verdict.action == "rewrite" and not exchange.in_calls:
            message.tool_calls = draft.tool_calls
        message.usage_metadata = draft.usage
        ended = {"finish_reason": "stop", **draft.metadata}
        if verdict.action == "abstain":
            ended["finish_reason"] = "content_filter" if self._refuses(exchange) else "stop"
        message.response_metadata = {**ended, "expunge": decided}
        return message

    def _entry(self, verdict: Verdict, exchange: Exchange) -> LedgerEntry:
        digest = self._ledger.digest
        layers = [finding.layer for finding in verdict.findings]
        return LedgerEntry(
            kind="error" if verdict.error else "exchange",
            action=verdict.action,
            targets=verdict.targets,
            findings={layer: layers.count(layer) for layer in dict.fromkeys(layers)},
            prompt_digest=digest(exchange.conversation.ask),
            draft_digest=digest(exchange.draft.text) if exchange.draft else "",
            text_digest=digest(verdict.text),
            policy=verdict.policy.name,
            versions=verdict.versions,
            error=verdict.error,
            elapsed_ms=verdict.elapsed_ms,
        )


def _after(released: str, abstention: str) -> str:
    """Return an abstention in place of the rest of what was released."""
    return f"{released}{'' if not released or released[-1].isspace() else ' '}{abstention}"
