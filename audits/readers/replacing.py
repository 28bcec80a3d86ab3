"""Putting other texts into a record."""

import json
from collections.abc import Mapping
from typing import Any

from ..records import JsonPath
from .nodes import LABELS

# What a tool is called with: no text can stand there.
_ARGUMENTS = frozenset({"arguments", "args"})
# The same answer again, token by token.
_BY_TOKENS = frozenset({"logprobs", "top_logprobs"})


class Unreplaceable(Exception):
    """A path that leads nowhere. Holds no text."""


def replaced(record: Any, texts: Mapping[JsonPath, str]) -> Any:
    """Return a record with other texts in it; the record given is used up.

    Where a text stands in other places too (LangSmith logs an answer twice), it is replaced there as well; where it
    stands token by token it is left out. Arguments of a call become none.

    Args:
        record: The record.
        texts: The new texts by the paths of the old ones.

    Raises:
        Unreplaceable: A path leads nowhere.
    """
    olds: dict[str, str] = {}
    try:
        for path, text in texts.items():
            old = value_at(record, path)
            new = _arguments(old) if path and path[-1] in _ARGUMENTS else text
            record = _put(record, path, new)
            if isinstance(old, str):
                olds.setdefault(old, text)
        return _spread(record, olds)
    except (LookupError, TypeError, ValueError, RecursionError) as error:
        raise Unreplaceable(type(error).__name__) from None


def value_at(value: Any, path: JsonPath) -> Any:
    """Return what a path leads to.

    Raises:
        LookupError: It leads nowhere.
        TypeError: It leads through what is no object or list.
        ValueError: It leads into a text that is no JSON.
    """
    for key in path:
        value = json.loads(value) if key is None else value[key]
    return value


def _arguments(old: Any) -> Any:
    """Return the arguments of a call that has none: as a text, where they are written as one."""
    return "{}" if isinstance(old, str) else {}


def _put(value: Any, path: JsonPath, new: Any) -> Any:
    if not path:
        return new
    key, rest = path[0], path[1:]
    if key is None:
        return json.dumps(_put(json.loads(value), rest, new), ensure_ascii=False)
    value[key] = _put(value[key], rest, new)
    return value


def _spread(value: Any, olds: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        kept = {key: held for key, held in value.items() if key not in _BY_TOKENS}
        return {key: held if key in LABELS else _spread(held, olds) for key, held in kept.items()}
    if isinstance(value, list):
        return [_spread(item, olds) for item in value]
    return olds.get(value, value) if isinstance(value, str) else value
