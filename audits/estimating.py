"""What an audit would take: the logs are read, and a few exchanges judged."""

import sqlite3
from collections import Counter
from collections.abc import Iterable
from time import perf_counter

from pydantic import BaseModel, ConfigDict

from ..stores.keys import Keys
from .batches import Batches, Mark
from .drawing import Drawn
from .exchanges import Exchange
from .judging import Judge, Question
from .options import Options
from .readers import Logs
from .summary import LogFile

TRIED = 200
"""Exchanges that are judged."""

_START_S = 4.0


class Estimate(BaseModel):
    """What an audit would take."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    files: list[LogFile]
    """The logs."""

    exchanges: int
    """Exchanges that would be looked at."""

    distinct: int
    """How many of them are different: the same one is judged once."""

    unanswered: int
    """Those without an answer."""

    faults: dict[str, int]
    """Entries of the errors file by their code."""

    targets: int
    """Targets that are enforced."""

    tried: int
    """Exchanges that were judged to tell."""

    touching: int
    """How many of those touch a target in some way: agents' models are asked about such alone."""

    seconds: float
    """Seconds that it would take, about."""

    calls: int
    """Requests to agents' models that it might make, about; 0 without any."""


def estimate(logs: Logs, judge: Judge, keys: Keys, options: Options) -> Estimate:
    """Tell what an audit would take.

    Args:
        logs: The logs.
        judge: What judges.
        keys: The register's keys.
        options: What is asked for.
    """
    began = perf_counter()
    faults: Counter[str] = Counter()
    drawn, count, unanswered = Drawn[Exchange](TRIED), 0, 0
    seen = _Seen()
    batches = Batches(keys, seen.find, 0, options.sample, options.limit)
    for batch in batches.cut(logs.read(), Mark()):
        seen.add(batch.digests)
        batches.landed(batch)
        faults.update(fault.code for fault in batch.faults)
        count += len(batch.exchanges)
        unanswered += sum(exchange.answer is None for exchange in batch.exchanges)
        for exchange in batch.new:
            drawn.add(exchange)
    distinct = len(seen)
    seen.close()
    read_s, began = perf_counter() - began, perf_counter()
    outcomes = judge.judge([Question.of(exchange) for exchange in drawn.kept])
    judged_s = (perf_counter() - began) * distinct / max(1, len(drawn.kept))
    touching = sum(outcome is not None for outcome in outcomes)
    share = touching / max(1, len(drawn.kept))
    return Estimate(
        files=logs.files,
        exchanges=count,
        distinct=distinct,
        unanswered=unanswered,
        faults=dict(faults),
        targets=len(judge),
        tried=len(drawn.kept),
        touching=touching,
        seconds=round(read_s + judged_s / options.workers + (_START_S if options.workers > 1 else 0), 1),
        calls=min(options.max_calls, round(options.policy.max_calls * share * distinct)) if options.models else 0,
    )


class _Seen:
    """The digests that came by, in a temporary file: there may be more than memory holds."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.execute("CREATE TABLE seen (digest BLOB PRIMARY KEY) WITHOUT ROWID")

    def __len__(self) -> int:
        [(count,)] = self._database.execute("SELECT count(*) FROM seen").fetchall()
        return int(count)

    def find(self, digest: bytes) -> int | None:
        """Return 0 for one that came by; `None` for another."""
        return 0 if self._database.execute("SELECT 1 FROM seen WHERE digest = ?", (digest,)).fetchone() else None

    def add(self, digests: Iterable[bytes]) -> None:
        """Add those of a batch."""
        self._database.execute("BEGIN")
        self._database.executemany("INSERT OR IGNORE INTO seen VALUES (?)", [(digest,) for digest in digests])
        self._database.execute("COMMIT")

    def close(self) -> None:
        """Forget them."""
        self._database.close()
