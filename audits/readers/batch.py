"""OpenAI's batch API: requests and outputs, which are joined by their custom_id."""

from typing import Any

from ..records import Dialogue, Turn
from .nodes import Node
from .openai import answers, prompt
from .times import as_id, moment


def matches(record: dict[str, Any]) -> bool:
    """Whether a record has this shape; chats with a custom_id do not."""
    return isinstance(record.get("custom_id"), str | int) and (is_request(record) or is_output(record))


def is_request(record: dict[str, Any]) -> bool:
    """Whether a record is a request."""
    return isinstance(record.get("body"), dict)


def is_output(record: dict[str, Any]) -> bool:
    """Whether a record is an output, of a request that failed too."""
    response = record.get("response")
    if isinstance(response, dict):
        return "body" in response or "status_code" in response
    return response is None and ("response" in record or isinstance(record.get("error"), dict))


def failed(record: dict[str, Any]) -> bool:
    """Whether an output says that there is no answer."""
    response = record.get("response")
    return bool(record.get("error")) or not isinstance(response, dict) or response.get("status_code", 200) != 200


def joined(request: Node | None, output: Node | None) -> list[Dialogue]:
    """Return a dialogue for each answer in an output to a request; where one of them is missing, what there is."""
    asked: tuple[Turn, ...] = tuple(prompt(request.child("body"))) if request else ()
    body = output.child("response").child("body") if output else None
    answered = answers(body) if output and body and not failed(output.value) else []
    given = [node for node in (request, output) if node]
    name = as_id(given[0].value["custom_id"])
    at = moment(*([body] if body else []), *given)
    return [Dialogue(name, at, (*asked, *answer)) for answer in answered or [()]]
