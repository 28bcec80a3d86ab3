"""Processes of this machine that serve HTTP while something is measured."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from socket import socket
from time import monotonic, sleep
from typing import NamedTuple

import httpx

from ..errors import PrerequisiteError

_START_S = 120.0


class Process(NamedTuple):
    """A process that serves HTTP."""

    url: str
    process: "subprocess.Popen[bytes]"


@contextmanager
def serving_process(module: str, *arguments: str) -> Iterator[Process]:
    """Start a module that takes a port last, and wait until it answers; it is stopped at the end."""
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-m", module, *arguments, str(port)], stderr=subprocess.DEVNULL)  # noqa: S603
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_for(url, process, module)
        yield Process(url, process)
    finally:
        process.terminate()
        process.wait()


def _wait_for(url: str, process: "subprocess.Popen[bytes]", module: str) -> None:
    until = monotonic() + _START_S
    while monotonic() < until and process.poll() is None:
        with suppress(httpx.TransportError):
            httpx.get(url)
            return
        sleep(0.1)
    raise PrerequisiteError(f"{module!r} did not start.", fix="Try it by itself: python -m expunge serve --help")
