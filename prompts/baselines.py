"""The variables of the prompts of baselines, a record each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from .loader import Name
from .rendering import Variables


@dataclass(frozen=True)
class AluVaryPrompt(Variables):
    """What the first of ALU's agents reads.

    Attributes:
        subjects: The names of all targets, a numbered line each.
        question: What was asked.
        answer: The wrapped model's answer.
        count: How many versions are wanted.
    """

    file: ClassVar[Name] = "alu-vary"
    subjects: str
    question: str
    answer: str
    count: int


@dataclass(frozen=True)
class AluCheckPrompt(Variables):
    """What the second reads.

    Attributes:
        subjects: The names of all targets, a numbered line each.
        question: What was asked.
        answer: The wrapped model's answer.
    """

    file: ClassVar[Name] = "alu-check"
    subjects: str
    question: str
    answer: str


@dataclass(frozen=True)
class AluRatePrompt(Variables):
    """What the third reads.

    Attributes:
        subjects: The names of all targets, a numbered line each.
        question: What was asked.
        versions: The versions of the answer, by number.
        count: How many they are.
    """

    file: ClassVar[Name] = "alu-rate"
    subjects: str
    question: str
    versions: Mapping[str, str]
    count: int


@dataclass(frozen=True)
class AluMergePrompt(Variables):
    """What the last reads.

    Attributes:
        subjects: The names of all targets, a numbered line each.
        question: What was asked.
        versions: The best versions of the answer, by number.
    """

    file: ClassVar[Name] = "alu-merge"
    subjects: str
    question: str
    versions: Mapping[str, str]


@dataclass(frozen=True)
class GuardrailPrompt(Variables):
    """What the wrapped model reads before the conversation, where that is its only guard.

    Attributes:
        subjects: The names of all targets, a numbered line each.
    """

    file: ClassVar[Name] = "guardrail"
    subjects: str


@dataclass(frozen=True)
class IculPrompt(Variables):
    """What the wrapped model reads before the conversation, where it is to unlearn by examples.

    Attributes:
        unknown: Questions on targets with answers that know nothing, by number.
        known: Questions on what stays with their answers, by number.
    """

    file: ClassVar[Name] = "icul"
    unknown: Mapping[str, str]
    known: Mapping[str, str]
