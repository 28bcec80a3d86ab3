"""The words of an abstention and its time: those of the wrapped model, or phrases that come with the package."""

import re
from collections import defaultdict, deque
from collections.abc import Sequence
from functools import lru_cache, partial
from secrets import choice

from ..detection.canonical import canonical
from ..detection.marks import marks
from ..prompts import Name, load
from ..stores.abstentions import LEAST, Abstention
from ..stores.source import TargetSource
from .state import Exchange

_NOT = re.compile(r"n['\u2019]t\b", re.IGNORECASE)
_UNKNOWING = frozenset(
    "not no none nothing nobody never neither cannot unable unaware unfamiliar unknown unsure sorry".split()  # noqa: SIM905
)
# A digit, or a capital inside a sentence that is no "I".
_SPECIFIC = re.compile(r"\d|(?<=[a-z,;:] )(?!I\b)[A-Z]")

ORDINARY = 200
"""Characters of a conversation up to which it counts as one question, like those of the collection."""

_RECENT = 32
# Characters of a question that are compared with those of the collection, which are short.
_READ = 2_000


class Abstaining:
    """Chooses abstentions for the exchanges on a register.

    Args:
        store: The register; what was collected for it is followed as it changes.

    Raises:
        UnreadableStore: When what was collected was changed by others.
    """

    def __init__(self, store: TargetSource) -> None:
        self._store = store
        # A model is slower at one hour than at another: how long the same words took lately counts before how long
        # they took when they were collected.
        self._lately = defaultdict[tuple[str, bool], deque[float]](partial(deque, maxlen=_RECENT))
        self._collected()

    def choose(self, ask: str, *, streamed: bool, refuses: bool) -> Abstention:
        """Choose an abstention by a keyed hash of the question: it names no target and no rule, and it repeats itself.

        Of those collected the ones count whose question is most alike, for a model words its answer by the question.
        Its seconds are drawn anew each time among those that these words took, for no model takes the same time twice;
        a phrase that comes with the package takes none.

        Args:
            ask: The question.
            streamed: Whether the answer is shown as it comes.
            refuses: Whether it sounds like a refusal, not as about something never learned.

        Raises:
            UnreadableStore: When what was collected was changed by others.
        """
        answers = _phrases("abstain-refuse") if refuses else self._collected() or _phrases("abstain-unknown")
        digest = self._store.keys.digest("abstention", ask.encode("utf-8", "surrogatepass"))
        alike = _most_alike(ask, answers)
        text = alike[int.from_bytes(digest[:4]) % len(alike)].text
        same = [answer for answer in answers if answer.text == text]
        return Abstention(text=text, seconds=choice(self._times(same, streamed=streamed)), streamed=streamed)

    def _times(self, same: Sequence[Abstention], *, streamed: bool) -> list[float]:
        """Return the seconds that some words took: lately, else when collected the same way, else any way."""
        lately = list(self._lately.get((same[0].text, streamed), ()))
        if same[0].seconds and len(lately) >= LEAST:
            return lately
        return [answer.seconds for answer in same if answer.streamed == streamed] or [each.seconds for each in same]

    def resembles(self, text: str) -> bool:
        """Whether a stream that begins so is to be shown at its end: as one piece, like the abstentions collected."""
        return bool(self._collected()) and says_nothing(text)

    def note(self, text: str, exchange: Exchange) -> None:
        """Remember how long the model took for an answer that was collected too.

        Only after one short question: whoever sends long ones could otherwise make the abstentions of others slow.
        """
        turns = exchange.conversation.turns
        if sum(len(turn.text) for turn in turns if turn.role != "system") > ORDINARY:
            return
        if any(answer.text == text for answer in self._collected()):
            self._lately[text, exchange.streamed].append(exchange.took_s)

    def _collected(self) -> tuple[Abstention, ...]:
        collected = self._store.abstentions
        return collected.answers if collected and collected.enough else ()


def says_nothing(text: str) -> bool:
    """Whether a text says that something is not known and tells nothing: no number, no name, no rare word."""
    plain = _NOT.sub(" not", text)
    return not _UNKNOWING.isdisjoint(canonical(plain).words) and not _SPECIFIC.search(plain) and not marks(plain)


def _most_alike(ask: str, answers: Sequence[Abstention]) -> list[Abstention]:
    """Return the answers whose question shares the most words with another one, in proportion to all of both."""
    asked = frozenset(canonical(ask[:_READ]).words)
    shared = [len(asked & _words(each.question)) / (len(asked | _words(each.question)) or 1) for each in answers]
    most = max(shared)
    return [answer for answer, share in zip(answers, shared, strict=True) if share == most]


@lru_cache(1_000)
def _words(question: str) -> frozenset[str]:
    return frozenset(canonical(question).words)


def _phrases(name: Name) -> tuple[Abstention, ...]:
    return tuple(Abstention(text=phrase, seconds=0.0) for phrase in load(name).splitlines())
