"""What the graph carries from node to node, and what it keeps to itself.

LangGraph streams, checkpoints and traces its state. So the state holds an opaque handle alone; the draft, the findings
and the proposals lie on a desk in this process, out of every stream's sight. A handle that is not on the desk (a run
resumed in another process, a desk cleared) leads to an abstention.
"""

from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from secrets import token_hex
from threading import Lock
from time import perf_counter
from typing import Annotated, Any, NamedTuple, TypedDict

from langchain_core.messages import AnyMessage
from langgraph.graph.message import add_messages

from ..agents.conversation import Conversation
from ..agents.critic import Critique
from ..agents.reading import Memo
from ..agents.vetting import Vetting
from ..detection.growth import Growth
from ..errors import ExpungeError
from ..schema import AgentCall, Finding, Verdict
from .draft import Draft


class Question(TypedDict):
    """What the graph takes."""

    messages: Annotated[list[AnyMessage], add_messages]


class Answer(TypedDict):
    """What the graph gives: the released message added to `messages`, and the verdict."""

    messages: Annotated[list[AnyMessage], add_messages]
    verdict: Verdict


class State(TypedDict, total=False):
    """What streams, checkpoints and traces may show; never a draft."""

    messages: Annotated[list[AnyMessage], add_messages]
    exchange: str
    verdict: Verdict


class LostExchange(ExpungeError):
    """The handle of an exchange leads nowhere."""

    code = "exchange_lost"


class Abandoned(Exception):
    """The caller went away before the answer had come to its end."""


class Settled(NamedTuple):
    """What the vetter's model made of a conversation."""

    vetting: Vetting
    """The vetting, with what it cleared and what it denied."""

    agents: list[AgentCall]
    """What it was asked for."""


@dataclass(repr=False)
class Exchange:
    """One exchange at work. Never leaves the process, has no readable form.

    Attributes:
        conversation: The turns up to the wanted answer.
        draft: The wrapped model's answer.
        vetting: What the vetter found.
        findings: What the auditor found in the draft's text and tool calls; `None` until it has looked.
        aside: What it found in the reasoning, or in reasoning and text together.
        in_calls: Whether it found something in the tool calls.
        released: What of the text a stream has shown.
        released_reasoning: The same of the reasoning.
        memo: What audits of this exchange worked out.
        growth: What was found in the beginning of the text of a draft that comes piece by piece.
        growth_aside: The same of reasoning and text together.
        working: The text that is to be rewritten next: the draft, then the best proposal so far.
        remaining: What `working` discloses.
        proposals: The rewriter's texts of this round.
        accepted: The proposal that the critic accepted.
        exhausted: Whether no further round is worth it or allowed.
        rounds: Rounds of rewriting and criticism so far.
        settling: What the vetter's model makes of the conversation, while it is being asked.
        agents: What the agents' models were asked for.
        written: The proposals of this round that the rewriter's model wrote.
        mend: What the critic's model found wanting in the last proposals; `None` when it was not asked.
        calls: Calls of the wrapped model so far.
        error: The type of the error that ends this exchange in an abstention.
        started: When the exchange began, by `time.perf_counter`.
        drafted_at: When the draft came.
        waited_s: Seconds spent waiting for the wrapped model.
        streamed: Whether the answer is shown as it comes.
        took_s: Seconds from the beginning to the gate.
        hold_s: Seconds that what is released is to be held back.
    """

    conversation: Conversation
    draft: Draft | None = None
    vetting: Vetting = field(default_factory=Vetting)
    findings: list[Finding] | None = None
    aside: list[Finding] = field(default_factory=list)
    in_calls: bool = False
    released: str = ""
    released_reasoning: str = ""
    memo: Memo = field(default_factory=Memo)
    growth: Growth = field(default_factory=Growth)
    growth_aside: Growth = field(default_factory=Growth)
    working: str = ""
    remaining: list[Finding] = field(default_factory=list)
    proposals: list[str] = field(default_factory=list)
    accepted: Critique | None = None
    exhausted: bool = False
    rounds: int = 0
    settling: Future[Settled] | None = None
    agents: list[AgentCall] = field(default_factory=list)
    written: list[str] = field(default_factory=list)
    mend: str | None = None
    calls: int = 0
    error: str = ""
    started: float = field(default_factory=perf_counter)
    drafted_at: float | None = None
    waited_s: float = 0.0
    streamed: bool = False
    took_s: float = 0.0
    hold_s: float = 0.0

    def read(self, messages: Sequence[AnyMessage]) -> None:
        """Take the conversation in."""
        self.conversation = Conversation.of(messages)

    @property
    def denied(self) -> bool:
        """Whether the wrapped model is not to be asked: what was found in the conversation is not in doubt."""
        return bool(self.vetting.denied) and self.settling is None

    @property
    def all_calls(self) -> int:
        """Model calls so far, the agents' too."""
        return self.calls + sum(entry.calls for entry in self.agents)

    @property
    def begun(self) -> bool:
        """Whether something was shown, which cannot be taken back."""
        return bool(self.released or self.released_reasoning)

    def __repr__(self) -> str:
        return "Exchange(…)"

    def __reduce__(self) -> Any:
        raise TypeError("an exchange holds a draft and is never serialised")


class Desk:
    """The exchanges at work, by handle.

    A run that was broken off leaves its exchange behind: it is forgotten after a while, or when there are too many.

    Args:
        limit: Exchanges that may be at work at once.
        keep_s: Seconds after which an exchange is forgotten.
    """

    def __init__(self, limit: int = 10_000, keep_s: float = 3_600.0) -> None:
        self._limit = limit
        self._keep_s = keep_s
        self._lock = Lock()
        self._exchanges: OrderedDict[str, tuple[Exchange, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._exchanges)

    def put(self, exchange: Exchange) -> str:
        """Take an exchange in and return its handle."""
        handle, now = f"exc_{token_hex(8)}", perf_counter()
        with self._lock:
            while self._exchanges and (len(self._exchanges) >= self._limit or self._oldest < now - self._keep_s):
                self._exchanges.popitem(last=False)
            self._exchanges[handle] = exchange, now
        return handle

    @property
    def _oldest(self) -> float:
        """When the exchange was put here that has been here longest."""
        return next(iter(self._exchanges.values()))[1]

    def get(self, handle: str) -> Exchange:
        """Return an exchange.

        Raises:
            LostExchange: When it is not here (any more).
        """
        with self._lock:
            if handle not in self._exchanges:
                raise LostExchange("This exchange is not at work in this process.")
            return self._exchanges[handle][0]

    def drop(self, handle: str) -> None:
        """Forget an exchange."""
        with self._lock:
            self._exchanges.pop(handle, None)
