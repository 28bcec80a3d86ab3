"""Where the time of an exchange goes, by looking on while it runs.

A timer interrupts the thread every quarter of a millisecond, and the processor time since the last look is booked to
the part of the sanitizer that the thread is in. Nothing is switched off or replaced for it: these are exchanges as they
are in use, slowed down by the looking by a few percent, which is left out of the account.

A part owns what it calls: the topics' share holds the embedding of what they look at. Work without a part of its own
goes to the room that it is done in.
"""

import signal
from collections import defaultdict
from collections.abc import Callable
from threading import current_thread, main_thread
from time import process_time
from types import CodeType, FrameType
from typing import Literal, get_args

from ..detection import aliases, canonical, decoding, fingerprints, fuzzy, meaning, sentences
from ..detection.detector import Detector
from ..detection.sightings import see_disguised

Part = Literal[
    "canonical text",
    "disguises",
    "names",
    "names with typing errors",
    "fingerprints",
    "people and sentences",
    "topics",
    "meaning",
    "weighing the evidence",
    "ledger and register",
    "graph and gate",
]
"""What a share of the time is booked to: the layers of detection, then all that is around them."""

PARTS: tuple[Part, ...] = get_args(Part)

EVERY_S = 0.00025
"""Seconds between two looks."""

_OF_MODULE: dict[str, Part] = {
    canonical.__name__: "canonical text",
    decoding.__name__: "disguises",
    aliases.__name__: "names",
    fuzzy.__name__: "names with typing errors",
    fingerprints.__name__: "fingerprints",
    sentences.__name__: "people and sentences",
    meaning.__name__: "meaning",
}
_OF_FUNCTION: dict[CodeType, Part] = {
    Detector.topics.__code__: "topics",
    see_disguised.__code__: "disguises",
}
_PACKAGE = __name__.partition(".")[0]
_OF_ROOM: dict[str, Part] = {
    "detection": "weighing the evidence",
    "agents": "weighing the evidence",
    "stores": "ledger and register",
    "graphs": "graph and gate",
}


def shares(work: Callable[[], object]) -> dict[Part, float] | None:
    """Do some work, and return the share of the processor time that each part took, from 0 to 1; they sum to 1.

    Args:
        work: Exchanges, as many as are needed for some hundred looks.

    Returns:
        The shares of the parts that were seen; `None` where the system has no such timer, outside the main thread, and
        for work too short to be seen.
    """
    if not hasattr(signal, "setitimer") or current_thread() is not main_thread():
        return None
    booked: defaultdict[Part, float] = defaultdict(float)
    since = process_time()

    def look(number: int, frame: FrameType | None) -> None:
        nonlocal since
        booked[_part(frame)] += process_time() - since
        since = process_time()

    handler = signal.signal(signal.SIGALRM, look)
    signal.siginterrupt(signal.SIGALRM, False)  # what waits for the disk goes on waiting
    timer = signal.setitimer(signal.ITIMER_REAL, EVERY_S, EVERY_S)
    try:
        work()
    finally:
        signal.setitimer(signal.ITIMER_REAL, *timer)
        signal.signal(signal.SIGALRM, handler or signal.SIG_DFL)
    total = sum(booked.values())
    return {part: spent / total for part, spent in booked.items()} if total else None


def _part(frame: FrameType | None) -> Part:
    """Return the part that a frame works for: the outermost that owns a caller of it, else the innermost room."""
    owner: Part | None = None
    room: Part | None = None
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        owner = _OF_FUNCTION.get(frame.f_code) or _OF_MODULE.get(module) or owner
        if room is None and module.startswith(_PACKAGE):
            room = _OF_ROOM.get(module.split(".")[1])
        frame = frame.f_back
    return owner or room or "graph and gate"
