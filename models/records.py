"""Reading one record out of a model's answer, strictly."""

import json
import re
from typing import Generic, NamedTuple, TypeVar

from langchain_core.messages import AIMessage
from pydantic import BaseModel, ValidationError

R = TypeVar("R", bound=BaseModel)

DECLINED = {"content_filter", "refusal", "safety"}
"""Why an answer ended that the model or its provider withholds."""

BEGUN = re.compile(r'\{\s*["}]')
"""The beginning of an object; any other brace is one in prose."""

LONGEST = 100_000
"""Characters of an answer that is still read: no record takes as many."""

PROBLEMS = 10
"""How many errors of an answer its model is told."""


class Reading(NamedTuple, Generic[R]):
    """The record that an answer holds; `None`, and why it holds none."""

    record: R | None
    problems: str


def read(answer: AIMessage, record: type[R]) -> Reading[R]:
    """Read the one JSON object of an answer that fits a record; the problems quote nothing of its values."""
    fitting: list[R] = []
    problems = "- It holds no whole JSON object."
    told = said(answer)
    if len(told) > LONGEST:
        return Reading(None, "- It is too long.")
    for text in _objects(told):
        try:
            fitting.append(record.model_validate_json(text, strict=True))
        except ValidationError as error:
            problems = _problems(error)
    if len(fitting) > 1:
        return Reading(None, "- It holds more than one JSON object that fits.")
    return Reading(fitting[0] if fitting else None, problems)


def said(answer: AIMessage) -> str:
    """Return the text of an answer, or the arguments of the tools that it calls."""
    return "\n".join(json.dumps(call["args"]) for call in answer.tool_calls) or str(answer.text)


def declined(answer: AIMessage) -> bool:
    """Say whether the model, or its provider's filter, declined to answer."""
    reasons = (answer.response_metadata.get(key) for key in ("finish_reason", "stop_reason"))
    blocks = answer.content if isinstance(answer.content, list) else []
    return bool(
        answer.additional_kwargs.get("refusal")
        or any(str(reason).lower() in DECLINED for reason in reasons)
        or any(isinstance(block, dict) and block.get("type") == "refusal" for block in blocks)
    )


def _problems(error: ValidationError) -> str:
    """Return where an object does not fit and why, a line each."""
    found = error.errors(include_url=False, include_context=False, include_input=False)[:PROBLEMS]
    return "\n".join(f"- {'.'.join(map(str, each['loc'])) or 'object'}: {each['msg']}" for each in found)


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Make an object of its pairs.

    Raises:
        ValueError: A key comes twice: readers take one value or the other.
    """
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a key comes twice")
    return dict(pairs)


_DECODER = json.JSONDecoder(object_pairs_hook=_once)


def _objects(text: str) -> list[str]:
    """Return the JSON objects in a text, from left to right; none at all when one begins and does not end well."""
    found: list[str] = []
    end = 0
    while begun := BEGUN.search(text, end):
        try:
            _, end = _DECODER.raw_decode(text, begun.start())
        except (ValueError, RecursionError):
            return []
        found.append(text[begun.start() : end])
    return found
