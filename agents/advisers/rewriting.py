"""The rewriter's model: the answer as somebody would write it who never learned what must go."""

from collections.abc import Sequence

from ...detection.sentences import sentences
from ...prompts import numbered
from ...prompts.variables import RewriterPrompt
from ...schema import Finding, Policy
from .adviser import Adviser, Answer, Spending
from .residue import is_clean


class RewriterAnswer(Answer):
    """What the rewriter's model fills in."""

    texts: list[str]


class RewritingAdviser:
    """Writes proposals, of which those are kept that say nothing of what must go.

    Args:
        adviser: The model.
        policy: Limits and sides.
        reserved: Requests that are left for the critic's model, which judges what this one writes; 0: it has none.
    """

    def __init__(self, adviser: Adviser, policy: Policy, reserved: int) -> None:
        self._adviser = adviser
        self._policy = policy
        self._reserved = reserved

    def affords(self, spending: Spending) -> bool:
        """Whether it may be asked, and the critic's model after it."""
        return self._adviser.affords(spending, self._reserved)

    def propose(
        self, ask: str, draft: str, findings: Sequence[Finding], kept: str, mend: str, spending: Spending
    ) -> list[str]:
        """Return texts, the fullest first; none without a usable answer.

        Args:
            ask: What was asked.
            draft: The text that discloses.
            findings: What it discloses.
            kept: What the rules leave of it; empty when that is nothing.
            mend: What the critic found wanting in the last attempt.
            spending: What the exchange has cost so far.
        """
        if not self.affords(spending):
            return []
        prompt = RewriterPrompt(ask, draft, passages(draft, findings), mend, self._policy.proposals)
        answer = self._adviser.ask(prompt, RewriterAnswer, spending, self._reserved)
        written = [text.strip() for text in answer.texts[: self._policy.proposals]] if answer else []
        return [text for text in dict.fromkeys(written) if text and is_clean(text, draft, kept, ask)]


def passages(draft: str, findings: Sequence[Finding]) -> dict[str, str]:
    """Return the sentences of a draft in which something was found, by number."""
    found = [
        draft[span.start : span.end]
        for span in sentences(draft)
        if any(finding.start < span.end and span.start < finding.end for finding in findings)
    ]
    return numbered(found)
