"""The critic: whether a rewritten text forgets enough and is still of use."""

from dataclasses import dataclass

from ..detection.canonical import canonical
from ..detection.rarity import STOP_WORDS
from ..schema import Finding
from .auditor import Auditor
from .reading import Memo
from .vetting import Vetting

ACCEPTED_FORGETTING = 5
ACCEPTED_USEFULNESS = 2


@dataclass(frozen=True)
class Critique:
    """The critic's opinion of one proposal.

    Attributes:
        text: The proposal.
        forgetting: 5 nothing is disclosed, 3 something uncertain is, 1 something certain is.
        usefulness: From 1, nothing of the draft's content is left, to 5, nearly all of it is.
        findings: What the proposal still discloses.
    """

    text: str
    forgetting: int
    usefulness: int
    findings: tuple[Finding, ...]

    @property
    def accepted(self) -> bool:
        """Whether the proposal may go to the gate."""
        return self.forgetting >= ACCEPTED_FORGETTING and self.usefulness >= ACCEPTED_USEFULNESS


class Critic:
    """Scores proposals and audits them again, by rules.

    Args:
        auditor: Who audits a proposal.
    """

    def __init__(self, auditor: Auditor) -> None:
        self._auditor = auditor

    def critique(self, proposals: list[str], draft: str, vetting: Vetting, memo: Memo | None = None) -> list[Critique]:
        """Score proposals, the best first: what forgets most, then what is of most use."""
        critiques = [self._score(text, draft, vetting, memo) for text in proposals]
        return sorted(critiques, key=lambda critique: (-critique.forgetting, -critique.usefulness))

    def _score(self, text: str, draft: str, vetting: Vetting, memo: Memo | None) -> Critique:
        findings = tuple(self._auditor.audit(text, vetting, memo))
        forgetting = 1 if any(finding.certain for finding in findings) else 3 if findings else 5
        return Critique(text, forgetting, _usefulness(text, draft), findings)


def _usefulness(text: str, draft: str) -> int:
    """Return from 1 to 5 how much of the draft's content words a text keeps."""
    before, after = _content(draft), _content(text)
    return 1 + round(4 * len(after & before) / len(before)) if before else 1


def _content(text: str) -> set[str]:
    return set(canonical(text).words) - STOP_WORDS
