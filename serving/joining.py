"""Chunks that came together, joined: checking the text of many at once costs little more than that of one."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from .wire import Json


def joined(chunks: Iterable[Json]) -> Iterator[Json]:
    """Yield the chunks of a stream, neighbours as one where they hold nothing but text of the same choice."""
    for index, run in groupby(chunks, _index_of_text):
        first, *others = run
        if index is None or not others:
            yield from (first, *others)
        else:
            text = "".join(chunk["choices"][0]["delta"]["content"] for chunk in (first, *others))
            yield {**first, "choices": [{**first["choices"][0], "delta": {"content": text}}]}


def _index_of_text(chunk: Json) -> int | None:
    """Return the index of the choice of which a chunk holds text alone; `None`: it holds something else too."""
    choices: list[dict[str, Any]] = chunk["choices"]
    if len(choices) != 1 or chunk.get("usage") is not None or choices[0].get("finish_reason") is not None:
        return None
    index, delta = choices[0].get("index", 0), choices[0].get("delta")
    if type(index) is not int or not isinstance(delta, dict) or not isinstance(delta.get("content"), str):
        return None
    others = {name: value for name, value in delta.items() if value is not None and name not in ("content", "role")}
    return None if others else index
