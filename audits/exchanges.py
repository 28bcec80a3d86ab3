"""The exchanges of a log: every answer with the conversation before it, and every question that was not answered."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from ..stores.keys import Keys, to_bytes
from .records import Dialogue, Place, Turn

_DIGEST = "audited exchange"
_DIGEST_BYTES = 16
_BITS = 64
# Users may call a chat by a sentence, which may name anybody.
_ID = re.compile(r"[\w.:/@#+=-]{1,200}", re.ASCII)


class Exchange(NamedTuple):
    """One exchange of a log."""

    number: int
    """Its number in the log, from 0: those that a sample leaves out are counted too."""

    id: str
    """The id of its dialogue; empty when the log gives none."""

    at: float | None
    """When, in seconds since 1970 (UTC), if the log says so."""

    prompt: tuple[Turn, ...]
    """The turns up to the answer."""

    answer: Turn | None
    """The answer; `None`: there is none."""

    @property
    def turns(self) -> tuple[Turn, ...]:
        """Its turns, the answer last."""
        return (*self.prompt, self.answer) if self.answer else self.prompt

    @property
    def place(self) -> Place:
        """Where it stands: the record of its answer or, without one, of its last turn."""
        return (self.answer or self.prompt[-1]).place

    @property
    def label(self) -> str:
        """What it is called: the id in the log or, without one that looks like an id, the place."""
        return self.id if _ID.fullmatch(self.id) else f"{self.place.file}:{self.place.line}"

    def digest(self, keys: Keys) -> bytes:
        """Return a keyed digest of its texts, 16 bytes: the same for the same exchange at another place."""
        texts = [f"{turn.role} {len(turn.text)} {turn.text}" for turn in self.turns]
        content = to_bytes(f"{self.answer is not None} {' '.join(texts)}")
        return keys.digest(_DIGEST, content)[:_DIGEST_BYTES]


def exchanges_in(dialogue: Dialogue, first: int) -> Iterator[Exchange]:
    """Yield the exchanges of a dialogue, oldest first.

    Args:
        dialogue: The dialogue.
        first: The number of its first exchange.
    """
    turns, number = dialogue.turns, first
    for index, turn in enumerate(turns):
        if turn.role == "assistant":
            yield Exchange(number, dialogue.id, dialogue.at, turns[:index], turn)
            number += 1
    if turns and turns[-1].role != "assistant":
        yield Exchange(number, dialogue.id, dialogue.at, turns, None)


def is_sampled(number: int, share: float, keys: Keys) -> bool:
    """Whether an exchange is in a sample: the same ones each time, drawn by a keyed hash of their numbers."""
    drawn = int.from_bytes(keys.digest("audit sample", str(number).encode())[: _BITS // 8])
    return drawn / float(1 << _BITS) < share
