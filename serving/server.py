"""Running the server until it is told to stop: quiet logs, and an end that lets streams end."""

import asyncio
import logging.config
import signal
import socket
import warnings
from collections.abc import Callable
from types import TracebackType
from typing import Any

import uvicorn
from fastapi import FastAPI

from ..errors import InputError, TargetWarning
from .service import Service

MARGIN_S = 5.0
"""Seconds beyond the grace in which those whose time is over are told so."""


class WithoutTraceback(logging.Formatter):
    """Writes of an exception its type alone: text and traceback may hold what a model said."""

    def formatException(  # noqa: N802 - logging's own name
        self, ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
    ) -> str:
        """Return the type's name."""
        return ei[0].__name__ if ei[0] else ""


# No lines about single requests: addresses may hold what somebody asked. Figures are at /metrics.
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"()": WithoutTraceback, "format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
}


class Server(uvicorn.Server):
    """A server that tells its app when it stops.

    Args:
        config: Of uvicorn.
        service: What the app answers with.
        grace_s: Seconds that exchanges under way have to end by themselves; those that are left then are ended.
    """

    def __init__(self, config: uvicorn.Config, service: Service, grace_s: float) -> None:
        super().__init__(config)
        self._service = service
        self._grace_s = grace_s

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take nothing more, and wait for what is under way."""
        self._service.stopping.set()
        closing = asyncio.get_running_loop().call_later(self._grace_s, self._service.closing.set)
        try:
            await super().shutdown(sockets)
        finally:
            closing.cancel()


def listen(host: str, port: int) -> socket.socket:
    """Take a port.

    Raises:
        InputError: It cannot be taken.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except (OSError, OverflowError) as error:
        raise InputError(
            f"The server cannot listen on {host!r}, port {port}: {error}.", fix="Choose others with --host and --port."
        ) from error


def make_server(app: FastAPI, grace_s: float) -> Server:
    """Return the server of an app that `create_app` made."""
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        ws="none",
        lifespan="on",
        timeout_graceful_shutdown=int(grace_s + MARGIN_S),
    )
    return Server(config, app.state.service, grace_s)


def run(app: FastAPI, listening: socket.socket, grace_s: float, ready: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT comes, and what was under way then has ended.

    Args:
        app: Made by `create_app`.
        listening: Taken by `listen`.
        grace_s: Seconds that exchanges under way have to end by themselves.
        ready: Is told the server's address.
    """
    logging.config.dictConfig(LOGGING)
    # They are told in the answer to who registers a target.
    warnings.simplefilter("ignore", TargetWarning)
    server = make_server(app, grace_s)
    # uvicorn has handlers of its own; once it is done it raises the signal again, for those that were there before.
    for stop in (signal.SIGINT, signal.SIGTERM):
        signal.signal(stop, signal.SIG_IGN)
    host, port = listening.getsockname()[:2]
    ready(f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}")
    server.run(sockets=[listening])
