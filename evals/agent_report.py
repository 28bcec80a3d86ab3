"""The report of what agents with a model cost, and its table."""

from itertools import product
from typing import get_args

from pydantic import BaseModel, ConfigDict, Field
from rich.box import SIMPLE
from rich.table import Table
from rich.text import Text

from .doubted import Touch

_CAPTION = (
    "Requests to the wrapped model and to the agents' model together, mean and most; tokens of the agents' prompts, "
    "mean, counted as pieces of at most four letters, and signs. The agents' model is always right, so the figures "
    "tell what a way to guard costs, and not how well a model judges."
)


class AgentCost(BaseModel):
    """What exchanges of one kind took, of one way to guard on one register."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    touch: Touch
    """How the exchanges touch a target."""

    policy: str
    """Who guards: `ours`, or a baseline."""

    targets: int = Field(ge=1)
    """Targets of the register."""

    exchanges: int = Field(ge=1)
    """Exchanges that were counted."""

    requests: float = Field(ge=0)
    """Requests an exchange, mean."""

    most: int = Field(ge=0)
    """Requests of the exchange that took most."""

    prompt_tokens: float = Field(ge=0)
    """Tokens an exchange that the agents' model read, mean."""

    kept: int | None = Field(ge=0)
    """Exchanges of which all was shown that may be; `None` where nothing may."""

    leaked: int = Field(ge=0)
    """Exchanges of which something was shown that must not be."""


class AgentReport(BaseModel):
    """Requests and prompt tokens by kind of exchange, way to guard, and size of the register."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    skipped: list[str]
    """What was not counted, and why."""

    costs: list[AgentCost]
    """One entry a kind of exchange, policy and register."""

    def table(self) -> Table:
        """Draw one row a kind of exchange, policy and register."""
        table = Table(
            title="Requests and prompt tokens of an exchange",
            caption=Text("\n".join([_CAPTION, *self.skipped])),
            caption_justify="left",
            box=SIMPLE,
            pad_edge=False,
        )
        for heading in ("exchange", "policy"):
            table.add_column(heading, no_wrap=True)
        for heading in ("targets", "requests", "most", "prompt tokens", "kept whole", "leaked"):
            table.add_column(heading, justify="right")
        kinds: tuple[Touch, ...] = get_args(Touch)
        for kind, policy in product(kinds, dict.fromkeys(cost.policy for cost in self.costs)):
            for cost in self.costs:
                if (cost.touch, cost.policy) == (kind, policy):
                    table.add_row(*_cells(cost))
            table.add_section()
        return table


def _cells(cost: AgentCost) -> tuple[str, ...]:
    kept = "" if cost.kept is None else f"{cost.kept} of {cost.exchanges}"
    figures = (f"{cost.targets:,}", f"{cost.requests:.2f}", str(cost.most), f"{cost.prompt_tokens:,.0f}")
    return (cost.touch, cost.policy, *figures, kept, f"{cost.leaked} of {cost.exchanges}")
