"""Asking a model about a target from many sides: what it knows is what may leak."""

from dataclasses import dataclass, field
from time import monotonic
from typing import NamedTuple

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import HumanMessage

from ..models.background import in_background
from ..models.quiet import Model, ask, uncached
from ..models.ways import single
from ..schema import Target
from .sides import questions

ANSWER_S = 30.0
"""Seconds that one answer may take."""

LONGEST_ANSWER = 4_000
"""Characters of an answer that are kept."""

GIVE_UP = 3
"""Questions in a row without an answer after which nothing more is asked."""


class Exchange(NamedTuple):
    """A question, and what the model said to it."""

    question: str
    answer: str


@dataclass
class Interview:
    """What a model said of a target."""

    exchanges: list[Exchange] = field(default_factory=list)
    failed: int = 0
    """Questions that got no answer, or that were not asked any more."""

    @property
    def asked(self) -> int:
        """The number of questions."""
        return len(self.exchanges) + self.failed


def interview(target: Target, model: BaseChatModel, seconds: float) -> Interview:
    """Ask a model about a target, one question a call. No callback, tracer or cache sees what is asked and answered.

    What fails or takes too long is counted, and left out. A model that fails `GIVE_UP` times in a row is asked no more.

    Args:
        target: The target.
        model: The model.
        seconds: How long it is asked.
    """
    held, unseen, end, in_a_row = Interview(), uncached(single(model, ANSWER_S)), monotonic() + seconds, 0
    asked = questions(target)
    for question in asked:
        try:
            answer = _answer(unseen, question, min(ANSWER_S, end - monotonic()))
        except Exception:  # noqa: BLE001 - every provider has errors of its own, and their texts may quote the question
            in_a_row += 1
            if in_a_row == GIVE_UP:
                break
        else:
            held.exchanges.append(Exchange(question, answer))
            in_a_row = 0
    held.failed = len(asked) - len(held.exchanges)
    return held


def _answer(model: Model, question: str, seconds: float) -> str:
    """Ask in the background: a model that hangs keeps neither the caller nor the exit of the process.

    Raises:
        TimeoutError: It takes longer.
        Exception: What the model raises.
    """
    if seconds <= 0:
        raise TimeoutError
    return str(in_background(lambda: ask(model, [HumanMessage(question)])).result(seconds).text)[:LONGEST_ANSWER]
