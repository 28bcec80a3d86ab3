"""The same steps on Ray Data: on a local cluster, or on any by its address."""

import logging
import os
import pickle
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from socket import create_connection
from typing import Any
from urllib.parse import urlsplit

from ..errors import PrerequisiteError
from .batches import Batch
from .engines import Engine, Judged, require_portable
from .judging import Judge, Question, Setup
from .outcomes import Outcome

SEGMENT = 200
"""Batches that one run of Ray Data is given: what of the log lies in the cluster's memory at a time."""

_PATIENCE_S = 10.0


def ray_engine(setup: Setup, workers: int, address: str | None) -> Engine:
    """Return what judges on a Ray cluster.

    The register's targets and its secret are sent to the cluster, in whose memory they lie in plain text while the
    audit runs, and so do the exchanges, which it may write to its machines' disks; expunge has to be installed there.

    Args:
        setup: What judges there.
        workers: Actors that judge.
        address: The cluster; `None`: one on this machine, for the time of the audit.

    Raises:
        PrerequisiteError: Ray is not installed, or no cluster answers.
    """

    def run(batches: Iterable[Batch]) -> Iterator[Judged]:
        require_portable(setup)
        with _cluster(address, workers) as ray:
            shared = ray.put(setup)
            coming = iter(batches)
            while segment := list(islice(coming, SEGMENT)):
                yield from _judged(ray, shared, segment, workers)

    return run


class Actor:
    """Judges batches in a process of the cluster."""

    def __init__(self, shared: Any) -> None:  # a reference of Ray's
        import ray

        self._judge = Judge(ray.get(shared))

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        """Judge the batch of one row."""
        questions: list[Question] = pickle.loads(row["questions"])  # noqa: S301 - this audit's own
        return {"place": row["place"], "outcomes": pickle.dumps(self._judge.judge(questions))}


def _judged(ray: Any, shared: Any, segment: Sequence[Batch], workers: int) -> Iterator[Judged]:
    """Judge a segment, and yield its batches in their order."""
    rows = [{"place": place, "questions": pickle.dumps(batch.questions)} for place, batch in enumerate(segment)]
    dataset = ray.data.from_items(rows, override_num_blocks=len(rows))
    actors = ray.data.ActorPoolStrategy(size=min(workers, len(rows)))
    done = dataset.map(Actor, fn_constructor_args=(shared,), compute=actors)
    waiting: dict[int, list[Outcome | None]] = {}
    place = 0
    for row in done.iter_rows():
        waiting[row["place"]] = pickle.loads(row["outcomes"])  # noqa: S301 - this audit's own
        while place in waiting:
            yield Judged(segment[place], waiting.pop(place))
            place += 1


@contextmanager
def _cluster(address: str | None, workers: int) -> Iterator[Any]:
    """Be connected to a cluster; one that is started here is stopped again."""
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise PrerequisiteError(f"Ray is missing: {error}.", fix="Run: pip install 'expunge[ray]'") from error
    logging.getLogger("ray").setLevel(logging.ERROR)
    logging.getLogger("ray.data").setLevel(logging.WARNING)
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # a cluster of ours tells nobody of itself
    own: dict[str, Any] = {} if address else {"num_cpus": workers + 1, "include_dashboard": False}
    try:
        _knock(address)
        ray.init(address, log_to_driver=False, logging_level=logging.ERROR, **own)
    except (ConnectionError, OSError, ValueError, RuntimeError) as error:
        fix = "Give the address of a running cluster, or none for one on this machine."
        raise PrerequisiteError(f"No Ray cluster answers at {address!r} ({type(error).__name__}).", fix=fix) from error
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.execution_options.preserve_order = True
    try:
        yield ray
    finally:
        ray.shutdown()


def _knock(address: str | None) -> None:
    """Make sure that somebody answers at an address: Ray itself tries for minutes."""
    place = urlsplit(address if address and "://" in address else f"//{address or ''}")
    if place.hostname and place.port:
        create_connection((place.hostname, place.port), _PATIENCE_S).close()
