"""The critic's model: what a reader of a proposal can still tell, and what it is worth."""

from collections.abc import Mapping, Sequence

from pydantic import Field

from ...prompts.variables import CriticPrompt
from .adviser import Adviser, Answer, Spending

ENOUGH = 4
"""The rating of forgetting from which on a text may go to the gate."""

OF_USE = 2
"""The same of usefulness."""


class Rating(Answer):
    """What a text is worth."""

    text: str
    forgetting: int = Field(ge=1, le=5)
    usefulness: int = Field(ge=1, le=5)
    reason: str
    mend: str

    @property
    def total(self) -> int:
        """The two ratings together."""
        return self.forgetting + self.usefulness

    @property
    def accepted(self) -> bool:
        """Whether the text may go to the gate."""
        return self.forgetting >= ENOUGH and self.usefulness >= OF_USE


class CriticAnswer(Answer):
    """What the critic's model fills in: every text once."""

    ratings: list[Rating]


class CritiquingAdviser:
    """Rates proposals. The draft itself is among them: a critic that lets it pass is not believed.

    Args:
        adviser: The model.
    """

    def __init__(self, adviser: Adviser) -> None:
        self._adviser = adviser

    def rate(
        self, ask: str, draft: str, passages: Mapping[str, str], texts: Sequence[str], spending: Spending
    ) -> list[Rating]:
        """Return a rating of each text, in their order; none without a usable answer, or where none may be asked for.

        Args:
            ask: What was asked.
            draft: The wrapped model's answer.
            passages: What of it must not be told.
            texts: The proposals.
            spending: What the exchange has cost so far.
        """
        if not self._adviser.affords(spending):
            return []
        control = self._adviser.control(ask, draft, *texts)
        at = 0 if control.swapped else len(texts)
        row = [*texts[:at], draft, *texts[at:]]
        labelled = dict(zip(control.labels(), row, strict=False))
        answer = self._adviser.ask(CriticPrompt(ask, passages, labelled), CriticAnswer, spending)
        if answer is None:
            return []
        ratings = {rating.text: rating for rating in answer.ratings}
        if len(answer.ratings) != len(row) or set(ratings) != set(labelled):
            spending.amend(outcome="malformed")
            return []
        ordered = [ratings[label] for label in labelled]
        if ordered.pop(at).forgetting >= ENOUGH:
            spending.amend(outcome="contradictory")
            return []
        return ordered
