"""What the vetter makes of a conversation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from ..detection.meaning import Likeness
from ..detection.sentences import question_in
from ..schema import Finding, Target
from .conversation import Conversation, Piece


@dataclass(frozen=True)
class Vetting:
    """What the vetter made of a conversation.

    Attributes:
        active: Ids of targets that the conversation is about, as far as can be told.
        denied: Ids of targets that cannot but be disclosed by an answer.
        partly: Ids of targets hinted at by a part of their name: somebody else may be meant.
        findings: The evidence.
        marks: Keys of the marks that the user wrote, which an answer may repeat.
        hints: Weight of what hints at a target that is not active, by id.
        several: Ids of those at which more than one mark hints.
        likeness: How near the ask is to the register, where that was looked at.
        others: Words of the names that were asked about, whoever's they are.
        ask: What was asked.
        goes_on: Whether the ask goes on about what was spoken of before it.
        settled: Ids of targets that are hinted at and, as the vetter's model says, not asked for.
    """

    active: frozenset[str] = frozenset()
    denied: frozenset[str] = frozenset()
    partly: frozenset[str] = frozenset()
    findings: tuple[Finding, ...] = ()
    marks: frozenset[str] = frozenset()
    hints: Mapping[str, float] = field(default_factory=dict)
    several: frozenset[str] = frozenset()
    likeness: Likeness | None = None
    others: frozenset[str] = frozenset()
    ask: str = ""
    goes_on: bool = True
    settled: frozenset[str] = frozenset()

    @cached_property
    def question(self) -> str:
        """The questions in the ask, without what stands beside them."""
        return question_in(self.ask)


@dataclass
class Notes:
    """What the vetter has found so far.

    Attributes:
        targets: The targets that it looks for.
        conversation: Where it looks.
        turns: The indexes of the turns that it reads now.
    """

    targets: Mapping[str, Target]
    conversation: Conversation
    turns: tuple[int, ...] = ()
    active: set[str] = field(default_factory=set)
    denied: set[str] = field(default_factory=set)
    partly: set[str] = field(default_factory=set)
    hints: dict[str, float] = field(default_factory=dict)
    several: set[str] = field(default_factory=set)
    likeness: Likeness | None = None
    findings: list[Finding] = field(default_factory=list)

    def add(self, finding: Finding) -> None:
        """Note a finding, in each of the turns that it lies in."""
        self.findings += placed(finding, self.conversation, self.turns)


def placed(finding: Finding, conversation: Conversation, turns: Sequence[int]) -> list[Finding]:
    """Return a finding in the text of some turns as findings in each of them; one without a stretch is of the last."""
    pieces = list(conversation.pieces(finding.start, finding.end, turns)) or [Piece(turn, 0, 0) for turn in turns[-1:]]
    return [finding.model_copy(update=piece._asdict()) for piece in pieces] or [finding]
