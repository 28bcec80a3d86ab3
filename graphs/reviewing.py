"""Exchanges that have taken place: what they disclosed, and what the sanitiser would have released.

The same steps as in the workflow, called in turn without it: nobody waits for an answer, and of most exchanges nothing
is to be decided. What touches no target in any layer is not looked at further.
"""

import re
from collections.abc import Collection, Mapping
from typing import NamedTuple

from langchain_core.language_models import BaseChatModel

from ..agents.auditor import Auditor
from ..agents.conversation import Conversation
from ..agents.findings import of_answer
from ..detection.canonical import canonical
from ..detection.rarity import STOP_WORDS
from ..detection.recall import RecallingDetector
from ..detection.sentences import sentences
from ..errors import InputError
from ..models.pooled import NotYet
from ..schema import Finding, Policy, Role, Verdict
from ..stores.ledger import Unrecorded
from ..stores.source import TargetSource
from .abstaining import says_nothing
from .draft import Draft
from .gate import Gate
from .staffing import staff
from .state import Exchange
from .steps import Steps

NEAR = 0.6
"""The part of the evidence it takes from which on a released answer is a near miss."""

# Nobody waits: a slow machine must not turn an exchange into an error. In seconds.
_PATIENCE = 3_600.0
_NAMES = frozenset({"alias", "fuzzy"})
_UNNAMED = "them"
# Between the pieces of a name anything may stand.
_IN_PIECES = "pieces name"
# In these words it is said that nothing is known; any other may tell something.
_PLAIN_WORDS = STOP_WORDS | frozenset(
    """
    able access accessible additional afraid ai answer anybody anyone anything apologies apologise apologize ask assist
    assistant available aware ca called cannot certain clarify clue comment concerning confirm context couldn d data
    detail details didn discuss doesn don else enough exist fact facts familiar find found further give happy haven
    heard help however idea identify individual information isn know knowing knowledge known knows language let ll m
    matter may might model much must name named names never nobody none nothing offer particular people person personal
    please provide public publicly question re reading recall record records regarding related reliable remember
    request say see share someone something sorry speak specific specifically sure talk tell topic training unable
    unaware unfamiliar unfortunately unknown unsure us ve verify wasn wo won wouldn yet
    """.split()  # noqa: SIM905 - a hundred quoted words would be unreadable
)
# A capital, but no name.
_OF_MODELS = re.compile(r"\bAI\b")
_NEGATIONS = frozenset({"no", "not", "never", "none", "nobody", "nothing"})
_OF_ONESELF = frozenset({"i", "we", "me", "us", "my", "our", "there", "no", "none", "nobody", "nothing", "unknown"})
_UNKNOWN = re.compile(
    r"(?:\b(?:not|cannot|no|never)|n['\u2019]t)\s+(?:\w+\s+){0,3}?(?:know|sure|aware|certain|say|tell|familiar|heard|find|recall|"
    r"confirm|verify|help|answer|share|discuss|information|knowledge|idea|details?|records?|data)\b"
    r"|\bun(?:aware|sure|familiar)\b",
    re.IGNORECASE,
)
# Where it is asked for in these words, they are repeated in a clause of their own; what comes after it may answer them.
_GOES_ON = re.compile(
    r"[,;:()\u2013\u2014]|\b(?:but|however|though|although|yet|except|because|since|and)\b", re.IGNORECASE
)


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
        try:
            told = self._decide(exchange, answer or "")
            asked = self._rules.asked_for(exchange)
            near = [] if exchange.findings or told else self._near(exchange, answer or "")
        except NotYet:
            raise
        except Exception as error:  # noqa: BLE001 - fail closed: the gate abstains, whatever it was
            exchange.error = type(error).__name__
            told = told or list(exchange.findings or ())  # what was found before it counts
        told += self._answered(exchange, told, answer or "")
        verdict = self._gate.release(exchange).verdict
        return Review(verdict, asked, told, _idle(told, answer or "", conversation.ask), near)

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

    def _answered(self, exchange: Exchange, told: list[Finding], answer: str) -> list[Finding]:
        """Return the sentences that answer a question on a target in which nothing of it is recognised.

        "A shipbuilder from Bergen." needs no name and no pronoun to tell who was asked for. Topics are left out: a
        question that sounds like one may be answered by something harmless, and the answer has been looked at.
        """
        targets, found = self._detector.targets, {finding.target for finding in told}
        asked = [
            key for key in sorted(exchange.vetting.denied - found) if key in targets and targets[key].kind != "topic"
        ]
        if not asked:
            return []
        words = frozenset(canonical(exchange.conversation.ask).words)
        spans = [span for span in sentences(answer) if not _is_harmless(answer[span.start : span.end], words)]
        return [of_answer(target, span) for target in asked for span in spans]

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


def _idle(told: list[Finding], answer: str, ask: str) -> list[Finding]:
    """Return the findings in sentences that say that something is not known, and tell nothing but a name."""
    if not told:
        return []
    whole = [finding for finding in told if finding.layer in _NAMES and finding.evidence != _IN_PIECES]
    names = sorted((finding.start, finding.end) for finding in whole)
    spans, asked = sentences(answer), frozenset(canonical(ask).words)
    plain = [_tells_nothing(_without(answer, span.start, span.end, names), asked) for span in spans]

    def says(finding: Finding) -> bool:
        held = [idle for span, idle in zip(spans, plain, strict=True) if _meet(finding, span.start, span.end)]
        return not (held and all(held))

    return [finding for finding in told if not says(finding)]


def _is_harmless(sentence: str, asked: frozenset[str]) -> bool:
    """Whether a sentence says nothing of anybody: that nothing is known, or what an assistant says beside it."""
    words = canonical(sentence).words
    return not _denies(words) and (_PLAIN_WORDS.issuperset(words) or _tells_nothing(sentence, asked))


def _denies(words: Collection[str]) -> bool:
    """Whether a sentence says no and nothing else, which is an answer."""
    return bool(words) and _NEGATIONS.issuperset(words)


def _tells_nothing(sentence: str, asked: frozenset[str]) -> bool:
    """Whether a sentence only says that something is not known, at most in the words in which it was asked for."""
    words = canonical(sentence).words
    if _denies(words) or not says_nothing(_OF_MODELS.sub("model", sentence)) or _OF_ONESELF.isdisjoint(words):
        return False
    if _PLAIN_WORDS.issuperset(words):
        return True
    unknown = _UNKNOWN.search(sentence)
    if unknown is None or _GOES_ON.search(sentence, unknown.end()):
        return False
    before, after = (canonical(part).words for part in (sentence[: unknown.end()], sentence[unknown.end() :]))
    return _PLAIN_WORDS.issuperset(before) and (_PLAIN_WORDS | asked).issuperset(after)


def _meet(finding: Finding, start: int, end: int) -> bool:
    return finding.start < end and start < finding.end


def _without(text: str, start: int, end: int, names: list[tuple[int, int]]) -> str:
    """Return a stretch of a text with a pronoun in place of each name."""
    kept, last = "", start
    for first, past in names:
        if start <= first and past <= end and first >= last:
            kept, last = f"{kept}{text[last:first]}{_UNNAMED}", past
    return kept + text[last:end]
