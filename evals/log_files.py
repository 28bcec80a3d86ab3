"""A made-up log in a file, and what is kept of it beside: what was planted, and a sample."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from .audit_bench_report import LogSize
from .audited_logs import LoggedDialogue, LoggedExchange


@dataclass
class LogFile:
    """A log in a file.

    Attributes:
        path: The file: OpenAI chats, JSON Lines.
        dialogues: Records in it.
        exchanges: Exchanges in them.
        planted: The name of each target that was planted, by the dialogue's id and the index of the disclosing answer.
        disclosing: The exchanges in which it was planted.
        sample: Exchanges drawn at random, in their order.
    """

    path: Path
    dialogues: int = 0
    exchanges: int = 0
    planted: dict[tuple[str, int], str] = field(default_factory=dict)
    disclosing: list[LoggedExchange] = field(default_factory=list)
    sample: list[LoggedExchange] = field(default_factory=list)

    def size(self, duplicates: float) -> LogSize:
        """Return how much it holds, with the share of duplicates that was asked for."""
        return LogSize(
            exchanges=self.exchanges,
            dialogues=self.dialogues,
            megabytes=self.path.stat().st_size / 1e6,
            planted=len(self.planted),
            duplicates=duplicates,
        )

    def note(self, dialogue: LoggedDialogue, drawn: set[int]) -> None:
        """Count a dialogue that was written, and keep what is drawn or planted of it."""
        for exchange in dialogue.exchanges:
            if self.exchanges in drawn:
                self.sample.append(exchange)
            if exchange.target:
                self.planted[dialogue.id, len(exchange.messages)] = exchange.target
                self.disclosing.append(exchange)
            self.exchanges += 1
        self.dialogues += 1


def write_log(path: Path, dialogues: Iterable[LoggedDialogue], drawn: set[int]) -> LogFile:
    """Write a log dialogue by dialogue; of its texts no more is kept than the sample and what was planted.

    Args:
        path: The file.
        dialogues: The log.
        drawn: The numbers of the exchanges of the sample, from 0.
    """
    log = LogFile(path)
    with path.open("w", encoding="ascii") as file:
        for dialogue in dialogues:
            file.write(json.dumps({"custom_id": dialogue.id, "messages": dialogue.messages}) + "\n")
            log.note(dialogue, drawn)
    return log


def draw(exchanges: int, sample: int, seed: int) -> set[int]:
    """Draw the numbers of the exchanges of a sample, at most all."""
    return set(Random(seed).sample(range(exchanges), min(sample, exchanges)))  # noqa: S311 - no secret
