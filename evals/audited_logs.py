"""A log to audit, made of real prompts and benchmarks' answers, with disclosures planted in 1 % of its exchanges.

No two exchanges are the same, so that nothing is gained by answering duplicates once. A prompt is that of a real chat
or the question of a case, each half of the time. An answer is one to three answers of other rows one after the other,
of which there are more combinations than a log takes. Chats of several turns keep them, with such an answer after each.
What would come a second time is drawn anew.

Half of what is planted is asked for and answered, a quarter stands unasked in the middle of an answer to something
else, a quarter answers the question after the one that named the target. Each hundred exchanges hold one of them.
"""

import json
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from itertools import count, cycle
from pathlib import Path
from random import Random
from typing import NamedTuple

from ..errors import InputError
from ..schema import Target
from .audited_texts import Texts, read_texts
from .planting import WAYS, Message, conversation, plant

EVERY = 100
"""One exchange of so many discloses a target."""

# Exchanges at the end of a hundred that none is planted in: a chat of several turns may reach into them.
_ROOM = 10

_REPEATED = 1_000
"""Dialogues that are repeated where there are to be duplicates."""


class LoggedExchange(NamedTuple):
    """One exchange of a log."""

    messages: list[Message]
    """The messages up to the answer."""

    answer: str
    """The answer."""

    target: str | None
    """The name of the target that was planted in it, if one was."""

    @property
    def texts(self) -> list[str]:
        """The texts of its messages, the answer last."""
        return [*(message["content"] for message in self.messages), self.answer]


class LoggedDialogue(NamedTuple):
    """One record of a log: questions and answers by turns."""

    id: str
    """Its id, unlike all others."""

    messages: list[Message]
    """Its messages."""

    target: str | None = None
    """The name of the target that its last answer discloses, if one was planted."""

    @property
    def exchanges(self) -> list[LoggedExchange]:
        """Its exchanges, oldest first."""
        places = range(1, len(self.messages), 2)
        return [
            LoggedExchange(
                self.messages[:place],
                self.messages[place]["content"],
                self.target if place == places[-1] else None,
            )
            for place in places
        ]


def make_log(
    data: Path, targets: Sequence[Target], exchanges: int, *, duplicates: float = 0.0, seed: int = 0
) -> Iterator[LoggedDialogue]:
    """Make a log, dialogue by dialogue; the same for the same seed.

    Args:
        data: The folder of benchmark data, with `logs/chat.jsonl` and `cases/*.jsonl`.
        targets: Who is planted, in turn; each has a document.
        exchanges: How many exchanges, at least `EVERY`.
        duplicates: About which share of the dialogues repeats an earlier one that discloses nothing, from 0 to below 1.
        seed: Another seed gives another log.

    Raises:
        InputError: A number is out of range, or there is no such data.
    """
    if exchanges < EVERY or not 0 <= duplicates < 1 or not targets:
        fix = f"Ask for {EVERY} exchanges and one target at least, and a share of duplicates from 0 to below 1."
        raise InputError("No such log can be made.", fix=fix)
    return _Log(read_texts(data), targets, duplicates, Random(seed)).dialogues(exchanges)  # noqa: S311 - no secret


class _Log:
    """A log in the making."""

    def __init__(self, texts: Texts, targets: Sequence[Target], duplicates: float, random: Random) -> None:
        self._texts = texts
        self._planted = zip(cycle(WAYS), cycle(random.sample(targets, len(targets))), strict=False)
        self._duplicates = duplicates
        self._random = random
        self._repeated: list[list[Message]] = []
        self._seen: set[bytes] = set()

    def dialogues(self, exchanges: int) -> Iterator[LoggedDialogue]:
        dues = iter([EVERY * block + self._random.randrange(EVERY - _ROOM) for block in range(exchanges // EVERY)])
        made, due = 0, next(dues)
        for number in count(1):
            if made >= exchanges:
                return
            if made >= due:
                (messages, target), due = self._disclosing(), next(dues, exchanges)
            else:
                messages, target = self._harmless()[: 2 * (exchanges - made)], None
            made += len(messages) // 2
            yield LoggedDialogue(f"chat-{number}", messages, target)

    def _disclosing(self) -> tuple[list[Message], str | None]:
        way, target = next(self._planted)
        while True:
            around = (self._question(), self._answer(), self._answer())
            messages = plant(way, target, around, self._random)
            if self._is_new(messages):
                return messages, target.name

    def _harmless(self) -> list[Message]:
        if self._repeated and self._random.random() < self._duplicates:
            return self._random.choice(self._repeated)
        while not self._is_new(messages := self._answered()):
            pass
        if self._duplicates and len(self._repeated) < _REPEATED:
            self._repeated.append(messages)
        return messages

    def _answered(self) -> list[Message]:
        """Make a dialogue with an answer after each turn of the user."""
        random, texts = self._random, self._texts
        asked = random.choice(texts.chats) if random.random() < 0.5 else (random.choice(texts.questions),)
        return conversation(*(text for turn in asked for text in (turn, self._answer())))

    def _question(self) -> str:
        return self._random.choice(self._texts.questions)

    def _answer(self) -> str:
        return " ".join(self._random.sample(self._texts.answers, self._random.randint(1, 3)))

    def _is_new(self, messages: Sequence[Message]) -> bool:
        """Whether no dialogue began with the same exchange; if so, it is remembered."""
        opening = json.dumps(messages[:2]).encode()
        digest = blake2b(opening, digest_size=8).digest()
        new = digest not in self._seen
        self._seen.add(digest)
        return new
