"""The time that the sanitizer adds to an exchange which touches no target, and what its parts take by themselves.

One thread: the process is held to one core for the time of the measurement, where the system can do so. A big register
holds substitutes: past the first 2,000 documents each gets a vector near one of theirs (`SampledEmbedder`), because to
embed 100,000 texts takes longer than all the rest and tells nothing about an exchange. All else is real.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import NamedTuple, TypedDict, TypeVar

from langgraph.graph import StateGraph
from rich.console import Console
from rich.progress import track

from ..errors import InputError
from ..graphs.sanitize import Sanitizer
from ..models.embeddings import load_embedder
from ..schema import Embedder, Policy, Target, Verdict
from ..stores.targets import TargetStore
from .synthetic import Exchange, SampledEmbedder, make_exchanges, make_targets
from .timing import LatencyReport, RegisterLatency, Times

EXACT = 2_000
"""How many documents of a register are embedded as they are."""

NEAREST = Policy().candidates
"""How many nearest documents one query of the index asks for."""

Item = TypeVar("Item")


def run_latency(
    targets: Sequence[int] = (1_000, 100_000),
    documents: int = 1,
    exchanges: int = 200,
    *,
    embeddings: str | Embedder | None = None,
    progress: bool = False,
) -> LatencyReport:
    """Measure exchanges of a 50-word prompt and a 150-word draft against registers of made-up targets.

    Args:
        targets: How many targets each register holds, at most 281,250.
        documents: Documents of each target, of one sentence; 0 registers by name alone.
        exchanges: How many exchanges are measured on each register.
        embeddings: The embedding model; `None`: that of the settings.
        progress: Whether to draw a progress bar on standard error.

    Raises:
        InputError: A number is out of range.
    """
    if exchanges < 1 or documents < 0 or min(targets, default=0) < 1:
        raise InputError("A register needs at least one target, and a measurement at least one exchange.")
    console = Console(stderr=True)
    with _one_core() as cores:
        model = load_embedder(embeddings)
        bar = track(targets, "Registers", console=console, transient=True, disable=not progress)
        registers = [_measure(make_targets(count, documents), documents, exchanges, model) for count in bar]
        graph = _time_each(_empty_graph(), range(exchanges))
    return LatencyReport(embeddings=model.name, cores=cores, graph=graph, registers=registers)


class _Checks(NamedTuple):
    verdicts: list[Verdict]
    wall: Times
    processor: Times


def _measure(targets: Sequence[Target], documents: int, exchanges: int, model: Embedder) -> RegisterLatency:
    texts = [document for target in targets for document in target.documents]
    embedder = SampledEmbedder(model, texts, exact=EXACT)
    first, *clean = make_exchanges(exchanges + 1)
    prompts = [exchange.prompt for exchange in make_exchanges(exchanges, seed=1)]
    vectors = model.embed(prompts)[:, None]  # (exchanges, 1, dimensions)
    memory, start = _resident_mb(), perf_counter()
    with TemporaryDirectory(prefix="expunge-") as folder, TargetStore(folder, embeddings=embedder) as store:
        store.add_many(targets)
        sanitizer = Sanitizer(store)
        sanitizer.check(*first)
        build_s = perf_counter() - start
        checks = _check_each(sanitizer, clean)
        return RegisterLatency(
            targets=len(targets),
            documents=documents,
            substitutes=embedder.substitutes,
            build_s=build_s,
            memory_mb=None if memory is None else max(0.0, (_resident_mb() or 0.0) - memory),
            disk_mb=sum(file.stat().st_size for file in Path(folder).rglob("*") if file.is_file()) / 1e6,
            exchanges=exchanges,
            released=sum(verdict.action == "release" for verdict in checks.verdicts),
            calls=sum(verdict.calls for verdict in checks.verdicts),
            added=Times.of([verdict.elapsed_ms for verdict in checks.verdicts]),
            wall=checks.wall,
            processor=checks.processor,
            embedding=_time_each(lambda prompt: model.embed([prompt]), prompts),
            query=_time_each(lambda vector: store.index.search("forget", vector, NEAREST), vectors) if texts else None,
        )


def _check_each(sanitizer: Sanitizer, exchanges: Iterable[Exchange]) -> _Checks:
    verdicts: list[Verdict] = []
    processor: list[float] = []

    def check(exchange: Exchange) -> None:
        start = process_time()
        verdicts.append(sanitizer.check(*exchange))
        processor.append((process_time() - start) * 1000)

    wall = _time_each(check, exchanges)
    return _Checks(verdicts, wall, Times.of(processor))


def _time_each(function: Callable[[Item], object], items: Iterable[Item]) -> Times:
    milliseconds = []
    for item in items:
        start = perf_counter()
        function(item)
        milliseconds.append((perf_counter() - start) * 1000)
    return Times.of(milliseconds)


class _Nothing(TypedDict):
    step: int


def _empty_graph() -> Callable[[int], object]:
    """Compile a graph of six nodes in a row that do nothing."""
    names = ("vet", "generate", "audit", "rewrite", "critique", "gate")
    graph = StateGraph(_Nothing).add_sequence([(name, lambda state: state) for name in names])
    compiled = graph.set_entry_point(names[0]).compile()
    return lambda step: compiled.invoke({"step": step})


@contextmanager
def _one_core() -> Iterator[int | None]:
    """Hold this thread, and those that it starts, to one core; yields how many they are held to."""
    if not hasattr(os, "sched_setaffinity"):
        yield None
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield 1
    finally:
        os.sched_setaffinity(0, before)


def _resident_mb() -> float | None:
    """Return the memory of this process that is in use, in MB, on Linux."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return None
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
