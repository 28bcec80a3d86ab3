"""The steps of an exchange, each a function of the exchange alone; the graph calls them in turn."""

from time import perf_counter

from langchain_core.messages import AIMessage

from ..agents.auditor import Auditor
from ..agents.conversation import texts_in
from ..agents.critic import Critic
from ..agents.rewriter import Rewriter
from ..agents.vetter import Vetter
from ..agents.vetting import Vetting
from ..detection.detector import Detector
from ..schema import Finding, Policy
from .state import Draft, Exchange


class Steps:
    """The four agents at work on an exchange.

    Args:
        detector: The layers of detection.
        policy: Limits and sides.
    """

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

    def take(self, exchange: Exchange, answer: AIMessage, waited_s: float = 0.0) -> None:
        """Take the wrapped model's answer in."""
        exchange.draft = Draft.of(answer)
        exchange.drafted_at = perf_counter()
        exchange.waited_s = waited_s

    def audit(self, exchange: Exchange) -> None:
        """Look for disclosure in the draft's text and in the arguments of its tool calls."""
        if exchange.draft is None:
            return
        exchange.working = exchange.draft.text
        exchange.remaining = self._auditor.audit(exchange.working, exchange.vetting)
        exchange.findings = exchange.remaining + self._audit_tool_calls(exchange.draft, exchange.vetting)

    def rewrite(self, exchange: Exchange) -> None:
        """Propose texts that leave out what is still disclosed; none when the target is what was asked for."""
        found = {finding.target for finding in exchange.findings or ()}
        asked_for = any(self._auditor.asked_for(target_id, exchange.vetting) for target_id in found)
        exchange.proposals = [] if asked_for else self._rewriter.rewrite(exchange.working, exchange.remaining)

    def critique(self, exchange: Exchange) -> None:
        """Accept a proposal, or send the best one back for another round."""
        exchange.rounds += 1
        draft = exchange.draft.text if exchange.draft else ""
        critiques = self._critic.critique(exchange.proposals, draft, exchange.vetting)
        exchange.accepted = next((critique for critique in critiques if critique.accepted), None)
        exchange.exhausted = not critiques or exchange.rounds >= self._policy.max_rounds
        if critiques:
            exchange.working, exchange.remaining = critiques[0].text, list(critiques[0].findings)

    def _audit_tool_calls(self, draft: Draft, vetting: Vetting) -> list[Finding]:
        """Audit every text in the tool calls, names and ids too; a disclosure there cannot be rewritten."""
        texts = list(texts_in([[*call.items()] for call in (*draft.tool_calls, *draft.invalid_tool_calls)]))
        found = self._auditor.audit("\n".join(texts), vetting) if texts else []
        return [finding.model_copy(update={"start": 0, "end": 0, "evidence": "in a tool call"}) for finding in found]
