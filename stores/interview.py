"""Asking a model about a target from many sides: what it knows is what may leak."""

from dataclasses import dataclass, field
from time import monotonic
from typing import NamedTuple

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import HumanMessage

from ..models.background import in_background
from ..models.quiet import Model, ask, uncached
from ..schema import Target
from .sides import questions

ANSWER_S = 30.0
"""Seconds that one answer may take."""

INTERVIEW_S = 300.0
"""Seconds after which nothing more is asked."""


class Exchange(NamedTuple):
    """A question, and what the model said to it."""

    question: str
    answer: str


@dataclass
class Interview:
    """What a model said of a target."""

    exchanges: list[Exchange] = field(default_factory=list)
    failed: int = 0
    """Questions that got no answer."""

    @property
    def asked(self) -> int:
        """The number of questions."""
        return len(self.exchanges) + self.failed


def interview(target: Target, model: BaseChatModel) -> Interview:
    """Ask a model about a target, one question a call. No callback, tracer or cache sees what is asked and answered.

    What fails or takes too long is counted, and left out.
    """
    held, unseen, end = Interview(), uncached(model), monotonic() + INTERVIEW_S
    for question in questions(target):
        try:
            answer = _answer(unseen, question, min(ANSWER_S, end - monotonic()))
        except Exception:  # noqa: BLE001 - every provider has errors of its own, and their texts may quote the question
            held.failed += 1
        else:
            held.exchanges.append(Exchange(question, answer))
    return held


def _answer(model: Model, question: str, seconds: float) -> str:
    """Ask in the background: a model that hangs keeps neither the caller nor the exit of the process.

    Raises:
        TimeoutError: It takes longer.
        Exception: What the model raises.
    """
    if seconds <= 0:
        raise TimeoutError
    return str(in_background(lambda: ask(model, [HumanMessage(question)])).result(seconds).text)
