"""Responses in OpenAI's shape: what the model said goes in, what may be shown comes out."""

from collections.abc import Iterable, Mapping
from secrets import token_hex
from time import time
from typing import Any

from ...errors import InputError
from ...graphs.gate import Released
from ...graphs.sanitize import Sanitizer
from ...schema import StreamMode, Verdict
from .audited import AuditedDraft
from .draft import ResponseDraft
from .envelope import is_random, is_structured, tier_in, usage_in
from .fields import Json, MalformedAnswer, index_of, object_of, text_of
from .items import MESSAGE, REFUSAL
from .output import Output
from .turns import read_input

_ENDS = frozenset({"response.completed", "response.incomplete", "response.failed"})
# How a response ends, and why.
_FINISH_REASONS = {"max_output_tokens": "length", "content_filter": "content_filter"}
_INCOMPLETE = {reason: told for told, reason in _FINISH_REASONS.items()}
# What a response repeats of its request, with what stands there when the request says nothing.
_REPEATED: Json = {
    "instructions": None,
    "max_output_tokens": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "previous_response_id": None,
    "reasoning": {"effort": None, "summary": None},
    "store": True,
    "temperature": None,
    "text": {"format": {"type": "text"}},
    "tool_choice": "auto",
    "tools": [],
    "top_p": None,
    "truncation": "disabled",
}


class ResponseGuard:
    """One response: an exchange, audited and recorded as a whole.

    Takes plain JSON and gives plain JSON. It computes and does not wait: call it in a thread from asynchronous code,
    and not from two threads at once; before what it returns is sent, wait as long as `hold()` says.
    No method but the constructor raises; what is malformed ends in an abstention.

    The events of a stream are written anew. Of the model's answer only these are taken over: a known `service_tier`,
    the numbers of tokens in `usage` (`envelope.usage_in`), and how it ended; the text of its messages, refusals among
    it, as one message, with a blank line between parts; the text of its reasoning as one summary; calls of functions
    and of custom tools, once the whole answer was audited and with arguments written anew. What a response repeats of
    its request comes from the request, its `model` too; `created_at` is our own. Everything else is held back:
    searches, code, images, calls of other servers' tools, annotations, `logprobs`, encrypted reasoning, kinds of items
    and events that are not known.

    The model's side asks for its own ids again, in `previous_response_id` and in items that are given back. So ids of
    the response and its items stay when they are random: their prefix and 32 hexadecimal digits or more, which no text
    is. Ids of calls, `call_` and letters and digits, stay too and are audited like the calls' names. For any other id,
    and for one that comes twice, there is one of our own; then the earlier turns are to be given in `input`.

    Where JSON was asked for, a stream is released at its end, and an abstention is told as a refusal.

    With `previous_response_id`, `conversation` or `prompt` the earlier turns are kept by the model's side: the vetter
    sees only what is sent. What the answer discloses is audited all the same.

    Args:
        sanitizer: What stands between the model and the caller.
        request: The body of the request. Its `instructions` and `input` are the conversation.
        stream: How a stream is released. A request that asks for no stream is released at its end.

    Attributes:
        denied: Whether the model is not to be asked: take `withheld()`, or `finish()` in a stream.

    Raises:
        InputError: When the input is no conversation, or the response is to be made in the background: whoever asks
            for it later would not ask here.
    """

    def __init__(self, sanitizer: Sanitizer, request: Mapping[str, Any], *, stream: StreamMode = "sentence") -> None:
        if request.get("background"):
            raise InputError("A response in the background is not guarded.", fix="Leave 'background' out.")
        text = request.get("text")
        structured = is_structured(text.get("format") if isinstance(text, Mapping) else None)
        mode: StreamMode = stream if request.get("stream") and not structured else "buffer"
        self._audited = AuditedDraft(sanitizer.begin(read_input(request), stream=mode), structured=structured)
        self._draft = ResponseDraft(self._audited.parts)
        self.denied = self._audited.denied
        self._output = Output()
        self._sent = 0
        self._response: Json = {
            "id": f"resp_{token_hex(24)}",
            "object": "response",
            "created_at": int(time()),
            "status": "in_progress",
            "background": False,
            "error": None,
            "incomplete_details": None,
            "model": str(request.get("model") or ""),
            "output": [],
            "usage": None,
            **{name: default if request.get(name) is None else request[name] for name, default in _REPEATED.items()},
        }

    @property
    def ended(self) -> bool:
        """Whether the model is to be stopped, for nothing that still comes will be released: take `finish()`."""
        return self._audited.stopped or self._audited.closed

    @property
    def verdicts(self) -> list[Verdict]:
        """What was decided, once the response has ended."""
        return [] if self._audited.verdict is None else [self._audited.verdict]

    def withheld(self) -> Json:
        """Return the response of a model that was not asked."""
        self._response["usage"] = _no_usage()
        self._last(self._audited.finish())
        return self._response

    def response(self, answer: object) -> Json:
        """Return what may be shown of the model's whole `response`."""
        try:
            self._take_last(object_of(answer))
        except Exception as error:  # noqa: BLE001 - fail closed
            self.fail(error)
        else:
            self._last(self._audited.finish())
        return self._response

    def event(self, event: object) -> list[Json]:
        """Return what may be sent now that another event of the stream has come: often nothing."""
        try:
            return [] if self._audited.closed else self._taken(object_of(event))
        except Exception as error:  # noqa: BLE001 - fail closed
            return self.fail(error)

    def finish(self) -> list[Json]:
        """Return the last events: what is left, and the whole response.

        A stream that the model's side ended before `response.completed` ends in an abstention.
        """
        if not self.ended:
            return self.fail(MalformedAnswer("The response was not completed."))
        if self.denied:
            self._response["usage"] = _no_usage()
        return self._last(self._audited.finish())

    def fail(self, error: BaseException) -> list[Json]:
        """Return the events that end the response in an abstention, because the model failed."""
        return self._last(self._audited.fail(error))

    def hold(self) -> float:
        """Return the seconds to wait before what was returned last is sent; asked again, 0.

        So an abstention takes as long as when the model says itself that it does not know.
        """
        return self._audited.hold()

    def abandon(self) -> None:
        """End the exchange: the caller went away."""
        self._audited.abandon()

    def _taken(self, event: Json) -> list[Json]:
        kind = text_of(event.get("type"))
        if kind == "response.created":
            # What opens the response waits for what is shown first: here it would tell that a model was asked.
            self._take_envelope(object_of(event.get("response")))
            return []
        if kind in _ENDS:
            self._take_last(object_of(event.get("response")))
            return [*self._shown(), *self._last(self._audited.finish())]
        if kind in {"response.output_item.added", "response.output_item.done"}:
            take = self._draft.take_item if kind.endswith("done") else self._draft.note
            take(index_of(event.get("output_index")), object_of(event.get("item")))
        else:
            self._draft.take_delta(event)
        sent = self._shown()
        return [*sent, *self.finish()] if self._audited.stopped else sent

    def _take_last(self, response: Json) -> None:
        """Take in a whole response, by itself or at the end of a stream."""
        self._take_envelope(response)
        self._audited.parts.finish_reason = _finish_reason(response)
        self._draft.take(response.get("output"))

    def _take_envelope(self, response: Json) -> None:
        if is_random(response.get("id"), "resp"):
            self._response["id"] = response["id"]
        self._response |= tier_in(response)
        self._response["usage"] = usage_in(response) or self._response["usage"]

    def _shown(self) -> list[Json]:
        """Return the events that show what may be shown now."""
        piece = self._audited.show()
        if not any(piece):
            return []
        return self._opening() + self._numbered(self._output.show(piece, self._draft.known.values()))

    def _last(self, released: Released | None) -> list[Json]:
        if released is None:
            return []
        calls = self._audited.parts.released(released.message)
        message = REFUSAL if self._audited.refuses(released) else MESSAGE
        sent = self._opening()
        sent += self._numbered(self._output.close(released, calls, self._draft.known, message))
        reason = _INCOMPLETE.get(str(released.message.response_metadata.get("finish_reason")))
        status = "incomplete" if reason else "completed"
        details = {"reason": reason} if reason else None
        self._response |= {"status": status, "incomplete_details": details, "output": self._output.items}
        return [*sent, *self._numbered([{"type": f"response.{status}", "response": self._response}])]

    def _opening(self) -> list[Json]:
        """Return the events that begin a response, where they were not sent yet."""
        begun = ("response.created", "response.in_progress")
        return [] if self._sent else self._numbered({"type": kind, "response": {**self._response}} for kind in begun)

    def _numbered(self, events: Iterable[Json]) -> list[Json]:
        numbered = [{**event, "sequence_number": number} for number, event in enumerate(events, start=self._sent)]
        self._sent += len(numbered)
        return numbered


def _finish_reason(response: Json) -> str:
    """Return why a response ended, as a chat completion says it.

    Raises:
        MalformedAnswer: When it did not end, or failed.
    """
    status = text_of(response.get("status"))
    if status not in {"completed", "incomplete"} or response.get("error") is not None:
        raise MalformedAnswer("The response failed.")
    details = response.get("incomplete_details")
    told = object_of(details).get("reason") if status == "incomplete" and details else None
    return _FINISH_REASONS.get(str(told), "stop")


def _no_usage() -> Json:
    return {
        "input_tokens": 0,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": 0,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 0,
    }
