"""ALU, the closest prior system, as a baseline: agents' models asked in a row about every answer."""

from dataclasses import replace
from statistics import fmean
from time import perf_counter
from typing import Annotated, TypeVar

from langchain_core.language_models import BaseChatModel
from pydantic import Field

from ..agents.advisers import Answer
from ..agents.critic import Critique
from ..agents.findings import of_agent
from ..detection.detector import Detector
from ..errors import ExpungeError, UnguardedSurface
from ..models.structured import ask_record
from ..prompts import Variables, numbered, render
from ..prompts.baselines import AluCheckPrompt, AluMergePrompt, AluRatePrompt, AluVaryPrompt
from ..schema import Baseline, Finding, Policy, Role, Target
from .listing import listed
from .state import Exchange
from .steps import Steps


class UnusableAnswer(ExpungeError):
    """An agent's model gave no answer, or one that does not fit what was asked."""

    code = "unusable_answer"


class Versions(Answer):
    """Answers in place of the wrapped model's."""

    versions: list[str]


class Touched(Answer):
    """Numbers of the subjects that an answer tells something about."""

    subjects: list[int]


class Ratings(Answer):
    """What versions are worth, from 1 to 5, in their order."""

    ratings: list[Annotated[int, Field(ge=1, le=5)]]


class Merged(Answer):
    """One answer out of several."""

    answer: str


Answered = TypeVar("Answered", bound=Answer)


class AluSteps(Steps):
    """The flow of ALU, after its description: vary, check, rate, merge, one call each, about every answer.

    When the check finds that the answer touches no target, the answer is released as it is; else the merged text, when
    the best ratings are good enough on average; else the gate refuses. Compared with the four agents it lacks this:

    - It calls a model four times beyond the wrapped model for every exchange, clean or not, and one call waits for the
      other.
    - Every prompt holds the names of all targets, so its length grows with the register.
    - It knows names alone: no documents, no scope, nothing that is kept.
    - Nothing checks the merged text, and what the check overlooks is released as it is.
    - It reads text alone. Reasoning is left behind; an answer with calls of tools is withheld.

    Where the system itself ends in the text of an error (an answer that does not fit, ratings of another number than
    versions), this one abstains. The prompts are our own.

    Args:
        detector: Knows the targets that are enforced; nothing is detected.
        policy: With the baseline's numbers.
        model: What all four agents ask.
    """

    def __init__(self, detector: Detector, policy: Policy, model: BaseChatModel) -> None:
        super().__init__(detector, policy)
        self._model = model
        self._baseline = policy.baseline or Baseline(kind="alu")

    def holds(self, exchange: Exchange) -> bool:
        """Show nothing before the end: an answer is judged as a whole."""
        return True

    def vet(self, exchange: Exchange) -> None:
        """Learn which targets are enforced; the prompt is not looked at."""
        self._detector.sync()

    def audit(self, exchange: Exchange) -> None:
        """Do all that ALU does."""
        draft = exchange.draft
        if draft is None or exchange.findings is not None:
            return
        if draft.tool_calls or draft.invalid_tool_calls:
            raise UnguardedSurface("ALU reads text alone, and the answer calls tools.")
        exchange.draft = replace(draft, reasoning="", blocks=[])
        exchange.findings = self._judge(exchange, draft.text) if draft.text else []

    def rewrite(self, exchange: Exchange) -> None:
        """Do nothing: the merged text was proposed together with the findings."""

    def critique(self, exchange: Exchange) -> None:
        """Accept the merged text unseen, as ALU does."""
        exchange.accepted = next((Critique(text, 5, 5, ()) for text in exchange.proposals), None)
        exchange.exhausted = True

    def _judge(self, exchange: Exchange, answer: str) -> list[Finding]:
        """Ask all four, also for what will not be needed; propose the merged text where its ratings allow it."""
        targets, question, wanted = list(self._detector.targets.values()), exchange.conversation.ask, self._baseline
        subjects = listed(targets)
        vary = AluVaryPrompt(subjects, question, answer, wanted.proposals)
        versions = self._ask(exchange, "rewriter", vary, Versions).versions
        check = AluCheckPrompt(subjects, question, answer)
        touched = _found(self._ask(exchange, "auditor", check, Touched).subjects, targets, len(answer))
        rate = AluRatePrompt(subjects, question, numbered(versions), len(versions))
        ratings = self._ask(exchange, "critic", rate, Ratings).ratings
        if not len(versions) == len(ratings) == wanted.proposals:
            raise UnusableAnswer("There are not as many versions, or ratings, as were asked for.")
        best = sorted(zip(ratings, versions, strict=True), key=lambda rated: -rated[0])[: wanted.merged]
        merge = AluMergePrompt(subjects, question, numbered([version for _, version in best]))
        merged = self._ask(exchange, "rewriter", merge, Merged).answer
        exchange.proposals = [merged] if fmean(rating for rating, _ in best) >= wanted.threshold else []
        return touched

    def _ask(self, exchange: Exchange, agent: Role, prompt: Variables, record: type[Answered]) -> Answered:
        """Ask for a record; a second time where the server takes no schema, or the answer does not fit it.

        Raises:
            UnusableAnswer: None came.
        """
        waited_s = perf_counter() - (exchange.drafted_at or exchange.started)
        left_s = self._policy.deadline_s - waited_s
        if left_s <= 0:
            raise UnusableAnswer("There is no time left.")
        reply = ask_record(self._model, render(prompt), record, timeout_s=left_s)
        exchange.agents.append(reply.entry(agent))
        if reply.record is None:
            raise UnusableAnswer(f"The {agent}'s model gave no answer that fits: {reply.outcome}.")
        return reply.record


def _found(numbers: list[int], targets: list[Target], length: int) -> list[Finding]:
    """Return a finding for each target that the check names.

    Raises:
        UnusableAnswer: A number is none of the list's.
    """
    if not all(1 <= number <= len(targets) for number in numbers):
        raise UnusableAnswer("The check names a subject that is not on the list.")
    named = "named by the check of the whole answer"
    return [of_agent(targets[number - 1].id, 0, length, "draft", named) for number in sorted(set(numbers))]
