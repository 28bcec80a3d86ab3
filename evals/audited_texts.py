"""What a made-up log is made of: real prompts, questions and answers of benchmarks, made-up sentences."""

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from ..errors import InputError
from .cases import read_cases, read_records
from .synthetic import make_exchanges

_EXCHANGES = 2_000
"""Made-up exchanges whose sentences are used: some 7,000 of prompts and 20,000 of answers."""

_BETWEEN = re.compile(r"(?<=[.?]) (?=[A-Z])")


class Texts(NamedTuple):
    """What a log is made of."""

    chats: list[tuple[str, ...]]
    """What users wrote in real chats, turn by turn."""

    questions: list[str]
    """Questions of benchmarks."""

    answers: list[str]
    """Answers of benchmarks and of real chats."""

    asides: list[str]
    """Sentences of users: numbers, cities, people who are no targets."""

    remarks: list[str]
    """Sentences of answers, of the same kind."""


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
    asides, remarks = _sentences()
    return Texts(
        chats=[tuple(turns) for chat in chats if (turns := chat.said_by("user"))],
        questions=[case.question for case in cases],
        answers=[*answers, *(text for chat in chats for text in chat.said_by("assistant"))],
        asides=asides,
        remarks=remarks,
    )


@cache
def _sentences() -> tuple[list[str], list[str]]:
    """Return sentences of made-up prompts, without the question, and of drafts; what is cut off last is left out."""
    made = make_exchanges(_EXCHANGES)
    asides = [sentence for exchange in made for sentence in _BETWEEN.split(exchange.prompt)[1:-1]]
    remarks = [sentence for exchange in made for sentence in _BETWEEN.split(exchange.draft)[:-1]]
    return asides, remarks
