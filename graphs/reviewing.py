"""Exchanges that have taken place: what they disclosed, and what the sanitiser would have released.

The same steps as in the workflow, called in turn without it: nobody waits for an answer, and of most exchanges nothing
is to be decided. What touches no target in any layer is not looked at further.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from langchain_core.language_models import BaseChatModel

from ..agents.auditor import Auditor
from ..agents.conversation import Conversation
from ..agents.findings import of_answer
from ..detection.canonical import canonical
from ..detection.recall import RecallingDetector
from ..detection.sentences import sentences
from ..errors import InputError
from ..models.pooled import NotYet
from ..schema import Finding, Policy, Role, Verdict
from ..stores.ledger import Unrecorded
from ..stores.source import TargetSource
from .draft import Draft
from .gate import Gate
from .staffing import staff
from .state import Exchange
from .steps import Steps
from .unknowing import idle_in, is_harmless

NEAR = 0.6
"""The part of the evidence it takes from which on a released answer is a near miss."""

# Nobody waits: a slow machine must not turn an exchange into an error. In seconds.
_PATIENCE = 3_600.0


class Review(NamedTuple):
    """What was made of an exchange that has taken place."""

    verdict: Verdict
    """What would have been decided; its findings in the draft are those that the agents looked for."""

    asked: frozenset[str]
    """Ids of the targets of which what must go was asked for."""

    told: list[Finding]
    """What the answer discloses, also where the question alone would have been enough to withhold it."""

    idle: list[Finding]
    """Findings in the answer that stand where it only says that it does not know: they disclose nothing."""

    near: list[Finding]
    """What would be found if a little less evidence were enough; looked for where nothing is found."""


class Reviewer:
    """Looks at exchanges that have taken place.

    Nothing is recorded in the ledger: no answer is released or withheld.

    Args:
        source: The register, or a moment of it.
        policy: Limits and sides; thresholds that it does not give are those of the register.
        models: The agents' models; none: rules alone.

    Raises:
        InputError: The policy instructs the wrapped model, and so has nothing to say of its answers.
        StoreBusy: Another process owns the register's index.
        EmbeddingMismatch: The index holds another embedding model's vectors.
        PrerequisiteError: The embedding model is missing, or a model that the policy needs.
    """

    def __init__(
        self, source: TargetSource, policy: Policy | None = None, models: Mapping[Role, BaseChatModel] | None = None
    ) -> None:
        self._detector = RecallingDetector(source)
        self.policy = _patient(policy or Policy(), source, models or {})
        self._steps = staff(self._detector, self.policy, models or {}, source.keys.digest)
        if self._steps.instructs:
            raise InputError(f"The policy {self.policy.name!r} has nothing to say of an answer that was given.")
        self._rules = Steps(self._detector, self.policy)
        nearly = self.policy.model_copy(update={"thresholds": self.policy.thresholds.scaled(NEAR)})
        self._nearly = Auditor(self._detector, nearly)
        self._gate = Gate(source, self._detector, self.policy, Unrecorded())
        self._detector.warm_up()

    def __len__(self) -> int:
        """Return the number of targets that are enforced."""
        return len(self._detector)

    def touches(self, conversation: Conversation, answer: str) -> bool:
        """Whether anything in an exchange speaks for any target; where nothing does, it is clean in every way.

        Raises:
            NotYet: A pool of embeddings has to be filled first.
        """
        ask, said = conversation.ask, conversation.said
        context = [conversation.turns[index].text for index in conversation.context]
        texts = dict.fromkeys([ask, said, *context, answer])
        if any(self._detector.scan(text) for text in texts):
            return True
        if any(self._detector.completed(text, answer) for text in (ask, said)):
            return True
        return bool(self._detector.topics(ask) or self._detector.topics(answer))

    def review(self, conversation: Conversation, answer: str | None) -> Review:
        """Say what an exchange disclosed, and what would have been decided on it.

        An error in the middle is an abstention, as it is at run time; the verdict has its type.

        Args:
            conversation: The turns up to the answer.
            answer: The answer; `None`: there was none, and the question alone is looked at.

        Raises:
            NotYet: A pool of embeddings has to be filled first.
        """
        exchange, told, asked, near = Exchange(conversation), list[Finding](), frozenset[str](), list[Finding]()
        idle: list[Finding] = []
        try:
            told = self._decide(exchange, answer or "")
            idle = idle_in(told, answer or "", conversation.ask)
            told = [*told, *self._answered(exchange, told, idle, answer or "")]
            asked = self._rules.asked_for(exchange)
            near = [] if exchange.findings or told else self._near(exchange, answer or "")
        except NotYet:
            raise
        except Exception as error:  # noqa: BLE001 - fail closed: the gate abstains, whatever it was
            exchange.error = type(error).__name__
            told = told or list(exchange.findings or ())  # what was found before it counts
        return Review(self._gate.release(exchange).verdict, asked, told, idle, near)

    def _decide(self, exchange: Exchange, answer: str) -> list[Finding]:
        """Take the steps of the workflow; return what the answer discloses."""
        self._steps.vet(exchange)
        self._steps.take(exchange, Draft(answer))
        if exchange.denied:
            # The workflow would not have asked for an answer. There is one: it is looked at, and nothing decided by it.
            shown = Exchange(exchange.conversation, vetting=exchange.vetting, memo=exchange.memo)
            self._rules.take(shown, Draft(answer))
            self._rules.audit(shown)
            return shown.findings or []
        self._steps.audit(exchange)
        while exchange.findings and not (exchange.accepted or exchange.exhausted or exchange.denied):
            self._steps.rewrite(exchange)
            self._steps.critique(exchange)
        return exchange.findings or []

    def _answered(self, exchange: Exchange, told: list[Finding], idle: list[Finding], answer: str) -> Iterator[Finding]:
        """Yield the sentences that answer a question on a target in which nothing of it is recognised.

        "A shipbuilder from Bergen." needs no name and no pronoun to tell who was asked for. Topics are left out: a
        question that sounds like one may be answered by something harmless, and the answer has been looked at. Where
        somebody else was asked about as well, and the target is named, the rest may be on them.
        """
        words = frozenset(canonical(exchange.conversation.ask).words)
        for key in sorted(exchange.vetting.denied):
            target, own = self._detector.targets.get(key), [finding for finding in told if finding.target == key]
            told_of = any(finding not in idle for finding in own) or (own and exchange.vetting.others)
            if target is None or target.kind == "topic" or told_of:
                continue
            for span in sentences(answer):
                named = any(finding.start < span.end and span.start < finding.end for finding in own)
                if not named and not is_harmless(answer[span.start : span.end], words):
                    yield of_answer(key, span)

    def _near(self, exchange: Exchange, answer: str) -> list[Finding]:
        if exchange.vetting.denied:
            return []
        return self._nearly.audit(answer, exchange.vetting, exchange.memo)


def _patient(policy: Policy, source: TargetSource, models: Mapping[Role, BaseChatModel]) -> Policy:
    """Return a policy with the register's thresholds; a deadline there is only for models, which may hang."""
    given: dict[str, object] = {} if models else {"deadline_s": _PATIENCE}
    if "thresholds" not in policy.model_fields_set:
        given["thresholds"] = source.thresholds
    return policy.model_copy(update=given)
