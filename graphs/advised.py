"""The steps of an exchange when agents have models: by rules first, and a model where these are uncertain."""

from ..agents.advisers import Advisers, Spending
from ..agents.advisers.rewriting import passages
from ..agents.critic import Critique
from ..detection.detector import Detector
from ..models.background import in_background
from ..schema import Finding, Policy
from .state import Exchange, Settled
from .steps import Steps

# What of the deadline is left for the gate, and for what the rules make of a model that does not answer.
_SHARE = 0.9
# Characters of a critic's remarks that the rewriter's model is told.
_MEND = 2_000


class AdvisedSteps(Steps):
    """The four agents at work on an exchange, with models to ask.

    A model may add findings; it may clear those that are not certain, where what it says is borne out. An answer that
    is malformed, late, refused or contradictory clears nothing. Where the rules are sure no model is asked, and past
    the policy's limits the rules decide alone.

    Args:
        detector: The layers of detection.
        policy: Limits and sides.
        advisers: The models.
    """

    def __init__(self, detector: Detector, policy: Policy, advisers: Advisers) -> None:
        super().__init__(detector, policy)
        self._advisers = advisers

    def vet(self, exchange: Exchange) -> None:
        """Find the targets that may be asked for; while the wrapped model answers, ask the vetter's about the rest."""
        super().vet(exchange)
        adviser, conversation, vetting = self._advisers.vetter, exchange.conversation, exchange.vetting
        spending = Spending(self._until(exchange))
        if adviser and (doubts := adviser.doubts(vetting, conversation, spending)):
            exchange.settling = in_background(
                lambda: Settled(adviser.settle(doubts, conversation, vetting, spending), spending.entries)
            )

    def holds(self, exchange: Exchange) -> bool:
        """Say whether a model may find something in the draft that the rules do not."""
        return exchange.settling is not None or bool(
            self._advisers.auditor
            and self._advisers.auditor.doubts("", exchange.vetting, [], [], self._spending(exchange))
        )

    def look(self, exchange: Exchange, reasoning: str, text: str) -> list[Finding]:
        """Return what the beginning of a draft discloses, or might: then its end is waited for, and the model asked."""
        found, adviser = super().look(exchange, reasoning, text), self._advisers.auditor
        if found or adviser is None or not text or not adviser.affords(self._spending(exchange)):
            return found
        return adviser.misses(text, exchange.vetting, exchange.memo, exchange.growth)

    def audit(self, exchange: Exchange) -> None:
        """Look for disclosure by rules, and ask the auditor's model where these are uncertain."""
        if exchange.settling is not None:
            settled = exchange.settling.result()
            exchange.vetting, exchange.agents, exchange.settling = settled.vetting, [*settled.agents], None
        if exchange.vetting.denied or exchange.findings is not None:
            return  # nobody needs to look, or a stream has found something certain
        super().audit(exchange)
        adviser, draft, spending = self._advisers.auditor, exchange.draft, self._spending(exchange)
        if adviser is None or draft is None or not draft.text or exchange.in_calls or not adviser.affords(spending):
            return
        misses = [] if exchange.remaining else adviser.misses(draft.text, exchange.vetting, exchange.memo)
        if doubts := adviser.doubts(draft.text, exchange.vetting, exchange.remaining, misses, spending):
            found = adviser.settle(doubts, draft.text, exchange.vetting, exchange.remaining, spending)
            exchange.findings = exchange.remaining = found

    def rewrite(self, exchange: Exchange) -> None:
        """Propose what the rules leave of the draft, and before it what the rewriter's model writes."""
        super().rewrite(exchange)
        adviser, draft = self._advisers.rewriter, exchange.draft
        exchange.written = []
        if adviser is None or draft is None or exchange.working != draft.text or not self._may_be_rewritten(exchange):
            return
        kept = exchange.proposals[0] if exchange.proposals else ""
        written = adviser.propose(
            exchange.vetting.ask, draft.text, exchange.remaining, kept, exchange.mend or "", self._spending(exchange)
        )
        exchange.written = [text for text in written if text not in exchange.proposals]
        exchange.proposals = [*exchange.written, *exchange.proposals]

    def critique(self, exchange: Exchange) -> None:
        """Accept a proposal, or send the draft back with what the critic's model found wanting."""
        super().critique(exchange)
        if exchange.mend is not None and exchange.draft and not exchange.accepted:
            exchange.working, exchange.remaining = exchange.draft.text, list(exchange.findings or ())
            affordable = self._advisers.rewriter and self._advisers.rewriter.affords(self._spending(exchange))
            exchange.exhausted = exchange.exhausted or not affordable

    def _chosen(self, exchange: Exchange, passed: list[Critique]) -> Critique | None:
        """Return the best of what the rules let pass, as the critic's model rates it.

        Without a usable rating what a model wrote is not cleared. Where the critic has no model, it is by the rules.
        """
        exchange.mend = None
        written = [critique for critique in passed if critique.text in exchange.written]
        own = [critique for critique in passed if critique not in written]
        critic, draft, spending = self._advisers.critic, exchange.draft, self._spending(exchange)
        if not written or draft is None:
            return super()._chosen(exchange, passed)
        if critic is None:
            return written[0]
        found = passages(draft.text, exchange.findings or ())
        ratings = critic.rate(exchange.vetting.ask, draft.text, found, [each.text for each in passed], spending)
        if not ratings:
            return next(iter(own), None)
        rated = [(rating.total, critique) for rating, critique in zip(ratings, passed, strict=True) if rating.accepted]
        exchange.mend = " ".join(rating.mend for rating in ratings)[:_MEND]
        return max(rated, key=lambda each: each[0])[1] if rated else None

    def _spending(self, exchange: Exchange) -> Spending:
        """Return what an exchange may still cost; what is spent is written down in the exchange."""
        return Spending(self._until(exchange), exchange.agents)

    def _until(self, exchange: Exchange) -> float:
        """Return when the models have to be done, by `time.perf_counter`."""
        began = exchange.started if exchange.drafted_at is None else exchange.drafted_at
        return began + _SHARE * self._policy.deadline_s
