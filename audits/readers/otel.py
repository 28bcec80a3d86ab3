"""OpenTelemetry: spans and log records with the semantic conventions for generative AI.

https://opentelemetry.io/docs/specs/semconv/gen-ai/
"""

from collections.abc import Iterator
from typing import Any

from ..records import Dialogue, Turn
from .attributes import attribute
from .messages import conversation
from .nodes import Node
from .times import as_id, identity, seconds

_SYSTEM = "gen_ai.system_instructions"
_INPUT = "gen_ai.input.messages"
_OUTPUT = "gen_ai.output.messages"
_EXPORTS = frozenset({"resourceSpans", "resourceLogs", "scopeSpans", "scopeLogs"})
_SPAN = frozenset(
    {
        *("traceId", "trace_id", "spanId", "span_id", "context", "events"),
        *("startTimeUnixNano", "timeUnixNano", "start_time", "kind"),
    }
)
_TIMES = ("startTimeUnixNano", "start_time", "timeUnixNano", "observedTimeUnixNano", "startTime", "timestamp")


def matches(record: dict[str, Any]) -> bool:
    """Whether a record has this shape: an export, or one span or log record."""
    return not _EXPORTS.isdisjoint(record) or ("attributes" in record and not _SPAN.isdisjoint(record))


def dialogues(node: Node) -> Iterator[Dialogue]:
    """Yield a dialogue for each span, event and log record with messages. A trace holds many others."""
    for span in _spans(node):
        for holder in (span, *span.child("events").opened().items()):
            attributes = holder.child("attributes").opened()
            turns = tuple(_turns(attributes)) if attributes else ()
            if turns:
                yield Dialogue(_id(span), _at(span), turns)


def _spans(node: Node) -> Iterator[Node]:
    """Yield the spans and log records of an export; a record that is none is one itself."""
    if _EXPORTS.isdisjoint(node.value):
        yield node
        return
    for kind, records in (("Spans", "spans"), ("Logs", "logRecords")):
        resources = [node, *node.child(f"resource{kind}").items()]
        scopes = [scope for resource in resources for scope in resource.child(f"scope{kind}").items()]
        for scope in scopes:
            yield from (record for record in scope.child(records).items() if isinstance(record.value, dict))


def _turns(attributes: Node) -> Iterator[Turn]:
    yield from conversation(attribute(attributes, _SYSTEM), "system")
    yield from conversation(attribute(attributes, _INPUT))
    yield from conversation(attribute(attributes, _OUTPUT), "assistant")


def _id(span: Node) -> str:
    context = span.first("context") or span
    parts = [as_id(context.first(*keys).value) for keys in (("traceId", "trace_id"), ("spanId", "span_id"))]
    return ":".join(filter(None, parts)) or identity(span)


def _at(span: Node) -> float | None:
    times = (seconds(span.child(key).value) for key in _TIMES)
    return next((time for time in times if time is not None), None)
