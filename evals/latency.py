"""The time that the sanitizer adds to an exchange which touches no target, where it goes, and what others add.

One thread: the process is held to one core for the time of the measurement, where the system can do so. A big register
holds substitutes: past the first 2,000 documents each gets a vector near one of theirs (`SampledEmbedder`), because to
embed 100,000 texts takes longer than all the rest and tells nothing about an exchange. All else is real.

The sanitizer, the floor and the baselines see the same exchanges, one after the other, in one process. Each checker is
asked once before it is measured.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from rich.console import Console
from rich.progress import track

from ..errors import InputError, PrerequisiteError
from ..graphs.sanitize import Sanitizer
from ..models.embeddings import load_embedder
from ..schema import Embedder, Target, Verdict
from ..stores.targets import TargetStore
from .baselines import CosineFilter, PresidioFilter
from .checkers import Checker, NameFilter
from .floors import cost_of_each, measure_floor
from .latency_report import LatencyReport
from .machine import one_core, resident_mb
from .sampled import SampledEmbedder
from .shares import shares
from .synthetic import Exchange, make_exchanges
from .synthetic_targets import make_targets
from .synthetic_topics import TOPICS, make_topics
from .timing import CheckerLatency, RegisterLatency

EXACT = 2_000
"""How many documents and kept texts of a register are embedded as they are; those of topics come first."""

COMPARED = 50
"""How many exchanges, the first of all, the floor and the baselines are measured on: some baselines are slow."""


def run_latency(
    targets: Sequence[int] = (1_000, 100_000),
    documents: int = 1,
    exchanges: int = 200,
    *,
    topics: int = TOPICS,
    baselines: bool = True,
    embeddings: str | Embedder | None = None,
    progress: bool = False,
) -> LatencyReport:
    """Measure exchanges of a 50-word prompt and a 150-word draft against registers of made-up targets.

    Args:
        targets: How many targets each register holds, at most 281,250.
        documents: Documents of each target, of one sentence; 0 registers by name alone.
        exchanges: How many exchanges are measured on each register.
        topics: How many topics each register holds beside its targets, at most `TOPICS`.
        baselines: Whether to measure other filters too: by name, Presidio where it is installed, and by the nearest
            document where there are documents.
        embeddings: The embedding model; `None`: that of the settings.
        progress: Whether to draw a progress bar on standard error.

    Raises:
        InputError: A number is out of range.
    """
    if exchanges < 1 or min(documents, topics) < 0 or min(targets, default=0) < 1:
        raise InputError("A register needs at least one target, and a measurement at least one exchange.")
    asked = make_topics(topics)
    console = Console(stderr=True)
    with one_core() as cores:
        measurement = _Measurement(load_embedder(embeddings), documents, exchanges, baselines)
        bar = track(targets, "Registers", console=console, transient=True, disable=not progress)
        registers = [measurement.of(make_targets(count, documents), asked) for count in bar]
    return LatencyReport(
        embeddings=measurement.model.name, cores=cores, skipped=list(measurement.skipped), registers=registers
    )


class _Measurement:
    """What is the same for all registers."""

    def __init__(self, model: Embedder, documents: int, exchanges: int, baselines: bool) -> None:
        self.model = model
        self.skipped: dict[str, None] = {}
        self._documents = documents
        self._baselines = baselines
        self._first, *self._exchanges = make_exchanges(exchanges + 1)
        self._compared = self._exchanges[:COMPARED]

    def of(self, targets: Sequence[Target], topics: Sequence[Target]) -> RegisterLatency:
        texts = [text for target in (*topics, *targets) for text in (*target.documents, *target.keep)]
        embedder = SampledEmbedder(self.model, texts, exact=EXACT)
        memory, start = resident_mb(), perf_counter()
        with TemporaryDirectory(prefix="expunge-") as folder, TargetStore(folder, embeddings=embedder) as store:
            store.add_many([*topics, *targets])
            sanitizer = Sanitizer(store)
            sanitizer.check(*self._first)
            build_s = perf_counter() - start
            latency = self._put(sanitizer, "expunge", embedder, self._exchanges)
            grown = None if memory is None else max(0.0, (resident_mb() or 0.0) - memory)
            return RegisterLatency(
                targets=len(targets),
                documents=self._documents,
                topics=len(topics),
                substitutes=embedder.substitutes,
                build_s=build_s,
                memory_mb=grown,
                disk_mb=sum(file.stat().st_size for file in Path(folder).rglob("*") if file.is_file()) / 1e6,
                sanitizer=latency,
                shares=shares(lambda: [sanitizer.check(*exchange) for exchange in self._exchanges]),
                floor=measure_floor(self.model, store.index if texts else None, self._compared),
                baselines=[self._put(*other, embedder, self._compared) for other in self._others(store, targets)],
            )

    def _others(self, store: TargetStore, targets: Sequence[Target]) -> Iterator[tuple[Checker, str]]:
        """Make the baselines, each when its turn comes; those that cannot be had are noted."""
        if not self._baselines:
            return
        yield NameFilter(targets), "filter by name"
        try:
            yield PresidioFilter(targets), "Presidio, deny list"
        except PrerequisiteError as error:
            self.skipped[f"Presidio is skipped. {error}"] = None
        if store.index.count("forget"):
            yield CosineFilter(store), "nearest document"

    def _put(
        self, checker: Checker, name: str, embedder: SampledEmbedder, exchanges: Sequence[Exchange]
    ) -> CheckerLatency:
        verdicts: list[Verdict] = []
        checker.check(*self._first)
        embeddings = [embedder.calls]

        def check(exchange: Exchange) -> None:
            verdicts.append(checker.check(*exchange))
            embeddings.append(embedder.calls)

        cost = cost_of_each(check, exchanges)
        return CheckerLatency(
            name=name,
            exchanges=len(exchanges),
            released=sum(verdict.action == "release" for verdict in verdicts),
            embedded=sum(before < after for before, after in pairwise(embeddings)),
            calls=sum(verdict.calls for verdict in verdicts),
            cost=cost,
        )
