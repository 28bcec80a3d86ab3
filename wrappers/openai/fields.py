"""Fields of an API's JSON, read strictly: what has not the shape that the API promises is malformed."""

from typing import Any

from ...errors import ExpungeError

Json = dict[str, Any]
"""An object of an API's."""


FINISH_REASONS = frozenset({"stop", "length", "tool_calls", "content_filter"})
"""How a choice of a chat completion ends, in OpenAI's words."""

CODES = frozenset(
    """
    content_filter context_length_exceeded insufficient_quota invalid_api_key invalid_request_error invalid_type
    invalid_value missing_required_parameter model_not_found rate_limit_exceeded server_error string_above_max_length
    unknown_parameter unsupported_parameter unsupported_value
    """.split()  # noqa: SIM905 - quoted words would be harder to read
)
"""Codes of errors that are told on; any other may be a text of the model's."""


class MalformedAnswer(ExpungeError):
    """A model's answer has not the shape that the API promises."""

    code = "malformed_answer"


def text_of(value: object) -> str:
    """Return a field that is a text, empty for `None`.

    Raises:
        MalformedAnswer: When it is anything else. The message does not hold it.
    """
    if value is not None and not isinstance(value, str):
        raise MalformedAnswer(f"A text is of type {type(value).__name__!r}.")
    return value or ""


def object_of(value: object) -> Json:
    """Return a field that is an object; raises `MalformedAnswer` when it is anything else."""
    if not isinstance(value, dict):
        raise MalformedAnswer(f"An object is of type {type(value).__name__!r}.")
    return value


def list_of(value: object) -> list[Any]:
    """Return a field that is a list, empty for `None`; raises `MalformedAnswer` when it is anything else."""
    if value is not None and not isinstance(value, list):
        raise MalformedAnswer(f"A list is of type {type(value).__name__!r}.")
    return value or []


def index_of(value: object) -> int:
    """Return a field that is a number from 0; raises `MalformedAnswer` when it is anything else."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise MalformedAnswer("An index is no number from 0.")
    return value
