"""The gate: the last step of an exchange, deterministic and without a model. What it does not pass is not released."""

import logging
from importlib.metadata import version
from time import perf_counter
from typing import NamedTuple

from langchain_core.messages import AIMessage

from ..detection.detector import Detector
from ..prompts import load
from ..schema import Action, Policy, Verdict
from ..stores.ledger import Ledger, LedgerEntry
from ..stores.targets import TargetStore
from .state import Draft, Exchange

_VERSION = version("expunge")
_log = logging.getLogger("expunge")


class Released(NamedTuple):
    """What leaves the graph."""

    message: AIMessage
    verdict: Verdict


class Gate:
    """Decides what is released, and records every decision before it takes effect.

    Args:
        store: The register, with its ledger.
        detector: The layers of detection; tells the register's revision that decided.
        policy: Limits and sides.
        ledger: Where decisions are recorded; `None`: the store's own.
    """

    def __init__(self, store: TargetStore, detector: Detector, policy: Policy, ledger: Ledger | None = None) -> None:
        self._store = store
        self._detector = detector
        self._policy = policy
        self._other_ledger = ledger

    @property
    def _ledger(self) -> Ledger:
        return self._store.ledger if self._other_ledger is None else self._other_ledger

    def release(self, exchange: Exchange) -> Released:
        """Decide on an exchange. Never raises: an error of its own, a ledger that cannot be written too, abstains."""
        try:
            return self._release(exchange)
        except Exception as error:  # noqa: BLE001 - fail closed
            exchange.error = type(error).__name__
            _log.warning("the gate abstained: %s", exchange.error)
            text = load("abstain-unknown").splitlines()[0]
            verdict = Verdict(action="abstain", text=text, policy=self._policy, error=exchange.error)
            return Released(AIMessage(text), verdict)

    def _release(self, exchange: Exchange) -> Released:
        action = self._decide(exchange)
        text = self._text(action, exchange)
        verdict = self._verdict(action, text, exchange)
        self._ledger.append(self._entry(verdict, exchange))
        if exchange.error:
            _log.warning("an exchange ended in an abstention: %s", exchange.error)
        return Released(_message(verdict, exchange), verdict)

    def _decide(self, exchange: Exchange) -> Action:
        """Release what was audited and clean, or what the critic accepted; abstain in every other case."""
        late = exchange.drafted_at is not None and perf_counter() - exchange.drafted_at > self._policy.deadline_s
        if late and not exchange.error:
            exchange.error = "DeadlineExceeded"
        if exchange.error or exchange.vetting.denied or exchange.draft is None or exchange.findings is None:
            return "abstain"
        if not exchange.findings:
            return "release"
        return "rewrite" if exchange.accepted and not exchange.accepted.findings else "abstain"

    def _text(self, action: Action, exchange: Exchange) -> str:
        if action == "release" and exchange.draft is not None:
            return exchange.draft.text
        if action == "rewrite" and exchange.accepted is not None:
            return exchange.accepted.text
        return self._abstention(exchange)

    def _abstention(self, exchange: Exchange) -> str:
        """Choose a phrase by a keyed hash of the question: it names no target and no rule, and it repeats itself."""
        sides = [self._detector.policy_of(target_id) or self._policy for target_id in self._concerned(exchange)]
        refuse = any(policy.abstain == "refuse" for policy in sides or [self._policy])
        phrases = load("abstain-refuse" if refuse else "abstain-unknown").splitlines()
        ask = exchange.conversation.ask.encode("utf-8", "surrogatepass")
        return phrases[int.from_bytes(self._store.keys.digest("abstention", ask)[:4]) % len(phrases)]

    def _concerned(self, exchange: Exchange) -> list[str]:
        """Return the ids of the targets that were withheld, without those that were only near."""
        disclosed = {finding.target for finding in exchange.findings or ()}
        return sorted(exchange.vetting.denied | disclosed)

    def _verdict(self, action: Action, text: str, exchange: Exchange) -> Verdict:
        return Verdict(
            action=action,
            text=text,
            findings=[*exchange.vetting.findings, *(exchange.findings or ())],
            targets=self._concerned(exchange),
            calls=exchange.calls,
            elapsed_ms=round((perf_counter() - exchange.started - exchange.waited_s) * 1000, 3),
            policy=self._policy,
            versions={"expunge": _VERSION, "register": str(self._detector.revision)},
            error=exchange.error,
        )

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


def _message(verdict: Verdict, exchange: Exchange) -> AIMessage:
    """Make the released message; of the wrapped model's own only what was audited is taken over."""
    draft = exchange.draft or Draft("")
    decided = {"action": verdict.action, "targets": verdict.targets, "level": "suppression", "error": verdict.error}
    released = draft if verdict.action == "release" else Draft("")
    return AIMessage(
        verdict.text,
        tool_calls=released.tool_calls,
        usage_metadata=draft.usage,
        response_metadata={"finish_reason": "stop", **released.metadata, "expunge": decided},
    )
