"""Work in the background: what it gives or raises reaches who waits, and the process does not wait for it."""

import subprocess
import sys
import threading
import time
from concurrent.futures import TimeoutError as StillAtWork

import pytest
from expunge.models.background import in_background


def test_what_it_gives_is_waited_for() -> None:
    assert in_background(lambda: 6 * 7).result(5) == 42


@pytest.mark.parametrize(
    ("error", "told"),
    [(ValueError("wrong"), (ValueError, "wrong")), (SystemExit(3), (RuntimeError, "SystemExit"))],
    ids=["an error", "what would end the process"],
)
def test_what_it_raises_reaches_who_waits(error: BaseException, told: tuple[type[Exception], str]) -> None:
    def fail() -> None:
        raise error

    with pytest.raises(told[0], match=told[1]):
        in_background(fail).result(5)


def test_nobody_waits_before_asking_for_the_result() -> None:
    go = threading.Event()
    work = in_background(lambda: go.wait(5))
    with pytest.raises(StillAtWork):
        work.result(0.01)
    go.set()
    assert work.result(5)


def test_several_are_at_work_at_once() -> None:
    meet = threading.Barrier(4)
    assert sorted(work.result(5) for work in [in_background(lambda: meet.wait(5)) for _ in range(4)]) == [0, 1, 2, 3]


def test_the_end_of_the_process_does_not_wait() -> None:
    code = "import time; from expunge.models.background import in_background; in_background(lambda: time.sleep(60))"
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, timeout=50)
    assert time.perf_counter() - began < 40
