"""One choice of a chat completion: an exchange, and what of it is sent."""

from collections.abc import Iterator

from ...graphs.draft import REASONING_FIELD
from ...graphs.gate import Released
from ...graphs.streaming import DraftStream, Piece
from ...schema import Verdict
from .audited import AuditedDraft
from .fields import FINISH_REASONS, Json, MalformedAnswer, index_of, list_of, object_of, text_of
from .parts import Call

_REASONING = (REASONING_FIELD, "reasoning")


class Choice:
    """A choice at work: pieces of the draft go in, deltas that may be sent come out.

    Args:
        index: Its place in the completion.
        session: The exchange.
        structured: Whether JSON was asked for: what has no structure is then told as a refusal.

    Attributes:
        opened: Whether something of it has come.
    """

    def __init__(self, index: int, session: DraftStream, *, structured: bool = False) -> None:
        self.index = index
        self.opened = False
        self._begun = False
        self._draft = AuditedDraft(session, structured=structured)

    @property
    def denied(self) -> bool:
        """Whether the model is not to be asked."""
        return self._draft.denied

    @property
    def ended(self) -> bool:
        """Whether nothing that still comes will be released."""
        return self._draft.closed or self.stopped

    @property
    def stopped(self) -> bool:
        """Whether it ended before the model did."""
        return self._draft.stopped

    @property
    def verdict(self) -> Verdict | None:
        """What was decided; `None` until it has ended."""
        return self._draft.verdict

    def take(self, said: Json) -> list[Json]:
        """Take what a chunk says of this choice; return what may be sent now.

        Raises:
            MalformedAnswer: When it has not the shape of a choice.
        """
        if self._draft.closed:
            return []
        self._take(object_of(said.get("delta") or {}), said)
        self.opened = True
        shown = self._shown(self._draft.show())
        # Where the opening came with the first piece of a draft, it would tell that a model was asked.
        sent = self._opening() + shown if shown else []
        return [*sent, *self.close()] if self._draft.parts.finish_reason or self.stopped else sent

    def close(self) -> list[Json]:
        """End the exchange with what has come; return the last of what is sent."""
        if not self.opened and not self.denied:
            return self.fail(MalformedAnswer("There is no answer."))
        return self._last(self._draft.finish())

    def fail(self, error: BaseException) -> list[Json]:
        """End the exchange because the model failed; return the last of what is sent."""
        return self._last(self._draft.fail(error))

    def abandon(self) -> None:
        """End the exchange because the caller went away."""
        self._draft.abandon()

    def hold(self) -> float:
        """Return the seconds to wait before the end is sent; asked again, 0."""
        return self._draft.hold()

    def whole(self, said: Json | None) -> list[Json]:
        """End the exchange with a whole answer, `None` when the model was not asked; return what may be shown."""
        try:
            if said is not None:
                self._take(object_of(said.get("message")), said)
        except Exception as error:  # noqa: BLE001 - fail closed
            return self.failed(error)
        return self._choice(self._draft.finish())

    def failed(self, error: BaseException) -> list[Json]:
        """End the exchange because the model failed; return what may be shown."""
        return self._choice(self._draft.fail(error))

    def _take(self, message: Json, said: Json) -> None:
        parts = self._draft.parts
        for at, text in _texts(message):
            parts.text.add(text, at)
        for name in _REASONING:
            if thought := text_of(message.get(name)):
                parts.reasoning.add(thought, name)
                break
        self._take_calls(message)
        parts.finish_reason = _finish_reason(said) or parts.finish_reason

    def _take_calls(self, message: Json) -> None:
        for place, piece in enumerate(map(object_of, list_of(message.get("tool_calls")))):
            kind = "custom" if "custom" in piece else "function"
            told = object_of(piece.get(kind) or {})
            call = self._draft.parts.calls.setdefault(index_of(piece.get("index", place)), Call(kind))
            call.name += text_of(told.get("name"))
            call.arguments.add(text_of(told.get("input" if kind == "custom" else "arguments")))

    def _last(self, released: Released | None) -> list[Json]:
        if released is None:
            return []
        calls = self._calls(released)
        sent = self._opening() + self._shown(Piece(released.rest, released.rest_reasoning), self._field(released))
        if calls:
            sent.append(self._delta({"tool_calls": [{"index": place, **call} for place, call in enumerate(calls)]}))
        return [*sent, self._delta({}, _ended_by(released, calls))]

    def _choice(self, released: Released | None) -> list[Json]:
        if released is None:
            return []
        calls = self._calls(released)
        text: str | None = released.rest or (None if calls else "")
        message: Json = {"role": "assistant", "content": None, "refusal": None, self._field(released): text}
        if calls:
            message["tool_calls"] = calls
        if released.rest_reasoning:
            message[REASONING_FIELD] = released.rest_reasoning
        ended_by = _ended_by(released, calls)
        return [{"index": self.index, "message": message, "logprobs": None, "finish_reason": ended_by}]

    def _calls(self, released: Released) -> list[Json]:
        return [_call(call) for call in self._draft.parts.released(released.message).values()]

    def _opening(self) -> list[Json]:
        """Return the delta that begins a choice, where it was not sent yet."""
        begun, self._begun = self._begun, True
        return [] if begun else [self._delta({"role": "assistant", "content": ""})]

    def _field(self, released: Released) -> str:
        return "refusal" if self._draft.refuses(released) else "content"

    def _shown(self, piece: Piece, field: str = "content") -> list[Json]:
        shown = {REASONING_FIELD: piece.reasoning, field: piece.text}
        return [self._delta({name: text}) for name, text in shown.items() if text]

    def _delta(self, delta: Json, finish_reason: str | None = None) -> Json:
        return {"index": self.index, "delta": delta, "logprobs": None, "finish_reason": finish_reason}


def _texts(message: Json) -> Iterator[tuple[object, str]]:
    """Yield the texts of a message or a delta, each with where it stands: a content may be in parts."""
    content = message.get("content")
    for number, part in enumerate(content if isinstance(content, list) else [{"type": "text", "text": content}]):
        if object_of(part).get("type") == "text":
            yield number, text_of(part.get("text"))
    yield "refusal", text_of(message.get("refusal"))


def _finish_reason(said: Json) -> str | None:
    reason = text_of(said.get("finish_reason"))
    return reason if reason in FINISH_REASONS else "stop" if reason else None


def _ended_by(released: Released, calls: list[Json]) -> str:
    """Return why the choice ends: with calls of tools only when there are some to be made."""
    reason = str(released.message.response_metadata.get("finish_reason", "stop"))
    return "tool_calls" if calls else "stop" if reason == "tool_calls" else reason


def _call(call: Call) -> Json:
    arguments = {"input" if call.kind == "custom" else "arguments": call.arguments.all}
    return {"id": call.id, "type": call.kind, call.kind: {"name": call.name, **arguments}}
