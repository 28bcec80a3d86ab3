"""The steps of an exchange, each a function of the exchange alone; the graph calls them in turn."""

from collections.abc import Sequence
from time import perf_counter
from typing import ClassVar

from langchain_core.messages import AIMessage, BaseMessage

from ..agents.auditor import Auditor
from ..agents.conversation import texts_in
from ..agents.critic import Critic, Critique
from ..agents.rewriter import Rewriter
from ..agents.vetter import Vetter
from ..agents.vetting import Vetting
from ..detection.detector import Detector
from ..schema import Finding, Policy
from .draft import Draft
from .state import Exchange


class Steps:
    """The four agents at work on an exchange.

    Args:
        detector: The layers of detection.
        policy: Limits and sides.

    Attributes:
        instructs: Whether the wrapped model is asked something else than the conversation: what `asked` returns.
    """

    instructs: ClassVar[bool] = False

    def __init__(self, detector: Detector, policy: Policy) -> None:
        self._detector = detector
        self._policy = policy
        self._vetter = Vetter(detector, policy)
        self._auditor = Auditor(detector, policy)
        self._rewriter = Rewriter()
        self._critic = Critic(self._auditor)

    def vet(self, exchange: Exchange) -> None:
        """Find the targets that the conversation may ask for."""
        self._detector.sync()
        exchange.vetting = self._vetter.vet(exchange.conversation)

    def holds(self, exchange: Exchange) -> bool:
        """Say whether of a vetted exchange nothing may be shown before its end, although the rules found nothing."""
        return False

    def asked(self, messages: Sequence[BaseMessage]) -> Sequence[BaseMessage]:
        """Return what the wrapped model is asked: the conversation as it is."""
        return messages

    def take(self, exchange: Exchange, answer: AIMessage | Draft, waited_s: float = 0.0) -> None:
        """Take the wrapped model's answer in."""
        exchange.draft = answer if isinstance(answer, Draft) else Draft.of(answer)
        exchange.drafted_at = perf_counter()
        exchange.waited_s = waited_s

    def look(self, exchange: Exchange, reasoning: str, text: str) -> list[Finding]:
        """Return what the beginning of a draft discloses; each time a longer one is given.

        The text is read by itself too: who is named in the reasoning would explain away what stands in the text.
        """
        vetting, memo = exchange.vetting, exchange.memo
        found = self._auditor.audit(text, vetting, memo, exchange.growth) if text else []
        if reasoning and not found:
            told = self._auditor.audit(Draft(text, reasoning).told, vetting, memo, exchange.growth_aside)
            found = _placeless(told, "in the reasoning")
        return found

    def uncut(self, text: str, cut: int) -> int:
        """Return the last place up to a cut that cuts no name and no mark."""
        return self._detector.uncut(text, cut)

    def audit(self, exchange: Exchange) -> None:
        """Look for disclosure in the draft's text, in the arguments of its tool calls, and in its reasoning."""
        draft = exchange.draft
        if draft is None or exchange.findings is not None:
            return
        exchange.working = draft.text
        exchange.remaining = self._auditor.audit(draft.text, exchange.vetting, exchange.memo)
        in_calls = self._audit_tool_calls(draft, exchange.vetting)
        exchange.in_calls = bool(in_calls)
        exchange.findings = exchange.remaining + in_calls
        if draft.told != draft.text:
            told = self._auditor.audit(draft.told, exchange.vetting, exchange.memo)
            exchange.aside = _placeless(told, "in the reasoning")

    def asked_for(self, exchange: Exchange) -> frozenset[str]:
        """Return the targets of which the ask is for what must go, as far as can be told."""
        active = exchange.vetting.active
        return exchange.vetting.denied | {each for each in active if self._auditor.asked_for(each, exchange.vetting)}

    def rewrite(self, exchange: Exchange) -> None:
        """Propose texts that leave out what is still disclosed.

        None when the target is what was asked for, or when a stream has shown how the draft begins.
        """
        may = self._may_be_rewritten(exchange)
        exchange.proposals = self._rewriter.rewrite(exchange.working, exchange.remaining) if may else []

    def critique(self, exchange: Exchange) -> None:
        """Accept a proposal, or send the best one back for another round."""
        exchange.rounds += 1
        draft = exchange.draft.text if exchange.draft else ""
        critiques = self._critic.critique(exchange.proposals, draft, exchange.vetting, exchange.memo)
        exchange.accepted = self._chosen(exchange, [critique for critique in critiques if critique.accepted])
        exchange.exhausted = not critiques or exchange.rounds >= self._policy.max_rounds
        if critiques:
            exchange.working, exchange.remaining = critiques[0].text, list(critiques[0].findings)

    def _may_be_rewritten(self, exchange: Exchange) -> bool:
        """Whether there is something to be kept of a draft, and nothing of it was shown yet."""
        found = {finding.target for finding in exchange.findings or ()}
        return not exchange.begun and not any(self._auditor.asked_for(each, exchange.vetting) for each in found)

    def _chosen(self, exchange: Exchange, passed: list[Critique]) -> Critique | None:
        """Return which of the proposals that disclose nothing is accepted; they come with the best first."""
        return next(iter(passed), None)

    def _audit_tool_calls(self, draft: Draft, vetting: Vetting) -> list[Finding]:
        """Audit every text in the tool calls, names and ids too; a disclosure there cannot be rewritten."""
        texts = list(texts_in([[*call.items()] for call in (*draft.tool_calls, *draft.invalid_tool_calls)]))
        found = self._auditor.audit("\n".join(texts), vetting) if texts else []
        return _placeless(found, "in a tool call")


def _placeless(findings: list[Finding], evidence: str) -> list[Finding]:
    """Return findings in what is not the draft's text."""
    return [finding.model_copy(update={"start": 0, "end": 0, "evidence": evidence}) for finding in findings]
