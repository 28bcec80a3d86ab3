"""What surrounds an answer in OpenAI's shape, and holds no text of the model's: ids, tiers, counts of tokens."""

import re
from collections.abc import Mapping
from secrets import token_hex
from typing import Any

from .fields import Json

# Random ids, as OpenAI's API and others make them: 32 hexadecimal digits or more, too many to be a number of anything.
_RANDOM = re.compile(r"[0-9a-f-]{32,64}")
_RANDOM_CALL = re.compile(r"call_[0-9A-Za-z]{8,48}")
_TIERS = frozenset({"auto", "default", "flex", "scale", "priority", "fast"})
_COUNTED = ("prompt", "completion", "input", "output")
_TOKENS = frozenset({"total_tokens", *(f"{name}_tokens" for name in _COUNTED)})
_DETAILS = frozenset(f"{name}_tokens_details" for name in _COUNTED)
_IN_DETAILS = frozenset(
    f"{name}_tokens"
    for name in (
        "accepted_prediction",
        "audio",
        "cache_write",
        "cached",
        "image",
        "reasoning",
        "rejected_prediction",
        "text",
    )
)
_MOST_TOKENS = 10**9


def is_random(value: object, prefix: str) -> bool:
    """Whether a field holds an id that was drawn by chance, and no text; it may begin with a prefix."""
    return isinstance(value, str) and _RANDOM.fullmatch(value.removeprefix(f"{prefix}_")) is not None


def known_id(value: object, prefix: str) -> str:
    """Return an id if it is random, so that the model's side knows it again; else one of our own."""
    return value if isinstance(value, str) and is_random(value, prefix) else f"{prefix}_{token_hex(24)}"


def looks_random(call_id: str) -> bool:
    """Whether the id of a tool's call may be random; letters and digits may be a text too, and are to be audited."""
    return is_random(call_id, "call") or _RANDOM_CALL.fullmatch(call_id) is not None


def is_structured(asked: object) -> bool:
    """Whether a request's format asks for JSON."""
    return isinstance(asked, Mapping) and asked.get("type") in ("json_schema", "json_object")


def tier_in(answer: Mapping[str, Any]) -> Json:
    """Return the `service_tier` of an answer, if it is a known one."""
    tier = answer.get("service_tier")
    return {"service_tier": tier} if isinstance(tier, str) and tier in _TIERS else {}


def usage_in(answer: Mapping[str, Any]) -> Json | None:
    """Return the usage of an answer: numbers of tokens up to a thousand million, under names of OpenAI's API.

    `None`: it has none. Kept are `prompt_tokens`, `completion_tokens`, `input_tokens`, `output_tokens`, `total_tokens`,
    and in `…_tokens_details` those that are `cached`, `cache_write`, `audio`, `image`, `text`, `reasoning`, and
    accepted or rejected as a `prediction`.
    """
    usage = answer.get("usage")
    if not isinstance(usage, Mapping):
        return None
    details = {name: _counts(usage[name], _IN_DETAILS) for name in usage if name in _DETAILS}
    return _counts(usage, _TOKENS) | {name: counts for name, counts in details.items() if counts}


def _counts(told: object, names: frozenset[str]) -> Json:
    told = told if isinstance(told, Mapping) else {}
    return {name: told[name] for name in told if name in names and _is_count(told[name])}


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST_TOKENS
