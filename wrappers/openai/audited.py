"""A draft on its way from an API into an exchange, which ends once."""

import json
from collections.abc import Callable

from ...graphs.gate import Released
from ...graphs.streaming import DraftStream, Piece
from ...schema import Verdict
from .parts import Parts


class AuditedDraft:
    """One answer at work: its parts go in, what may be shown comes out.

    Args:
        session: The exchange.
        structured: Whether JSON was asked for: what has no structure is then told as a refusal.

    Attributes:
        parts: What has come.
        closed: Whether the exchange has ended.
        verdict: What was decided; `None` until it has ended, or when the caller went away.
    """

    def __init__(self, session: DraftStream, *, structured: bool) -> None:
        self._session = session
        self._structured = structured
        self.parts = Parts()
        self.closed = False
        self.verdict: Verdict | None = None
        self._hold_s = 0.0

    @property
    def denied(self) -> bool:
        """Whether the model is not to be asked."""
        return self._session.denied

    @property
    def stopped(self) -> bool:
        """Whether nothing that still comes will be released, though the model may not have come to its end."""
        return self.denied or self._session.ended

    def show(self) -> Piece:
        """Bring what is new in the parts to the exchange; return what may be shown now."""
        return self._session.feed(self.parts.text.unread(), self.parts.reasoning.unread())

    def finish(self) -> Released | None:
        """End the exchange with what has come; `None` when it had ended."""
        try:
            answer = None if self.stopped else self.parts.message()
        except Exception as error:  # noqa: BLE001 - fail closed
            return self.fail(error)
        return self._end(lambda: self._session.finish(answer))

    def fail(self, error: BaseException) -> Released | None:
        """End the exchange because the model failed; `None` when it had ended."""
        return self._end(lambda: self._session.fail(error))

    def abandon(self) -> None:
        """End the exchange because the caller went away."""
        if not self.closed:
            self.closed = True
            self._session.abandon()

    def hold(self) -> float:
        """Return the seconds to wait before the end is sent; asked again, 0."""
        seconds, self._hold_s = self._hold_s, 0.0
        return seconds

    def refuses(self, released: Released) -> bool:
        """Whether a text without structure stands in place of a structured answer: it is then told as a refusal."""
        if not self._structured or released.verdict.action == "release":
            return False
        try:
            json.loads(released.rest)
        except (ValueError, RecursionError):
            return True
        return False

    def _end(self, ending: Callable[[], Released]) -> Released | None:
        if self.closed:
            return None
        self.closed = True
        released = ending()
        self.verdict, self._hold_s = released.verdict, released.hold_s
        return released
