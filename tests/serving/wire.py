"""What a scripted model says, in the shapes of OpenAI's Chat Completions and Responses APIs."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

Json = dict[str, Any]


class Call(NamedTuple):
    """A call of a tool; its arguments are JSON in pieces, as they are streamed."""

    name: str
    arguments: Sequence[str] = ("{}",)
    id: str = "call_1"


@dataclass(frozen=True)
class Answer:
    """What a model says in one choice; streamed piece by piece: reasoning, then text, then calls of tools."""

    text: Sequence[str] = ("Par", "is.")
    reasoning: Sequence[str] = ()
    calls: Sequence[Call] = ()
    finish_reason: str = ""
    """Empty: "tool_calls" after a call, else "stop"."""
    reasoning_field: str = "reasoning_content"
    """What reasoning is called in a message: so by DeepSeek; "reasoning" by Ollama and newer versions of vLLM."""

    @property
    def tokens(self) -> int:
        return sum(map(len, (self.text, self.reasoning, *(call.arguments for call in self.calls))))

    @property
    def ended_by(self) -> str:
        return self.finish_reason or ("tool_calls" if self.calls else "stop")


def models(names: Sequence[str]) -> Json:
    rows = [{"id": name, "object": "model", "created": 1, "owned_by": "scripted"} for name in names]
    return {"object": "list", "data": rows}


def completion(request: Json, answers: Sequence[Answer]) -> Json:
    """Return a `chat.completion`; the request's `n` choices take the answers in turn."""
    said = _choices(request, answers)
    choices = [
        {
            "index": index,
            "message": _message(answer),
            "logprobs": _logprobs(request, answer.text),
            "finish_reason": answer.ended_by,
        }
        for index, answer in enumerate(said)
    ]
    return _envelope(request, "chat.completion") | {"choices": choices, "usage": _usage(said)}


def completion_chunks(request: Json, answers: Sequence[Answer]) -> Iterator[Json]:
    """Yield `chat.completion.chunk`s: the choices by turns, then the usage where `stream_options` ask for it."""
    said = _choices(request, answers)
    envelope = _envelope(request, "chat.completion.chunk")
    streams = [_choice_chunks(request, index, answer) for index, answer in enumerate(said)]
    for choice in filter(None, itertools.chain.from_iterable(itertools.zip_longest(*streams))):
        yield envelope | {"choices": [choice]}
    if (request.get("stream_options") or {}).get("include_usage"):
        yield envelope | {"choices": [], "usage": _usage(said)}


def _choices(request: Json, answers: Sequence[Answer]) -> list[Answer]:
    return list(itertools.islice(itertools.cycle(answers), request.get("n") or 1))


def _envelope(request: Json, kind: str) -> Json:
    return {
        "id": "chatcmpl-scripted",
        "object": kind,
        "created": 1,
        "model": request["model"],
        "system_fingerprint": "fp_scripted",
    }


def _usage(answers: Sequence[Answer]) -> Json:
    tokens = sum(answer.tokens for answer in answers)
    return {"prompt_tokens": 5, "completion_tokens": tokens, "total_tokens": 5 + tokens}


def _message(answer: Answer) -> Json:
    message: Json = {"role": "assistant", "content": "".join(answer.text) or None, "refusal": None}
    if answer.reasoning:
        message[answer.reasoning_field] = "".join(answer.reasoning)
    if answer.calls:
        message["tool_calls"] = [_tool_call(call, "".join(call.arguments)) for call in answer.calls]
    return message


def _tool_call(call: Call, arguments: str) -> Json:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": arguments}}


def _choice_chunks(request: Json, index: int, answer: Answer) -> Iterator[Json]:
    def chunk(delta: Json, text: str = "", finish_reason: str | None = None) -> Json:
        logprobs = _logprobs(request, [text] if text else [])
        return {"index": index, "delta": delta, "logprobs": logprobs, "finish_reason": finish_reason}

    yield chunk({"role": "assistant", "content": ""})
    for piece in answer.reasoning:
        yield chunk({answer.reasoning_field: piece})
    for piece in answer.text:
        yield chunk({"content": piece}, piece)
    for number, call in enumerate(answer.calls):
        yield chunk({"tool_calls": [{"index": number, **_tool_call(call, "")}]})
        for piece in call.arguments:
            yield chunk({"tool_calls": [{"index": number, "function": {"arguments": piece}}]})
    yield chunk({}, finish_reason=answer.ended_by)


def _logprobs(request: Json, pieces: Sequence[str]) -> Json | None:
    """Return what `logprobs: true` asks for: it repeats the text, token by token."""
    if not request.get("logprobs"):
        return None
    return {"content": [{"token": piece, "logprob": -0.1, "bytes": None, "top_logprobs": []} for piece in pieces]}


def response(request: Json, answer: Answer) -> Json:
    """Return a whole `response`."""
    return _response(request, "completed") | {"output": [item for item, _ in _items(answer)], "usage": _spent(answer)}


def response_events(request: Json, answer: Answer) -> Iterator[Json]:
    """Yield the events of a streamed response, from `response.created` to `response.completed`."""
    events = [
        ("response.created", {"response": _response(request, "in_progress")}),
        ("response.in_progress", {"response": _response(request, "in_progress")}),
    ]
    made = (_item_events(index, item, pieces) for index, (item, pieces) in enumerate(_items(answer)))
    done = [("response.completed", {"response": response(request, answer)})]
    for number, (kind, fields) in enumerate(itertools.chain(events, *made, done)):
        yield {"type": kind, "sequence_number": number, **fields}


def _response(request: Json, status: str) -> Json:
    return {
        "id": "resp_scripted",
        "object": "response",
        "created_at": 1,
        "status": status,
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
        "model": request["model"],
        "output": [],
        "parallel_tool_calls": True,
        "temperature": 1.0,
        "tool_choice": "auto",
        "tools": request.get("tools") or [],
        "top_p": 1.0,
        "usage": None,
    }


def _spent(answer: Answer) -> Json:
    return {
        "input_tokens": 5,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": answer.tokens,
        "output_tokens_details": {"reasoning_tokens": len(answer.reasoning)},
        "total_tokens": 5 + answer.tokens,
    }


def _items(answer: Answer) -> list[tuple[Json, Sequence[str]]]:
    """Return the output's items, each with the pieces in which it is streamed."""
    items: list[tuple[Json, Sequence[str]]] = []
    if answer.reasoning:
        summary = [{"type": "summary_text", "text": "".join(answer.reasoning)}]
        items.append(({"type": "reasoning", "id": "rs_1", "summary": summary}, answer.reasoning))
    if answer.text:
        content = [{"type": "output_text", "text": "".join(answer.text), "annotations": [], "logprobs": []}]
        message = {"type": "message", "id": "msg_1", "status": "completed", "role": "assistant", "content": content}
        items.append((message, answer.text))
    for number, call in enumerate(answer.calls, start=1):
        item = {"type": "function_call", "id": f"fc_{number}", "call_id": call.id, "name": call.name}
        items.append(({**item, "arguments": "".join(call.arguments), "status": "completed"}, call.arguments))
    return items


def _item_events(index: int, item: Json, pieces: Sequence[str]) -> Iterator[tuple[str, Json]]:
    """Yield an item's events: it is added empty, filled piece by piece, and done."""
    place = {"item_id": item["id"], "output_index": index}
    yield "response.output_item.added", {"output_index": index, "item": _emptied(item)}
    if item["type"] == "function_call":
        for piece in pieces:
            yield "response.function_call_arguments.delta", {**place, "delta": piece}
        done = {"name": item["name"], "arguments": item["arguments"]}
        yield "response.function_call_arguments.done", {**place, **done}
    else:
        reasoning = item["type"] == "reasoning"
        (part,) = item["summary" if reasoning else "content"]
        place["summary_index" if reasoning else "content_index"] = 0
        of_part, of_text = (
            ("reasoning_summary_part", "reasoning_summary_text") if reasoning else ("content_part", "output_text")
        )
        rest: Json = {} if reasoning else {"logprobs": []}
        yield f"response.{of_part}.added", {**place, "part": {**part, "text": ""}}
        for piece in pieces:
            yield f"response.{of_text}.delta", {**place, "delta": piece, **rest}
        yield f"response.{of_text}.done", {**place, "text": part["text"], **rest}
        yield f"response.{of_part}.done", {**place, "part": part}
    yield "response.output_item.done", {"output_index": index, "item": item}


def _emptied(item: Json) -> Json:
    match item["type"]:
        case "function_call":
            return item | {"arguments": "", "status": "in_progress"}
        case "reasoning":
            return item | {"summary": []}
        case _:
            return item | {"content": [], "status": "in_progress"}
