"""A draft that comes piece by piece: what of it may be shown already."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from threading import RLock
from time import perf_counter
from typing import NamedTuple, TypeVar

from langchain_core.messages import AIMessage, BaseMessage

from ..detection.sentences import last_sentence, may_end
from ..schema import StreamMode
from .characters import Characters
from .draft import BREAK, Draft
from .gate import Gate, Released
from .state import Abandoned, Exchange
from .steps import Steps

# Up to this many characters there is an audit for every sentence that ends; from there on when the draft has grown by
# such a part of itself, so that their number grows with the logarithm of its length.
_EVERY_SENTENCE = 2_000
_GROWTH = 32


T = TypeVar("T")


class Piece(NamedTuple):
    """What a stream shows next."""

    text: str = ""
    """Of the answer."""

    reasoning: str = ""
    """Of what the model thought before it."""


class DraftStream:
    """One exchange whose draft comes piece by piece.

    At every moment what was shown is the beginning of the draft, ends with a sentence (or, where none ends for long,
    with a word), cuts no name and no mark, and is by itself a text in which the auditor finds nothing. When the
    conversation is about a target nothing is shown before the end, and the answer is the one that is given without a
    stream. Where a finding comes late, an abstention stands in place of the rest. Where abstentions were collected, an
    answer that begins like one is shown at its end too.

    Nothing here raises: an error ends in an abstention. One thread at a time; others wait. `look` and what ends an
    exchange take milliseconds of computing: from an event loop they belong into a thread.

    Args:
        exchange: The exchange, vetted.
        steps: The agents' steps.
        gate: What records that something is shown.
        decide: Runs what is left of the workflow on an exchange with a draft, from audit to gate.
        mode: Whether sentences are shown as they come, or all at the end.

    Attributes:
        denied: Whether the model is not to be asked: an answer could only disclose, or the question could not be read.
    """

    def __init__(
        self,
        exchange: Exchange,
        steps: Steps,
        gate: Gate,
        decide: Callable[[Exchange], Released],
        mode: StreamMode,
    ) -> None:
        self._exchange = exchange
        self._steps = steps
        self._gate = gate
        self._decide = decide
        self._mode = mode
        # A call that is cancelled goes on in its thread while another ends the exchange.
        self._lock = RLock()
        self._worked_s = perf_counter() - exchange.started
        touched = exchange.vetting.active or exchange.vetting.findings
        self.denied = bool(exchange.error or exchange.denied)
        self._holds = mode == "buffer" or self.denied or bool(touched) or steps.holds(exchange)
        self._texts, self._thoughts = Characters(), Characters()
        # Reasoning and text as they are read together; what is shown of them is a prefix.
        self._told: list[str] = []
        self._length = 0
        self._reasoning_to = 0
        self._text_from: int | None = None
        self._late: list[str] = []
        self._shown = 0
        self._pending = ""
        self._audited = 0
        self._not_before = 0
        self._due = 0
        self._released: Released | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing that still comes will be shown: the model need not go on."""
        found = any(finding.certain for finding in self._exchange.findings or ())
        return bool(self._exchange.error) or (found and self._exchange.begun)

    def asked(self, messages: Sequence[BaseMessage]) -> Sequence[BaseMessage]:
        """Return what the wrapped model is to be asked for a conversation."""
        return self._steps.asked(messages)

    def feed(self, text: str = "", reasoning: str = "") -> Piece:
        """Take more of the draft in, and return what may be shown now, often nothing.

        Args:
            text: More of the answer, cut anywhere, also inside a surrogate pair.
            reasoning: More of the reasoning.
        """
        return self.look() if self.add(text, reasoning) else Piece()

    def add(self, text: str = "", reasoning: str = "") -> bool:
        """Take more of the draft in, as `feed` does, and say whether it is time to `look`. Takes microseconds."""
        with self._lock:
            self._due = self._attempt(lambda: self._next(text, reasoning), 0)
            return self._due > 0

    def look(self) -> Piece:
        """Audit what is due, and return what may be shown now. Takes milliseconds."""
        with self._lock:
            due, self._due = self._due, 0
            return self._attempt(lambda: self._audit(due), Piece()) if due else Piece()

    def finish(self, answer: AIMessage | None = None) -> Released:
        """Decide on the whole. Asked again, it returns what it returned; nothing is shown any more.

        Args:
            answer: The model's whole answer, with tool calls and the tokens used; its text and its reasoning count only
                if none of it was fed. `None`: the model was not asked, or was stopped.
        """
        with self._lock:
            if self._released is None:
                self._released = self._finished(answer)
            return self._released

    def fail(self, error: BaseException) -> Released:
        """Abstain, for the model failed on the way."""
        with self._lock:
            if self._released is None:
                self._exchange.error = self._exchange.error or type(error).__name__
            return self.finish()

    def abandon(self) -> None:
        """Record what was shown to a caller that went away."""
        self.fail(Abandoned())

    def twin(self) -> "DraftStream":
        """Begin another exchange with the same conversation, for another answer to it."""
        own = self._exchange
        exchange = Exchange(own.conversation, vetting=own.vetting, streamed=own.streamed, settling=own.settling)
        exchange.error = own.error if self.denied else ""
        return DraftStream(exchange, self._steps, self._gate, self._decide, self._mode)

    def _finished(self, answer: AIMessage | None) -> Released:
        exchange, began = self._exchange, perf_counter()
        self._holds = True
        if not self.denied:
            exchange.calls = 1
            if not exchange.error:
                self._attempt(lambda: self._steps.take(exchange, self._draft(answer)), None)
        if not self.ended:
            exchange.findings = None
        exchange.waited_s = began - exchange.started - self._worked_s
        return self._decide(exchange)

    def _take(self, text: str, reasoning: str) -> None:
        if reasoning := self._thoughts.add(reasoning):
            if self._text_from is None:
                self._add(reasoning)
                self._reasoning_to = self._length
            else:
                self._late.append(reasoning)
        if text := self._texts.add(text):
            if self._text_from is None:
                self._add(BREAK if self._length else "")
                self._text_from = self._length
            self._add(text)

    def _add(self, told: str) -> None:
        self._told.append(told)
        self._length += len(told)
        if not self._holds:
            self._pending += told

    def _whole(self) -> str:
        """Return all that is known: the reasoning, then the text."""
        self._told = ["".join(self._told)]
        return self._told[0]

    def _attempt(self, work: Callable[[], T], otherwise: T) -> T:
        """Do some work, count the time, and turn an error into an abstention."""
        began = perf_counter()
        try:
            return work()
        except Exception as error:  # noqa: BLE001 - fail closed
            self._exchange.error = type(error).__name__
            return otherwise
        finally:
            self._worked_s += perf_counter() - began

    def _next(self, text: str, reasoning: str) -> int:
        """Take more in; return up to where the draft is to be audited and shown next, 0 when too little is new."""
        self._take(text, reasoning)
        if self._holds or self.ended or self._length < self._not_before:
            return 0
        if self._length - self._audited < self._step or not may_end(self._pending):
            return 0
        found = last_sentence(self._pending)
        if found and self._shown + found - self._audited < self._step:
            return 0
        upto = self._shown + self._settled(found)
        if upto - self._audited >= self._step and upto > self._shown:
            return upto
        # What is held back for long is looked at again when it has grown, not at every piece.
        self._not_before = self._length + len(self._pending) // _GROWTH
        return 0

    def _audit(self, upto: int) -> Piece:
        told = self._whole()
        self._audited = upto
        text = "" if self._text_from is None else told[self._text_from : upto]
        if found := self._steps.look(self._exchange, told[: min(self._reasoning_to, upto)], text):
            self._exchange.findings = found
            self._holds = True
            return Piece()
        return Piece() if self._gate.waits(text) else self._show(told, upto)

    @property
    def _step(self) -> int:
        return 1 if self._audited < _EVERY_SENTENCE else self._audited // _GROWTH

    def _settled(self, upto: int) -> int:
        """Return the last end of a sentence in what is pending, up to a place, that cuts nothing."""
        start = self._steps.uncut(self._pending, upto) if upto else 0
        return upto if start >= upto else last_sentence(self._pending[: start + 1])

    def _show(self, told: str, upto: int) -> Piece:
        text_from = upto if self._text_from is None else min(self._text_from, upto)
        reasoning = told[self._shown : min(self._reasoning_to, upto)]
        piece = Piece(told[max(self._shown, text_from) : upto], reasoning)
        if not self._exchange.begun:
            self._gate.open(self._exchange, piece.text or piece.reasoning)
        self._exchange.released += piece.text
        self._exchange.released_reasoning += piece.reasoning
        self._shown, self._pending = upto, told[upto:]
        return piece

    def _draft(self, answer: AIMessage | None) -> Draft:
        draft = Draft.of(answer) if isinstance(answer, AIMessage) else Draft("")
        told = self._whole()
        text = "" if self._text_from is None else told[self._text_from :]
        text += self._texts.rest()
        reasoning = "".join([told[: self._reasoning_to], *self._late, self._thoughts.rest()])
        # What was shown is the beginning of what was fed, whatever the whole answer says.
        return replace(draft, text=text or draft.text, reasoning=reasoning or draft.reasoning)
