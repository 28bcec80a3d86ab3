"""Chat completions in OpenAI's shape: what the model said goes in, what may be shown comes out."""

from collections.abc import Iterable, Mapping
from secrets import token_hex
from time import time
from typing import Any

from ...errors import InputError
from ...graphs.sanitize import Sanitizer
from ...schema import StreamMode, Verdict
from .choice import Choice
from .envelope import is_structured, tier_in, usage_in
from .fields import Json, MalformedAnswer, index_of, list_of, object_of
from .turns import read_messages

_MOST_CHOICES = 128


class CompletionGuard:
    """One chat completion: every choice is an exchange of its own, audited and recorded by itself.

    Takes plain JSON and gives plain JSON. It computes and does not wait: call it in a thread from asynchronous code,
    and not from two threads at once; before what it returns is sent, wait as long as `hold()` says.
    No method but the constructor raises; what is malformed ends in an abstention.

    Of the model's answer only these fields are taken over: a known `service_tier`, and the numbers of tokens in `usage`
    (`envelope.usage_in`); of a choice its `index` and `finish_reason`; of a message its `content`, `tool_calls` and
    `reasoning_content` (or `reasoning`), as far as they were audited. The `id`, `created` and the calls' ids are our
    own, and `model` is the one that was asked for. A `refusal` is text and comes as `content`; between texts of several
    fields or parts stands a blank line. Calls of tools come once the whole answer was audited, their arguments written
    anew; arguments that are no JSON object are held back. Everything else is held back too: `logprobs`, `annotations`,
    `audio`, `function_call`, `system_fingerprint`, fields that are not known.

    Where JSON was asked for, a stream is released at its end, and an abstention comes as `refusal`: so parsers take it.

    Args:
        sanitizer: What stands between the model and the caller.
        request: The body of the request. Its `messages` are the conversation; a choice beyond its `n` is dropped.
        stream: How a stream is released. A request that asks for no stream is released at its end.

    Attributes:
        denied: Whether the model is not to be asked: take `withheld()`, or `finish()` in a stream.

    Raises:
        InputError: When the messages are no conversation, or `n` is not from 1 to 128.
    """

    def __init__(self, sanitizer: Sanitizer, request: Mapping[str, Any], *, stream: StreamMode = "sentence") -> None:
        prompt = read_messages(request.get("messages"))
        structured = is_structured(request.get("response_format"))
        mode: StreamMode = stream if request.get("stream") and not structured else "buffer"
        first = sanitizer.begin(prompt, stream=mode)
        sessions = [first, *(first.twin() for _ in range(_choices(request) - 1))]
        self._choices = [Choice(index, own, structured=structured) for index, own in enumerate(sessions)]
        self.denied = any(choice.denied for choice in self._choices)
        self._usage: Json | None = _no_usage() if self.denied else None
        self._wants_usage = _wants_usage(request)
        self._envelope: Json = {
            "id": f"chatcmpl-{token_hex(12)}",
            "object": "chat.completion",
            "created": int(time()),
            "model": str(request.get("model") or ""),
        }

    @property
    def ended(self) -> bool:
        """Whether the model is to be stopped, for nothing that still comes will be released: take `finish()`.

        A model that came to its end by itself is read to the end: the usage comes last.
        """
        return all(choice.ended for choice in self._choices) and any(choice.stopped for choice in self._choices)

    @property
    def verdicts(self) -> list[Verdict]:
        """What was decided, one for each choice that has ended."""
        return [choice.verdict for choice in self._choices if choice.verdict is not None]

    def withheld(self) -> Json:
        """Return the completion of a model that was not asked."""
        return self._completion(part for choice in self._choices if choice.denied for part in choice.whole(None))

    def completion(self, answer: object) -> Json:
        """Return what may be shown of the model's whole `chat.completion`."""
        try:
            said = self._said(object_of(answer))
        except Exception as error:  # noqa: BLE001 - fail closed
            return self._completion(part for choice in self._choices for part in choice.failed(error))
        answered = [choice for choice in self._choices if choice.index in said]
        shown = self._completion(part for choice in answered for part in choice.whole(said[choice.index]))
        self.abandon()
        return shown

    def chunk(self, chunk: object) -> list[Json]:
        """Return what may be sent now that another `chat.completion.chunk` has come: often nothing."""
        try:
            return self._chunks(self._taken(object_of(chunk)))
        except Exception as error:  # noqa: BLE001 - fail closed
            return self.fail(error)

    def finish(self) -> list[Json]:
        """Return the last chunks: what is left of every choice, and the usage when it was asked for.

        The usage is zero when the model was not asked, and is left out when its stream was stopped before it came.
        """
        if not self.denied and any(choice.opened for choice in self._choices):
            self._abandon(choice for choice in self._choices if not choice.opened)
        chunks = self._chunks(part for choice in self._choices for part in choice.close())
        if self._wants_usage and self._usage is not None:
            chunks.append(self._chunk([]) | {"usage": self._usage})
        return chunks

    def fail(self, error: BaseException) -> list[Json]:
        """Return the chunks that end every open choice in an abstention, because the model failed."""
        return self._chunks(part for choice in self._choices for part in choice.fail(error))

    def hold(self) -> float:
        """Return the seconds to wait before what was returned last is sent; asked again, 0.

        So an abstention takes as long as when the model says itself that it does not know.
        """
        return max([choice.hold() for choice in self._choices])

    def abandon(self) -> None:
        """End what is open: the caller went away."""
        self._abandon(self._choices)

    def _abandon(self, choices: Iterable[Choice]) -> None:
        for choice in choices:
            choice.abandon()

    def _said(self, answer: Json) -> dict[int, Json]:
        self._take_envelope(answer)
        choices = [object_of(choice) for choice in list_of(answer.get("choices"))]
        said = {index_of(choice.get("index", 0)): choice for choice in reversed(choices)}
        if not any(index < len(self._choices) for index in said):
            raise MalformedAnswer("There are no choices.")
        return said

    def _taken(self, chunk: Json) -> list[Json]:
        self._take_envelope(chunk)
        if not isinstance(chunk.get("choices"), list):
            raise MalformedAnswer("There are no choices.")
        parts: list[Json] = []
        for said in map(object_of, chunk["choices"]):
            index = index_of(said.get("index", 0))
            if index < len(self._choices):
                parts += self._choices[index].take(said)
        return parts

    def _take_envelope(self, answer: Json) -> None:
        self._envelope |= tier_in(answer)
        self._usage = usage_in(answer) or self._usage

    def _completion(self, choices: Iterable[Json]) -> Json:
        shown = {**self._envelope, "choices": [*choices]}
        return shown if self._usage is None else {**shown, "usage": self._usage}

    def _chunks(self, parts: Iterable[Json]) -> list[Json]:
        return [self._chunk([part]) for part in parts]

    def _chunk(self, choices: list[Json]) -> Json:
        return {**self._envelope, "object": "chat.completion.chunk", "choices": choices}


def _choices(request: Mapping[str, Any]) -> int:
    wanted = request.get("n")
    if wanted is None:
        return 1
    if not isinstance(wanted, int) or isinstance(wanted, bool) or not 1 <= wanted <= _MOST_CHOICES:
        raise InputError("'n' is no number of choices.", fix=f"Give a number from 1 to {_MOST_CHOICES}.")
    return wanted


def _wants_usage(request: Mapping[str, Any]) -> bool:
    options = request.get("stream_options")
    return isinstance(options, Mapping) and bool(options.get("include_usage"))


def _no_usage() -> Json:
    return {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
