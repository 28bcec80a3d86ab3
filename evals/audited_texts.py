"""What a made-up log is made of: real prompts, and questions and answers of benchmarks."""

from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from ..errors import InputError
from .cases import read_cases, read_records


class Texts(NamedTuple):
    """What a log is made of."""

    chats: list[tuple[str, ...]]
    """What users wrote in real chats, turn by turn."""

    questions: list[str]
    """Questions of benchmarks."""

    answers: list[str]
    """Answers of benchmarks and of real chats."""


class _Message(BaseModel):
    model_config = ConfigDict(extra="ignore")

    role: str
    content: str


class _Chat(BaseModel):
    messages: list[_Message]

    def said_by(self, role: str) -> list[str]:
        return [message.content for message in self.messages if message.role == role and message.content.strip()]


def read_texts(data: Path) -> Texts:
    """Read `logs/chat.jsonl` and `cases/*.jsonl` of a folder of benchmark data.

    Raises:
        InputError: Something of it is missing, or cannot be read.
    """
    chats = list(read_records(data / "logs" / "chat.jsonl", _Chat))
    cases = read_cases(sorted((data / "cases").glob("*.jsonl")))
    answers = [case.answer for case in cases if case.answer]
    if not chats or not answers:
        raise InputError(f"In {str(data)!r} there is nothing to make a log of.", fix="Set EXPUNGE_DATA or --data.")
    return Texts(
        chats=[tuple(turns) for chat in chats if (turns := chat.said_by("user"))],
        questions=[case.question for case in cases],
        answers=[*answers, *(text for chat in chats for text in chat.said_by("assistant"))],
    )
