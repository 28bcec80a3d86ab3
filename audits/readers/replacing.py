"""Putting other texts into a record."""

import json
from collections.abc import Mapping
from typing import Any

from ..records import JsonPath
from .nodes import LABELS


class Unreplaceable(Exception):
    """A path that leads nowhere. Holds no text."""


def replaced(record: Any, texts: Mapping[JsonPath, str]) -> Any:
    """Return a record with other texts in it; the record given is used up.

    Where a text stands in other places too (LangSmith logs an answer twice), it is replaced there as well.

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
            record = _put(record, path, text)
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


def _put(value: Any, path: JsonPath, text: str) -> Any:
    if not path:
        return text
    key, rest = path[0], path[1:]
    if key is None:
        return json.dumps(_put(json.loads(value), rest, text), ensure_ascii=False)
    value[key] = _put(value[key], rest, text)
    return value


def _spread(value: Any, olds: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: held if key in LABELS else _spread(held, olds) for key, held in value.items()}
    if isinstance(value, list):
        return [_spread(item, olds) for item in value]
    return olds.get(value, value) if isinstance(value, str) else value
