"""What was made of an exchange, without a word of it but what the sanitiser would have shown."""

from collections.abc import Sequence

from ..agents.conversation import Role
from ..agents.findings import OF_NAMES
from ..graphs.reviewing import NEAR, Review
from ..schema import Action, Finding, Scope, Source, Where
from .summary import SEVERITIES, Record, Severity


class Evidence(Record):
    """A finding in an exchange."""

    target: str
    """The target's id."""

    severity: Severity
    """How bad it is."""

    where: Where
    """Whether it lies in the prompt, in the answer (`draft`), or in context."""

    role: Role
    """Who said the turn that it lies in."""

    turn: int
    """The index of that turn in the dialogue."""

    start: int
    """First character of the span in the turn's text."""

    end: int
    """One past the last character of the span."""

    layer: Source
    """What found it."""

    score: float
    """Strength of the evidence, in the layer's own unit."""

    threshold: float
    """From which score on the layer counts it."""

    certain: bool
    """Whether no agent's model may clear it."""

    evidence: str
    """What matched, in words that disclose nothing."""

    name: str | None = None
    """The target's name; only where names are to be revealed."""

    text: str | None = None
    """The words that matched; only where they are to be revealed."""


class NearMiss(Record):
    """What was nearly found in an answer that was released."""

    targets: list[str]
    """Ids of the targets."""

    layers: list[Source]
    """What nearly found them."""

    score: float
    """The strength of the evidence as a share of what it takes, below 1."""


class Outcome(Record):
    """What was made of an exchange."""

    action: Action
    """What the sanitiser would have done."""

    released: str
    """What it would have shown in place of the answer; empty where that would have been released as it was."""

    findings: list[Evidence]
    """The findings, in the order of the turns."""

    near: NearMiss | None = None
    """What was nearly found; looked for where nothing was."""

    error: str = ""
    """The type of the error that it ended in; empty when there was none."""

    calls: int = 0
    """Requests to agents' models."""

    tokens: int = 0
    """Tokens that they read and wrote."""

    @property
    def severity(self) -> Severity | None:
        """The worst of its findings; `None` without any."""
        found = {finding.severity for finding in self.findings}
        return next((severity for severity in SEVERITIES if severity in found), None)

    @property
    def disclosed(self) -> list[str]:
        """Ids of the targets that the answer discloses, each once, in the order of the findings."""
        return list(dict.fromkeys(finding.target for finding in self.findings if finding.severity == "disclosed"))

    @property
    def strength(self) -> float:
        """The strongest evidence, as a multiple of what it takes."""
        return max((finding.score / finding.threshold for finding in self.findings if finding.threshold > 0), default=0)

    @property
    def is_noted(self) -> bool:
        """Whether there is anything to be told of it."""
        return bool(self.findings or self.near or self.error or self.action != "release")


def outcome_of(review: Review, roles: Sequence[Role], scopes: dict[str, Scope]) -> Outcome:
    """Put in a record what was made of an exchange.

    Args:
        review: What was made of it.
        roles: Who said each turn of the prompt.
        scopes: The scopes of the targets, by id.
    """
    idle = {id(finding) for finding in review.idle}
    before = [finding for finding in review.verdict.findings if _counts(finding, review, scopes)]
    found = [_evidence(finding, roles, _severity(finding, idle)) for finding in (*before, *review.told)]
    return Outcome(
        action=review.verdict.action,
        released=review.verdict.text if review.verdict.action != "release" else "",
        findings=sorted(set(found), key=_order),
        near=_near_miss(review.near),
        error=review.verdict.error,
        calls=sum(call.calls for call in review.verdict.agents),
        tokens=sum(call.tokens for call in review.verdict.agents),
    )


def _order(finding: Evidence) -> tuple[object, ...]:
    return finding.turn, finding.start, finding.end, finding.target, finding.layer, finding.evidence, finding.score


def _counts(finding: Finding, review: Review, scopes: dict[str, Scope]) -> bool:
    """Whether a finding lies before the answer, and is one: what stays of a subject may be asked for, with its name."""
    if finding.where == "draft":
        return False
    if finding.where == "prompt":
        return finding.target in review.asked
    return finding.layer not in OF_NAMES or scopes.get(finding.target) != "documents"


def _severity(finding: Finding, idle: set[int]) -> Severity:
    if finding.where == "draft":
        return "asked_for" if id(finding) in idle else "disclosed"
    return "asked_for" if finding.where == "prompt" else "context_only"


def _evidence(finding: Finding, roles: Sequence[Role], severity: Severity) -> Evidence:
    turn = len(roles) if finding.turn is None else finding.turn
    return Evidence(
        severity=severity,
        role="assistant" if finding.turn is None else roles[turn],
        **finding.model_dump(exclude={"turn"}),
        turn=turn,
    )


def _near_miss(near: Sequence[Finding]) -> NearMiss | None:
    """Say how near the nearest comes; its threshold was lowered to look for it."""
    shares = [NEAR * finding.score / finding.threshold for finding in near if finding.threshold > 0]
    if not shares:
        return None
    return NearMiss(
        targets=sorted({finding.target for finding in near}),
        layers=sorted({finding.layer for finding in near}),
        score=round(min(0.999, max(shares)), 3),
    )
