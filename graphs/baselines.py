"""Simpler ways to guard a model, to compare with: the same graph and gate, with less before it."""

from collections.abc import Iterable, Sequence

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage, SystemMessage, merge_message_runs

from ..agents.vetting import Vetting
from ..detection.detector import Detector
from ..errors import PrerequisiteError
from ..prompts import Variables, numbered, render
from ..prompts.baselines import GuardrailPrompt, IculPrompt
from ..schema import Baseline, Finding, Policy, Target
from .alu import AluSteps
from .listing import listed
from .state import Exchange
from .steps import Steps

EXAMPLES = 16
"""Examples of each kind that in-context unlearning is given, so that its prompt has an end."""

UNKNOWN = "I don't have any information about that."
"""How an example of not knowing answers."""


class InputFilter(Steps):
    """The vetter alone: what it denies is not asked, and nothing looks at an answer."""

    def look(self, exchange: Exchange, reasoning: str, text: str) -> list[Finding]:
        """Find nothing."""
        return []

    def audit(self, exchange: Exchange) -> None:
        """Find nothing."""
        exchange.findings = []


class OutputFilter(Steps):
    """The auditor alone, who does not know what was asked: any finding withholds the whole answer."""

    def vet(self, exchange: Exchange) -> None:
        """Learn which targets are enforced; the prompt is not looked at."""
        self._detector.sync()
        exchange.vetting = Vetting()

    def rewrite(self, exchange: Exchange) -> None:
        """Propose nothing, which the critic has nothing to say to."""


class Instructed(InputFilter):
    """The wrapped model is asked to be silent, in a system message before the conversation; nothing checks it."""

    instructs = True

    def vet(self, exchange: Exchange) -> None:
        """Learn which targets are enforced; the prompt is not looked at."""
        self._detector.sync()

    def asked(self, messages: Sequence[BaseMessage]) -> list[BaseMessage]:
        """Put the instruction before a conversation; where that begins with a system message, before its text."""
        told = "\n\n".join(str(message.text) for message in render(self._prompt(self._detector.targets.values())))
        first = merge_message_runs([SystemMessage(told), *messages[:1]], chunk_separator="\n\n")
        return [*first, *messages[1:]]

    def _prompt(self, targets: Iterable[Target]) -> Variables:
        """List the names of all targets."""
        return GuardrailPrompt(listed(targets))


class InContext(Instructed):
    """In-context unlearning: what the wrapped model reads are examples, of not knowing and of what it may know.

    Of each target, as far as there is room, a question and that nothing is known; and the texts that are kept.
    """

    def _prompt(self, targets: Iterable[Target]) -> Variables:
        every = list(targets)
        unknown = [f"Question: {_question(target)}\nAnswer: {UNKNOWN}" for target in every[:EXAMPLES]]
        known = [_known(text) for target in every for text in target.keep][:EXAMPLES]
        return IculPrompt(numbered(unknown), numbered(known))


def make_steps(detector: Detector, policy: Policy, baseline: Baseline, model: BaseChatModel | None) -> Steps:
    """Make the steps of a baseline.

    Args:
        detector: The layers of detection.
        policy: Limits and sides.
        baseline: Which one.
        model: What agents ask.

    Raises:
        PrerequisiteError: The baseline needs a model, and there is none.
    """
    match baseline.kind:
        case "alu" if model is not None:
            return AluSteps(detector, policy, model)
        case "alu":
            raise PrerequisiteError("ALU's agents have no model to ask.", fix="Give `agent_model`, or `--agent-model`.")
        case "input_filter":
            return InputFilter(detector, policy)
        case "output_filter":
            return OutputFilter(detector, policy)
        case "guardrail_prompt":
            return Instructed(detector, policy)
        case "icul":
            return InContext(detector, policy)


def _question(target: Target) -> str:
    """Return a question on a target: that of its first document that begins with one, else a general one."""
    asked = (question for text in target.documents if (question := _split(text)[0]))
    return next(asked, f"What do you know about {target.name}?")


def _known(text: str) -> str:
    question, answer = _split(text)
    return f"Question: {question}\nAnswer: {answer}" if question else f"Fact: {answer}"


def _split(text: str) -> tuple[str, str]:
    """Return the question that a text begins with, empty when there is none, and what follows it."""
    question, mark, answer = text.partition("? ")
    return (f"{question}?", answer) if mark else ("", text)
