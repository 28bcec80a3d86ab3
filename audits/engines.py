"""Where exchanges are judged: in this process, or in several of this machine."""

import os
import pickle
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import cache
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from threading import Thread
from typing import NamedTuple

from ..errors import ExpungeError, InputError
from .batches import Batch
from .judging import Judge, Question, Setup
from .outcomes import Outcome

# Batches that wait for each process, so that none is idle and the log is not read ahead of them.
_AHEAD = 2


class Judged(NamedTuple):
    """A batch, and what was made of those of its exchanges that were to be judged."""

    batch: Batch
    outcomes: list[Outcome | None]


Engine = Callable[[Iterable[Batch]], Iterator[Judged]]
"""Judges batches, and gives them back in their order."""


def local_engine(setup: Setup, workers: int) -> Engine:
    """Return what judges on this machine.

    Args:
        setup: What judges.
        workers: Processes; 1: this one, else as many beside it.
    """

    def run(batches: Iterable[Batch]) -> Iterator[Judged]:
        if workers > 1:
            require_portable(setup)
            yield from _in_processes(setup, batches, workers)
            return
        judge = Judge(setup)
        for batch in batches:
            yield Judged(batch, judge.judge(batch.questions))

    return run


def require_portable(setup: Setup) -> None:
    """Make sure that what judges can be sent to another process.

    Raises:
        InputError: The embedding model cannot.
    """
    try:
        pickle.dumps(setup)
    except (TypeError, AttributeError, pickle.PicklingError) as error:
        fix = "Give one worker, or name the embedding model instead of passing an object."
        raise InputError("The embedding model cannot be sent to another process.", fix=fix) from error


def _in_processes(setup: Setup, batches: Iterable[Batch], workers: int) -> Iterator[Judged]:
    # Not forked: threads of this process hold locks that nobody would open in the other.
    pool = ProcessPoolExecutor(workers, get_context("spawn"), _begin, (setup,))
    try:
        sent = deque[tuple[Batch, Future[list[Outcome | None]]]]()
        for batch in batches:
            sent.append((batch, pool.submit(_judged, batch.questions)))
            if len(sent) > _AHEAD * workers:
                yield _next(sent)
        while sent:
            yield _next(sent)
    except BrokenProcessPool:
        fix = "If it ran out of memory give fewer --workers. What is done is kept: go on with --resume."
        raise ExpungeError("A process that judges has ended.", fix=fix) from None
    finally:
        pool.shutdown(cancel_futures=True)


def _next(sent: "deque[tuple[Batch, Future[list[Outcome | None]]]]") -> Judged:
    batch, judged = sent.popleft()
    return Judged(batch, judged.result())


_setups: list[Setup] = []


def _begin(setup: Setup) -> None:
    """Get ready in a process of its own."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that started this one ends it
    Thread(target=_end_with_parent, daemon=True).start()
    _setups.append(setup)


@cache
def _judge() -> Judge:
    """Return what judges in this process; an error here is told to the process that started it."""
    return Judge(_setups[0])


def _end_with_parent() -> None:
    """End when the process that started this one does, also when it is killed: nobody else would end it."""
    parent = parent_process()
    if parent:
        wait([parent.sentinel])
        os._exit(1)


def _judged(questions: list[Question]) -> list[Outcome | None]:
    return _judge().judge(questions)
