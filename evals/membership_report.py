"""What attackers made of abstentions, as a record and as a table."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from rich.box import SIMPLE
from rich.table import Table
from rich.text import Text

from .measures import Rate

AIM = 0.6
"""AUC up to which an attacker is held to tell nothing that is of use."""

SetUp = Literal["built-in phrases", "collected, not held", "collected, held"]
"""What abstentions are drawn from, and whether they take as long as those of the model."""

Surface = Literal["invoke", "stream"]
Attacker = Literal["words", "sooner or later", "sooner or later, by question", "histogram of times"]

_CAPTION = (
    "AUC 0.5 is chance. In brackets the 95 % interval, by a bootstrap over names. 'Together': all answers about a name "
    "taken as one. Of a stream the time is that to its first piece. The advantage is the largest difference between "
    "the rates of true and false positives, and above 0 by chance too."
)


class MembershipAttack(BaseModel):
    """How well one attacker tells targets from names that nobody bears."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    set_up: SetUp
    """How abstentions were made."""

    surface: Surface
    """How the model was asked."""

    attacker: Attacker
    """What was looked at."""

    together: bool
    """Whether all answers about a name were taken together."""

    auc: float = Field(ge=0, le=1)
    """Area under the ROC curve on names that the attacker was not trained on."""

    low: float = Field(ge=0, le=1)
    """Lower end of its 95 % interval."""

    high: float = Field(ge=0, le=1)
    """Upper end of it."""

    advantage: float = Field(ge=0, le=1)
    """The largest difference between the rates of true and false positives."""


class MembershipReport(BaseModel):
    """How well attackers tell targets from names that nobody bears."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str
    """The wrapped model."""

    targets: int = Field(ge=2)
    """Targets asked about."""

    names: int = Field(ge=2)
    """Made-up names asked about."""

    questions: int = Field(ge=1)
    """Questions on each."""

    collected: int = Field(ge=0)
    """Abstentions that were collected."""

    wordings: int = Field(ge=0)
    """Different texts among them."""

    left_out: int = Field(ge=0)
    """Answers that were left out of the collection."""

    abstained: Rate
    """Questions on targets that were answered by an abstention; another answer tells an attacker more."""

    attacks: list[MembershipAttack]
    """Every attacker on every set-up and surface."""

    @property
    def worst(self) -> MembershipAttack:
        """The strongest attacker on abstentions as they are made when all is set up."""
        return max((each for each in self.attacks if each.set_up == "collected, held"), key=lambda each: each.auc)

    def table(self) -> Table:
        """Draw one row an attacker, one column a set-up."""
        set_ups = list(dict.fromkeys(attack.set_up for attack in self.attacks))
        table = Table(title=self._title, caption=Text(_CAPTION), caption_justify="left", box=SIMPLE, pad_edge=False)
        table.add_column("AUC (95 %), advantage")
        for set_up in set_ups:
            table.add_column(set_up, justify="right")
        rows: dict[str, dict[SetUp, str]] = {}
        for attack in self.attacks:
            row = f"{attack.surface}: {attack.attacker}" + (", together" if attack.together else "")
            rows.setdefault(row, {})[attack.set_up] = _figures(attack)
        for row, cells in rows.items():
            table.add_row(row, *(cells.get(set_up, "") for set_up in set_ups))
        return table

    @property
    def _title(self) -> str:
        return (
            f"{self.targets} targets and {self.names} made-up names, {self.questions} questions each, {self.model}; "
            f"{self.collected} abstentions collected in {self.wordings} wordings, {self.left_out} left out; "
            f"{self.abstained.count} of {self.abstained.total} questions on targets abstained"
        )


def _figures(attack: MembershipAttack) -> str:
    return f"{attack.auc:.2f} ({attack.low:.2f}-{attack.high:.2f}), {attack.advantage:.2f}"
