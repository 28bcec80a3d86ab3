"""How a scripted upstream answers a request: what it says, and what goes wrong on the way."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from typing import NamedTuple

from .wire import Answer, Json

Step = bytes | float
"""Bytes to send, as one HTTP chunk; or seconds to wait."""

Edit = Callable[[Iterator[Step]], Iterable[Step]]


class Cut(Exception):
    """The connection breaks here."""


class Reply(NamedTuple):
    """What goes over the wire."""

    status: int
    headers: Sequence[tuple[str, str]]
    steps: Iterable[Step]


@dataclass(frozen=True)
class Plan:
    """How a request is answered."""

    answers: Sequence[Answer] = (Answer(),)
    edits: Sequence[Edit] = ()
    first_byte_s: float = 0.0
    """How long nothing at all comes."""
    instead: Reply | None = None
    """What is sent in place of an answer."""


def says(*pieces: str, edits: Sequence[Edit] = (), first_byte_s: float = 0.0) -> Plan:
    """Plan an answer of text alone, in these pieces."""
    return Plan([Answer(pieces)], edits, first_byte_s)


def error(status: int = 500, message: str = "The model is not well.", *, retry_after: int | None = None) -> Plan:
    """Plan an error in OpenAI's shape."""
    headers = [] if retry_after is None else [("retry-after", str(retry_after))]
    return Plan(instead=whole(error_body(message), status, *headers))


def html(status: int = 500, text: str = "Bad gateway") -> Plan:
    """Plan a page, as proxies send it; with status 200 too."""
    page = f"<!doctype html><title>{text}</title><h1>{text}</h1>".encode()
    return Plan(instead=Reply(status, [("content-type", "text/html")], [page]))


def cut(after: int) -> Edit:
    """Close the connection after so many events: the answer is not whole."""

    def edit(steps: Iterator[Step]) -> Iterator[Step]:
        yield from islice(steps, after)
        raise Cut

    return edit


def end(after: int) -> Edit:
    """End the answer properly after so many events, without the rest of it or `[DONE]`."""
    return lambda steps: islice(steps, after)


def stall(after: int, seconds: float) -> Edit:
    """Send nothing for some seconds after so many events."""

    def edit(steps: Iterator[Step]) -> Iterator[Step]:
        yield from islice(steps, after)
        yield seconds
        yield from steps

    return edit


def pace(seconds: float) -> Edit:
    """Wait before every event."""
    return lambda steps: (each for step in steps for each in (seconds, step))


def break_json(at: int) -> Edit:
    """Send the first half of an event's data, as if it were the whole."""
    return _at(at, lambda event: event[: len(event) // 2] + b"\n\n")


def drop_blank_line(at: int) -> Edit:
    """Leave out the blank line after an event, so that it runs into the next."""
    return _at(at, lambda event: event.removesuffix(b"\n"))


def fail(after: int, message: str = "The model is not well.") -> Edit:
    """Send an error as an event after so many others, and nothing more."""

    def edit(steps: Iterator[Step]) -> Iterator[Step]:
        yield from islice(steps, after)
        yield b"data: " + as_json(error_body(message)) + b"\n\n"

    return edit


def resplit(*sizes: int) -> Edit:
    """Cut the bytes anew into pieces of these sizes, over and over, wherever events or characters end."""

    def edit(steps: Iterator[Step]) -> Iterator[Step]:
        rest, wanted = b"", cycle(sizes)
        size = next(wanted)
        for step in steps:
            if not isinstance(step, bytes):
                yield step
                continue
            rest += step
            while len(rest) >= size:
                yield rest[:size]
                rest, size = rest[size:], next(wanted)
        yield rest

    return edit


def _at(place: int, change: Callable[[bytes], bytes]) -> Edit:
    return lambda steps: (
        change(step) if number == place and isinstance(step, bytes) else step for number, step in enumerate(steps)
    )


def whole(body: Json, status: int = 200, *headers: tuple[str, str]) -> Reply:
    return Reply(status, [("content-type", "application/json"), *headers], [as_json(body)])


def error_body(message: str) -> Json:
    return {"error": {"message": message, "type": "server_error", "param": None, "code": None}}


def as_json(body: Json) -> bytes:
    # Half of a surrogate pair goes out as JSON's escape, all else as UTF-8.
    return json.dumps(body, ensure_ascii=False).encode("utf-8", "backslashreplace")
