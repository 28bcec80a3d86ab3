"""The same exchanges one at a time, and through Presidio in batches, by turns: a busy machine slows all of them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from itertools import accumulate
from multiprocessing import get_all_start_methods, get_context, set_start_method
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple

from ..errors import PrerequisiteError
from ..graphs.sanitize import Sanitizer
from ..schema import Target
from .audit_bench_report import AuditRun, ComparedRate
from .audited_logs import LoggedExchange
from .baselines import presidio_engine
from .checkers import names_of

if TYPE_CHECKING:
    from presidio_analyzer import BatchAnalyzerEngine

SLICES = 4
"""Parts of the sample, measured in turn."""

_BATCH = 256


class _Looked(NamedTuple):
    """What came of looking at some exchanges."""

    seconds: float
    """How long it took."""

    found: list[set[str]]
    """Names of the targets found in each."""


class Way(NamedTuple):
    """A way to look at exchanges."""

    name: str
    """What it is called."""

    processes: int
    """Processes that it may use."""

    look: Callable[[Sequence[LoggedExchange]], _Looked]
    """Looks at exchanges."""


def compare(
    ways: Sequence[Way], sample: Sequence[LoggedExchange], planted: Sequence[LoggedExchange], audit: AuditRun
) -> Iterator[ComparedRate]:
    """Measure each way on slices of a sample, by turns, and what it finds of what was planted.

    What was planted is looked at first and its time is not counted: so each way is warm.

    Args:
        ways: The ways.
        sample: Exchanges drawn at random, at least one.
        planted: Exchanges that disclose a target.
        audit: What to compare with.
    """
    found = [way.look(planted).found for way in ways]
    slices = [part for first in range(SLICES) if (part := sample[first::SLICES])]
    times = [[len(part) / way.look(part).seconds for way in ways] for part in slices]
    for place, way in enumerate(ways):
        rates = [each[place] for each in times]
        yield ComparedRate(
            name=way.name,
            processes=way.processes,
            exchanges=len(sample),
            slices=rates,
            per_s=median(rates),
            ratio=audit.per_s / median(rates),
            worked_ratio=audit.worked_per_s / median(rates),
            planted=len(planted),
            found=sum(exchange.target in names for exchange, names in zip(planted, found[place], strict=True)),
        )


def one_at_a_time(sanitizer: Sanitizer, names: Mapping[str, str]) -> Way:
    """Return what checks exchanges one by one in this process.

    Args:
        sanitizer: What checks them.
        names: The names of the targets, by id.
    """

    def look(exchanges: Sequence[LoggedExchange]) -> _Looked:
        start = perf_counter()
        verdicts = [sanitizer.check(exchange.messages, exchange.answer) for exchange in exchanges]
        seconds = perf_counter() - start
        withheld = [verdict.findings if verdict.action != "release" else () for verdict in verdicts]
        return _Looked(seconds, [{names[finding.target] for finding in found} for found in withheld])

    return Way("one at a time", 1, look)


@contextmanager
def presidio(targets: Sequence[Target], processes: Sequence[int]) -> Iterator[list[Way]]:
    """Yield Presidio's batches, once for each number of processes that its language model may use.

    It runs in a process of its own, for it forks, and this one holds threads and locks.

    Args:
        targets: Their names and aliases are the deny list.
        processes: Numbers of processes.

    Raises:
        PrerequisiteError: Presidio is not installed.
    """
    if missing := [package for package in ("presidio_analyzer", "spacy") if find_spec(package) is None]:
        raise PrerequisiteError(f"The baseline needs {' and '.join(missing)}.", fix="Run: pip install 'expunge[bench]'")
    with ProcessPoolExecutor(1, get_context("spawn"), _begin, (names_of(targets),)) as pool:

        def way(count: int) -> Way:
            name = "Presidio, batches"
            return Way(name, count, lambda put: pool.submit(_analyzed, [each.texts for each in put], count).result())

        yield [way(count) for count in processes]


_names: list[str] = []


def _begin(names: list[str]) -> None:
    _names.extend(names)
    # A process that was spawned spawns others by default: seconds for each batch.
    if "fork" in get_all_start_methods():
        set_start_method("fork", force=True)


@cache
def _batches() -> "BatchAnalyzerEngine":
    from presidio_analyzer import BatchAnalyzerEngine

    return BatchAnalyzerEngine(presidio_engine(_names))


def _analyzed(exchanges: list[list[str]], processes: int) -> _Looked:
    """Analyze the texts of exchanges, in the process that is for it."""
    engine, texts = _batches(), [text for exchange in exchanges for text in exchange]
    start = perf_counter()
    results = engine.analyze_iterator(texts, "en", batch_size=_BATCH, n_process=processes)
    seconds = perf_counter() - start
    ends = accumulate(len(exchange) for exchange in exchanges)
    answers = [(exchange[-1], results[end - 1]) for exchange, end in zip(exchanges, ends, strict=True)]
    return _Looked(seconds, [{answer[hit.start : hit.end] for hit in hits} for answer, hits in answers])
