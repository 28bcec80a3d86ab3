"""The variables of the agents' prompts, a record each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from .loader import Name
from .rendering import Variables


@dataclass(frozen=True)
class VetterPrompt(Variables):
    """What the vetter's model reads.

    Attributes:
        conversations: Conversations up to the wanted answer, by number.
        subjects: Who may be asked for, by label and the number of the conversation.
    """

    file: ClassVar[Name] = "vetter"
    conversations: Mapping[str, str]
    subjects: Mapping[str, str]


@dataclass(frozen=True)
class AuditorPrompt(Variables):
    """What the auditor's model reads.

    Attributes:
        questions: What was asked, by number.
        answers: The answer to each.
        subjects: Of whom something may be disclosed, by label and the number of the answer.
    """

    file: ClassVar[Name] = "auditor"
    questions: Mapping[str, str]
    answers: Mapping[str, str]
    subjects: Mapping[str, str]


@dataclass(frozen=True)
class RewriterPrompt(Variables):
    """What the rewriter's model reads.

    Attributes:
        question: What was asked.
        answer: The answer that discloses too much.
        passages: What of it must go, by number.
        mend: What was found wanting in the last attempt; empty at the first.
        proposals: How many texts are wanted.
    """

    file: ClassVar[Name] = "rewriter"
    question: str
    answer: str
    passages: Mapping[str, str]
    mend: str
    proposals: int


@dataclass(frozen=True)
class CriticPrompt(Variables):
    """What the critic's model reads.

    Attributes:
        question: What was asked.
        passages: What must not be told, by number.
        texts: The proposals, by label.
    """

    file: ClassVar[Name] = "critic"
    question: str
    passages: Mapping[str, str]
    texts: Mapping[str, str]


@dataclass(frozen=True)
class MinerPrompt(Variables):
    """What is read by the model that mines an interview about a target.

    Attributes:
        name: The target's name.
        questions: What was asked about it, by number.
        answers: The answer to each.
    """

    file: ClassVar[Name] = "miner"
    name: str
    questions: Mapping[str, str]
    answers: Mapping[str, str]
