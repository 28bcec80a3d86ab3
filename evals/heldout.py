"""Held out: benchmarks made into registers of their own, asked what was not registered or about whom nothing was tuned.

Thresholds and rules were chosen on one half of the subjects of a benchmark; the figures to read are those of `other`.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from zlib import crc32

from pydantic import BaseModel, ConfigDict
from rich.console import Group

from ..errors import InputError
from ..schema import Policy, Target
from . import knowundo, lume, records, tofu, topics
from .cases import Case, read_cases
from .guard import run_split
from .reports import GuardReport, Trial
from .splits import Split


def _tofu(data: Path) -> list[Split]:
    return tofu.splits(data / "tofu")


def _by_document(make: Callable[[Sequence[Case]], list[Split]], data: Path) -> list[Split]:
    """Halve splits of LUME by document; every register holds all documents that must go."""
    made = make(read_cases([data / "cases" / "lume.jsonl"]))
    return [half for split in made for half in _halved(split, lambda case: str(case.document))]


def _knowundo(data: Path) -> list[Split]:
    """Halve by person, the persons numbered as they first appear."""
    cases = read_cases([data / "cases" / "knowundo.jsonl"])
    place = {name: index for index, name in enumerate(knowundo.by_person(cases))}
    return [
        half._replace(name=f"{half.name.partition(',')[0]}, {half.name.rpartition(', ')[2]}")
        for split in knowundo.splits(cases)
        for half in _halved(split, lambda case: str(case.target), lambda subject: place[subject] % 2 == 0)
    ]


def _topics(data: Path) -> list[Split]:
    """Halve questions; a threshold belongs to its topic and is set by the register itself."""
    return topics.splits(read_cases([data / "cases" / "topics.jsonl"]))


BENCHMARKS: Mapping[str, Callable[[Path], list[Split]]] = {
    "tofu": _tofu,
    "lume": partial(_by_document, lume.splits),
    "records": partial(_by_document, records.splits),
    "knowundo": _knowundo,
    "topics": _topics,
}
"""What can be held out, by name."""


class HeldOutReport(BaseModel):
    """One benchmark, split by split; splits of one name are folds and are counted together."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    benchmark: str
    """Its name."""

    splits: dict[str, GuardReport]
    """By name: `tuned` and `other` halves, or what the benchmark's splits are called."""

    def table(self) -> Group:
        """Draw one table a split."""
        return Group(*(report.table(f"{self.benchmark}, {name}") for name, report in self.splits.items()))


def run_heldout(
    benchmark: str, data: str | Path, *, policy: Policy | None = None, progress: bool = False
) -> HeldOutReport:
    """Put every held-out case of a benchmark to a sanitizer, with an oracle for a model.

    Args:
        benchmark: One of `BENCHMARKS`.
        data: The folder of benchmark data.
        policy: Limits and sides of the sanitizer; `None`: the defaults.
        progress: Whether to draw a progress bar on standard error.

    Raises:
        InputError: The benchmark is unknown, or its data cannot be read.
    """
    require_benchmarks([benchmark])
    trials: dict[str, list[Trial]] = defaultdict(list)
    targets: dict[str, int] = {}
    for split in BENCHMARKS[benchmark](Path(data)):
        trials[split.name] += run_split(split, policy=policy, progress=progress)
        targets[split.name] = len(split.targets)
    return HeldOutReport(
        benchmark=benchmark,
        splits={
            name: GuardReport.of(own, registered="documents", targets=targets[name]) for name, own in trials.items()
        },
    )


def require_benchmarks(names: Iterable[str]) -> None:
    """Make sure that these benchmarks can be held out.

    Raises:
        InputError: One is unknown.
    """
    for name in names:
        if name not in BENCHMARKS:
            raise InputError(f"There is no benchmark {name!r} here.", fix=f"Choose of {', '.join(BENCHMARKS)}.")


def heldout_tofu(data: str | Path) -> tuple[list[Case], list[Target]]:
    """Return the cases and targets of TOFU's half that nothing was tuned on."""
    other = next(split for split in _tofu(Path(data)) if split.name == "other")
    return other.cases, other.targets


def _halved(
    split: Split,
    subject: Callable[[Case], str],
    tuned: Callable[[str], bool] = lambda name: crc32(name.encode()) % 2 == 0,
) -> list[Split]:
    """Cut the cases of a split in two by their subject; what is registered stays the same."""
    halves: dict[bool, list[Case]] = {True: [], False: []}
    for case in split.cases:
        halves[tuned(subject(case))].append(case)
    names = {True: f"{split.name}, tuned", False: f"{split.name}, other"}
    return [split._replace(name=names[half], cases=cases) for half, cases in halves.items() if cases]
