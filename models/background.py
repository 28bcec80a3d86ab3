"""Work that may hang: it is waited for as long as one likes, and left behind."""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

T = TypeVar("T")


def in_background(work: Callable[[], T]) -> Future[T]:
    """Begin some work in a thread of its own, for which the end of the process does not wait.

    Returns:
        What comes of it, or what it raises; what would end the process (`SystemExit`) as a `RuntimeError`.

    Raises:
        RuntimeError: When no thread is to be had.
    """
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001 - whoever waits for the result gets it
            future.set_exception(error if isinstance(error, Exception) else RuntimeError(type(error).__name__))

    Thread(target=run, name="expunge", daemon=True).start()
    return future
