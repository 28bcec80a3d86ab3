"""A conversation as the agents read it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from langchain_core.messages import BaseMessage, convert_to_messages
from langchain_core.messages.utils import MessageLikeRepresentation

Role = Literal["system", "user", "assistant", "tool"]
_ROLES: dict[str, Role] = {
    "human": "user",
    "ai": "assistant",
    "system": "system",
    "tool": "tool",
    "developer": "system",
}


class Turn(NamedTuple):
    """One message: who said it, and its text."""

    role: Role
    text: str


@dataclass(frozen=True)
class Conversation:
    """All turns up to the answer that is wanted.

    Attributes:
        turns: The turns, oldest first.
    """

    turns: tuple[Turn, ...]

    @classmethod
    def of(cls, prompt: str | Sequence[MessageLikeRepresentation]) -> "Conversation":
        """Read a prompt: a text, or messages in any form that LangChain takes."""
        if isinstance(prompt, str):
            return cls((Turn("user", prompt),))
        return cls(tuple(_turn(message) for message in convert_to_messages(prompt)))

    @property
    def ask(self) -> str:
        """What is asked for now: the last turn of the user, empty when there is none."""
        return next((turn.text for turn in reversed(self.turns) if turn.role == "user"), "")

    @property
    def context(self) -> tuple[Turn, ...]:
        """Every turn but the ask: earlier turns, the system's, documents and tool results."""
        last = max((index for index, turn in enumerate(self.turns) if turn.role == "user"), default=-1)
        return tuple(turn for index, turn in enumerate(self.turns) if index != last)


def _turn(message: BaseMessage) -> Turn:
    return Turn(_ROLES.get(message.type, "user"), str(message.text))
