"""Asking a model for one record: within its limits, in its time, and unseen."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import wait
from dataclasses import dataclass, field
from typing import Generic, NamedTuple

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage

from ..schema import AgentCall, Outcome, Role
from . import quiet
from .background import in_background
from .records import R, declined, read, said
from .ways import Form, Way, rejects, remember, single, ways, withheld

REPAIR = "This answer cannot be used:\n{problems}\nAnswer again, with one whole JSON object that fits the schema."


@dataclass(frozen=True)
class Reply(Generic[R]):
    """What became of a request for a record."""

    record: R | None
    """`None` unless the outcome is "answered" or "repaired"."""
    outcome: Outcome
    """How it went, as far as the form tells: never "contradictory", nor "skipped"."""
    calls: int
    """Requests to the model, with those that failed."""
    tokens: int
    """Tokens of prompts and answers as the model reports them; where it does not, a quarter of the characters."""
    elapsed_ms: float
    prompt_tokens: int = 0
    """Those of the tokens that were read."""

    def entry(self, agent: Role) -> AgentCall:
        """Return what an agent was asking for, without what was answered."""
        return AgentCall(
            agent=agent,
            outcome=self.outcome,
            calls=self.calls,
            tokens=self.tokens,
            prompt_tokens=self.prompt_tokens,
            elapsed_ms=round(self.elapsed_ms, 3),
        )


class _Ending(NamedTuple, Generic[R]):
    record: R | None
    outcome: Outcome


def ask_record(
    model: BaseChatModel, messages: Sequence[BaseMessage], record: type[R], *, calls: int = 2, timeout_s: float = 30.0
) -> Reply[R]:
    """Ask a model for one record. Never raises; no callback, tracer or cache sees what is asked and answered.

    The record is asked for by its JSON schema where the model takes one, else by a tool call, else in words. A server
    that rejects one of these is asked the next way, and from then on that way first. An answer that does not fit is
    sent back once, with what is wrong with it.

    Args:
        model: A chat model. Its own retries are switched off.
        messages: The conversation; what it has to say of the record's form is added.
        record: A pydantic model, validated strictly: nothing is coerced.
        calls: The most requests, 1 or more.
        timeout_s: Seconds for all requests together. One under way is left behind then, in a daemon thread.
    """
    start = time.monotonic()
    asking = _Asking(model, messages, record, calls, start + timeout_s)
    ending = _in_time(asking.run, timeout_s)
    elapsed_s = time.monotonic() - start
    if elapsed_s >= timeout_s:  # the client's own time limit may come first, as an error
        ending = _Ending(None, "late")
    return Reply(ending.record, ending.outcome, asking.calls, asking.tokens, 1000 * elapsed_s, asking.prompt_tokens)


def _in_time(run: Callable[[], _Ending[R]], timeout_s: float) -> _Ending[R]:
    try:
        ending = in_background(run)
        wait([ending], timeout_s)
        return ending.result() if ending.done() else _Ending(None, "late")
    except Exception:  # noqa: BLE001 - fail closed; what a model raises may quote what it was asked
        return _Ending(None, "failed")


@dataclass
class _Asking(Generic[R]):
    """The requests for one record, and what they have taken so far."""

    model: BaseChatModel
    messages: Sequence[BaseMessage]
    record: type[R]
    limit: int
    deadline: float
    calls: int = 0
    tokens: int = 0
    prompt_tokens: int = 0
    rejected: list[Way] = field(default_factory=list)

    def run(self) -> _Ending[R]:
        """Ask, and once more when the answer does not fit."""
        repair: list[BaseMessage] = []
        while self.calls < self.limit and time.monotonic() < self.deadline:
            answer = self._request(repair)
            if answer is None:
                continue
            if declined(answer):
                return _Ending(None, "refused")
            reading = read(answer, self.record)
            if reading.record is not None:
                return _Ending(reading.record, "repaired" if repair else "answered")
            if repair:
                break
            repair = _repair(answer, reading.problems)
        return _Ending(None, "malformed" if repair else "failed")

    def _request(self, repair: list[BaseMessage]) -> AIMessage | None:
        """Return the model's answer; `None` when it is to be asked in another way."""
        way, *others = [way for way in ways(self.model) if way not in self.rejected]
        form = Form(way, self.record.model_json_schema())
        try:
            bound = form.bind(single(self.model, self.deadline - time.monotonic()))
            answer = self._count(bound, form.conversation(self.messages, repair))
        except Exception as error:
            if not others or not rejects(error):
                raise
            self.rejected.append(way)
            return None
        if self.rejected:
            remember(self.model, way)
        return answer

    def _count(self, bound: quiet.Model, conversation: list[BaseMessage]) -> AIMessage:
        """Return the model's answer, and count it. What is not answered counts as it was sent."""
        sent = estimated_tokens(conversation)
        self.calls += 1
        self.tokens += sent
        self.prompt_tokens += sent
        answer = _answer(bound, conversation)
        usage = answer.usage_metadata
        read, all_ = (usage["input_tokens"], usage["total_tokens"]) if usage else (None, None)
        self.prompt_tokens += _counted(read, sent) - sent
        self.tokens += _counted(all_, sent + len(said(answer)) // 4) - sent
        return answer


def estimated_tokens(messages: Sequence[BaseMessage]) -> int:
    """Return about how many tokens messages have: a quarter of their characters."""
    return sum(len(message.text) for message in messages) // 4


def _counted(reported: object, estimated: int) -> int:
    """Return the tokens that a model reports; the estimate where that is no number of tokens."""
    return reported if isinstance(reported, int) and reported >= 0 else estimated


def _answer(model: quiet.Model, conversation: list[BaseMessage]) -> AIMessage:
    try:
        return quiet.ask(quiet.uncached(model), conversation)
    except Exception as error:
        if answer := withheld(error):
            return answer
        raise


def _repair(answer: AIMessage, problems: str) -> list[BaseMessage]:
    """Return the answer as text, for a call of a tool would want its result, and what is wrong with it."""
    text = said(answer)
    return [*([AIMessage(text)] if text else []), HumanMessage(REPAIR.format(problems=problems))]
