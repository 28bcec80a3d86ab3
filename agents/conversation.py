"""A conversation as the agents read it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Literal, NamedTuple

from langchain_core.messages import AIMessage, BaseMessage, ChatMessage, convert_to_messages
from langchain_core.messages.utils import MessageLikeRepresentation

from ..errors import InputError

Role = Literal["system", "user", "assistant", "tool"]
_ROLES: dict[str, Role] = {
    "human": "user",
    "user": "user",
    "ai": "assistant",
    "assistant": "assistant",
    "system": "system",
    "developer": "system",
    "tool": "tool",
    "function": "tool",
}
_BETWEEN = "\n"

MEDIA = frozenset({"type", "index", "mime_type", "base64", "data", "image_url", "input_audio", "file_data"})
"""Fields of content blocks that hold encoded media, or say what kind of block it is."""


class Turn(NamedTuple):
    """One message: who said it, and its text."""

    role: Role
    text: str


class Piece(NamedTuple):
    """A stretch of one turn's text."""

    turn: int
    """The index of the turn."""

    start: int
    """Its first character."""

    end: int
    """One past its last character."""


@dataclass(frozen=True)
class Conversation:
    """All turns up to the answer that is wanted.

    Attributes:
        turns: The turns, oldest first.
    """

    turns: tuple[Turn, ...]

    @classmethod
    def of(cls, prompt: str | Sequence[MessageLikeRepresentation]) -> "Conversation":
        """Read a prompt: a text, or messages in any form that LangChain takes.

        Raises:
            InputError: When it is neither.
        """
        if isinstance(prompt, str):
            return cls((Turn("user", prompt),))
        try:
            return cls(tuple(_turn(message) for message in convert_to_messages(prompt)))
        except Exception as error:  # noqa: BLE001 - LangChain raises whatever the form trips over
            raise InputError(
                f"The prompt is no conversation ({type(error).__name__}).",
                fix="Give a text, or a list of messages such as {'role': 'user', 'content': '…'}.",
            ) from None

    @cached_property
    def ask(self) -> str:
        """What is asked for now: the turns of the user since the last answer, empty when there are none."""
        return self.text_of(self.asking)

    @cached_property
    def asking(self) -> tuple[int, ...]:
        """The indexes of the turns of the ask."""
        return tuple(index for index in self.of_user if index >= self._answered)

    @property
    def said(self) -> str:
        """All that the user has said."""
        return self.text_of(self.of_user)

    @property
    def context(self) -> tuple[int, ...]:
        """The indexes of every turn but those of the ask: earlier turns, the system's, documents and tool results."""
        asking = set(self.asking)
        return tuple(index for index in range(len(self.turns)) if index not in asking)

    def text_of(self, turns: Sequence[int]) -> str:
        """Return the texts of turns, one a line."""
        return _BETWEEN.join(self.turns[index].text for index in turns)

    def pieces(self, start: int, end: int, turns: Sequence[int]) -> Iterator[Piece]:
        """Yield where a stretch of the text of some turns stands, turn by turn.

        Args:
            start: Its first character in that text.
            end: One past its last character.
            turns: The indexes of the turns.
        """
        begins = 0
        for turn in turns:
            length = len(self.turns[turn].text)
            first, past = max(0, start - begins), min(length, end - begins)
            if first < past:
                yield Piece(turn, first, past)
            begins += length + len(_BETWEEN)

    def begins(self, turns: Sequence[int]) -> dict[int, int]:
        """Return where each of some turns begins in their text."""
        lengths = [len(self.turns[turn].text) + len(_BETWEEN) for turn in turns]
        return dict(zip(turns, accumulate(lengths, initial=0), strict=False))

    @cached_property
    def of_user(self) -> tuple[int, ...]:
        """The indexes of the turns of the user."""
        return tuple(index for index, turn in enumerate(self.turns) if turn.role == "user")

    @cached_property
    def _answered(self) -> int:
        """The index after the last answer before the last turn of the user."""
        asked = max((index for index, turn in enumerate(self.turns) if turn.role == "user"), default=-1)
        return max(
            (index + 1 for index, turn in enumerate(self.turns[: asked + 1]) if turn.role == "assistant"), default=0
        )


def _turn(message: BaseMessage) -> Turn:
    role = _ROLES.get(message.role if isinstance(message, ChatMessage) else message.type, "user")
    calls = [call["args"] for call in message.tool_calls] if isinstance(message, AIMessage) else []
    blocks = [block for block in message.content if isinstance(block, dict) and block.get("type") != "text"]
    return Turn(role, "\n".join(filter(None, [str(message.text), *texts_in(calls), *texts_in(blocks, without=MEDIA)])))


def texts_in(value: object, *, without: frozenset[str] = frozenset()) -> Iterator[str]:
    """Yield the texts inside tool calls and content blocks, keys too.

    Args:
        value: What JSON can hold.
        without: Fields that are left out, with what they hold.
    """
    match value:
        case str():
            yield value
        case list() | tuple():
            for item in value:
                yield from texts_in(item, without=without)
        case dict():
            for name, item in value.items():
                if name not in without:
                    yield from texts_in([str(name), item], without=without)
        case int() | float():
            yield str(value)
