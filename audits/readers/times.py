"""When a record was made, and its id."""

import math
from datetime import UTC, datetime

from .faults import shown
from .nodes import Node

ID_LENGTH = 200
"""Characters of an id that are kept."""

_IDS = ("id", "custom_id", "conversation_id", "request_id", "trace_id", "run_id", "session_id", "uuid")
_TIMES = (
    "created",
    "created_at",
    "timestamp",
    "time",
    "at",
    "start_time",
    "startTime",
    "createdAt",
    "date",
    "datetime",
    "ts",
)
_UNITS = ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3))
_LAST = datetime(9999, 12, 31, tzinfo=UTC).timestamp()


def identity(*nodes: Node) -> str:
    """Return the id that the first of some objects gives; empty when none does."""
    for node in nodes:
        if isinstance(node.value, dict):
            for key in _IDS:
                if key in node.value and (found := as_id(node.value[key])):
                    return found
    return ""


def moment(*nodes: Node) -> float | None:
    """Return the time that the first of some objects gives, in seconds since 1970; `None` when none does."""
    for node in nodes:
        if isinstance(node.value, dict):
            for key in _TIMES:
                if key in node.value and (found := seconds(node.value[key])) is not None:
                    return found
    return None


def as_id(value: object) -> str:
    """Return an id as a text; empty when it is none."""
    if isinstance(value, str | int) and not isinstance(value, bool):
        return shown(str(value))[:ID_LENGTH]
    return ""


def seconds(value: object) -> float | None:
    """Return a time in seconds since 1970 (UTC); `None` when it is none, or outside of the years 1970 to 9999.

    Args:
        value: A number of seconds, milli-, micro- or nanoseconds, told apart by its size; ISO 8601; a `datetime`. Where
            no time zone is given it is UTC.
    """
    if value is None or isinstance(value, bool):
        return None
    try:
        found = _number(value) if isinstance(value, int | float) else _written(value)
    except (ValueError, OverflowError):
        return None
    return found if found is not None and 0 <= found <= _LAST else None


def _number(value: float) -> float | None:
    number = float(value)
    if not math.isfinite(number):
        return None
    unit = next((unit for above, unit in _UNITS if number > above), 1.0)
    return number / unit


def _written(value: object) -> float | None:
    if isinstance(value, str):
        try:
            return _number(float(value))
        except ValueError:
            value = datetime.fromisoformat(value.strip().replace(" UTC", "+00:00"))
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()
    return None
