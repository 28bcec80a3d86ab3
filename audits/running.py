"""An audit at work: the log is read, cut into batches, judged and written down, until it is done."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from time import perf_counter
from typing import NamedTuple

from ..schema import Target
from ..stores.keys import Keys
from .advising import Adviser
from .batches import Batch, Batches
from .engines import Engine, Judged
from .exchanges import Exchange
from .journal import Done, Journal, Spent
from .options import Options
from .outcomes import Outcome
from .readers import Logs, shown
from .sanitising import Replacement, replacements


class Step(NamedTuple):
    """How far an audit has come, told after each batch."""

    read: int
    """Bytes of the logs that were read."""

    size: int
    """Bytes of all logs."""

    exchanges: int
    """Exchanges that were looked at."""

    disclosed: int
    """How many of them disclosed a target, in this run."""


Watch = Callable[[Step], None]
"""Is told how far an audit has come."""


class Work:
    """Takes an audit from where its journal stands to the end of the log.

    Args:
        logs: The logs.
        journal: The journal.
        engine: Where exchanges are judged.
        adviser: Asks agents' models; `None`: there are none.
        options: What was asked for.
        keys: The register's keys.
        targets: The register's targets, by id.
    """

    def __init__(
        self,
        logs: Logs,
        journal: Journal,
        engine: Engine,
        adviser: Adviser | None,
        options: Options,
        keys: Keys,
        targets: Mapping[str, Target],
    ) -> None:
        self._logs = logs
        self._journal = journal
        self._engine = engine
        self._adviser = adviser
        self._options = options
        self._names = {key: target.name for key, target in targets.items()} if options.reveal else {}
        self._read = 0
        done = journal.progress
        self._batches = Batches(keys, journal.seen, done.exchanges, options.sample, options.limit)

    def run(self, watch: Watch | None = None) -> None:
        """Do what is left; what is done is kept, also when this is broken off."""
        disclosed, began = 0, perf_counter()
        for judged in self._engine(self._cut()):
            done = self._done(judged, perf_counter() - began)
            began = perf_counter()
            self._journal.write(done)
            self._batches.landed(done.batch)
            disclosed += sum(outcome.severity == "disclosed" for outcome in done.outcomes.values())
            if watch:
                watch(Step(self._read, self._logs.size, self._journal.progress.exchanges, disclosed))

    def _cut(self) -> Iterator[Batch]:
        done = self._journal.progress
        return self._batches.cut(self._logs.read(self._note), done.mark)

    def _note(self, read: int) -> None:
        self._read = read

    def _done(self, judged: Judged, elapsed_s: float) -> Done:
        """Make of a judged batch what is written down."""
        batch, spent = judged.batch, Spent()
        outcomes = judged.outcomes
        if self._adviser:
            outcomes, spent = self._adviser.advise(batch.questions, outcomes)
        told = self._told(batch, outcomes)
        copied = self._copied(batch, told) if self._options.sanitised else []
        return Done(batch, told, copied, elapsed_s, spent)

    def _told(self, batch: Batch, outcomes: Sequence[Outcome | None]) -> dict[int, Outcome]:
        """Return what is to be told of the exchanges of a batch, those that came before too, by place."""
        new = dict(zip((exchange.number for exchange in batch.new), outcomes, strict=True))
        told: dict[int, Outcome] = {}
        for place, exchange in enumerate(batch.exchanges):
            number = batch.known.get(place, exchange.number)
            outcome = new[number] if number in new else self._journal.outcome(number)
            if outcome and outcome.is_noted:
                told[place] = self._revealed(exchange, outcome) if self._options.reveal else outcome
        return told

    def _revealed(self, exchange: Exchange, outcome: Outcome) -> Outcome:
        """Add the names of targets and the words that matched."""
        texts = [turn.text for turn in exchange.turns]
        findings = [
            finding.model_copy(
                update={
                    "name": self._names.get(finding.target, ""),
                    "text": shown(texts[finding.turn][finding.start : finding.end]),
                }
            )
            for finding in outcome.findings
        ]
        return outcome.model_copy(update={"findings": findings})

    def _copied(self, batch: Batch, told: Mapping[int, Outcome]) -> list[Replacement]:
        return [each for place, outcome in told.items() for each in replacements(batch.exchanges[place], outcome)]
