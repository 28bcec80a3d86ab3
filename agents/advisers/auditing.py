"""The auditor's model: whether a draft tells what the rules are uncertain of."""

from collections.abc import Mapping
from typing import Literal

from ...detection.canonical import canonical
from ...detection.detector import Detector
from ...detection.growth import Growth
from ...prompts.variables import AuditorPrompt
from ...schema import Finding, Policy, Target
from ..auditor import Auditor
from ..findings import UNCLEARED, of_agent, stands
from ..reading import Memo
from ..vetting import Vetting
from .adviser import Adviser, Answer, Spending
from .clearing import clearable, clears, is_shared
from .lineup import Lineup, side_by_side
from .quotes import places
from .vetting import hinted

NEAR = 0.6
"""The part of the evidence it takes that is a near miss, of which the model is asked."""

_QUOTES = 20
_TELLS = frozenset({"states", "implies"})


class Told(Answer):
    """What an answer tells of one subject."""

    subject: str
    relation: Literal["states", "implies", "namesake", "unrelated"]
    quotes: list[str]
    meant: str


class AuditorAnswer(Answer):
    """What the auditor's model fills in: every subject once."""

    subjects: list[Told]


class AuditingAdviser:
    """Settles what the auditor's rules leave open.

    Args:
        adviser: The model.
        detector: The layers of detection.
        policy: Limits and sides.
    """

    def __init__(self, adviser: Adviser, detector: Detector, policy: Policy) -> None:
        self._adviser = adviser
        self._detector = detector
        self._policy = policy
        nearly = policy.model_copy(update={"thresholds": policy.thresholds.scaled(NEAR)})
        self._others = (Auditor(detector, policy, wary=True), Auditor(detector, nearly))

    def affords(self, spending: Spending) -> bool:
        """Whether it may be asked."""
        return self._adviser.affords(spending)

    def misses(self, draft: str, vetting: Vetting, memo: Memo, growth: Growth | None = None) -> list[Finding]:
        """Return what would be found in a draft if nothing beside it explained it away, or less evidence were enough.

        Args:
            draft: A draft in which the rules find nothing, as far as it is known.
            vetting: What the vetter found in the conversation.
            memo: What earlier audits of the same exchange worked out.
            growth: What earlier audits found in the beginning of the same draft.
        """
        found = (auditor.audit(draft, vetting, memo, growth) for auditor in self._others)
        return next(filter(None, found), [])

    def doubts(
        self, draft: str, vetting: Vetting, findings: list[Finding], misses: list[Finding], spending: Spending
    ) -> list[Target]:
        """Return the targets to ask about; none where something was found that no word clears: it has to go.

        Where nothing was found these are the targets that the ask names or hints at, and the near misses.

        Args:
            draft: The draft.
            vetting: What the vetter found in the conversation.
            findings: What the rules find in the draft.
            misses: What they nearly find.
            spending: What the exchange has cost so far.
        """
        asked = {finding.target for finding in vetting.findings if finding.where == "prompt"} & vetting.active
        hints = set(hinted(vetting)) - vetting.settled
        missed = {finding.target for finding in misses}
        concerned = {finding.target for finding in findings} or asked | hints | missed
        targets = self._detector.targets
        known = [targets[target_id] for target_id in sorted(concerned) if target_id in targets]
        open_ = not findings or all(_clearable(target, draft, vetting, findings) for target in known)
        return known[: self._policy.candidates] if open_ and self.affords(spending) else []

    def settle(
        self, doubts: list[Target], draft: str, vetting: Vetting, findings: list[Finding], spending: Spending
    ) -> list[Finding]:
        """Return the findings with what the model says: more of them, or less.

        Without a usable answer all findings stand, and of a target of which the rules found nothing the whole draft
        does, where the policy prefers forgetting.
        """
        said = self._ask(doubts, draft, vetting, spending)
        settled = [finding for finding in findings if finding.target not in {target.id for target in doubts}]
        for target in doubts:
            own = [finding for finding in findings if finding.target == target.id]
            settled += self._settled(target, said.get(target.id), draft, vetting, own, spending)
        return sorted(settled, key=lambda finding: (finding.start, finding.end))

    def _ask(self, doubts: list[Target], draft: str, vetting: Vetting, spending: Spending) -> Mapping[str, Told]:
        control = self._adviser.control(vetting.ask, draft)
        lineup = Lineup.of(doubts, f"{vetting.ask} {draft}", control)
        prompt = AuditorPrompt(
            side_by_side(vetting.ask, control.question, swapped=control.swapped),
            side_by_side(draft, control.answer, swapped=control.swapped),
            lineup.blocks,
        )
        answer = self._adviser.ask(prompt, AuditorAnswer, spending)
        return lineup.believe(answer.subjects, _TELLS, spending) if answer else {}

    def _settled(
        self, target: Target, said: Told | None, draft: str, vetting: Vetting, own: list[Finding], spending: Spending
    ) -> list[Finding]:
        if said is None:
            uncleared = of_agent(target.id, 0, len(draft), "draft", UNCLEARED)
            return own or [uncleared] * stands(uncleared, target, self._policy)
        if said.relation in _TELLS:
            return own + self._quoted(target, said, draft, spending, whole=not own)
        open_ = _clearable(target, draft, vetting, own)
        return [] if open_ and clears(said.relation, said.meant, target, own, draft) else own

    def _quoted(self, target: Target, said: Told, draft: str, spending: Spending, *, whole: bool) -> list[Finding]:
        """Return the passages that a model quotes; one that stands nowhere in the draft is dropped, and counted."""
        words = canonical(draft)
        each = [places(words, quote) for quote in said.quotes[:_QUOTES]]
        spending.amend(dropped=sum(not found for found in each))
        quoted = [of_agent(target.id, span.start, span.end, "draft") for found in each for span in found]
        return quoted or [of_agent(target.id, 0, len(draft), "draft")] * whole


def _clearable(target: Target, draft: str, vetting: Vetting, findings: list[Finding]) -> bool:
    """Whether some word of the model clears what a draft holds of a target; none does where the ask tells who it is."""
    asked = [finding for finding in vetting.findings if finding.target == target.id and finding.where == "prompt"]
    told = any(finding.layer == "fingerprint" and not is_shared(finding) for finding in asked)
    own = [finding for finding in findings if finding.target == target.id]
    return not told and target.id not in hinted(vetting) and clearable(target, own, draft)
