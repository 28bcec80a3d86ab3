"""One exchange as a LangGraph workflow: vet, generate, audit, rewrite, critique, gate."""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from copy import copy
from pathlib import Path
from time import perf_counter
from typing import Any, Protocol, Self

from langchain_core.messages import AIMessage
from langchain_core.messages.utils import MessageLikeRepresentation
from langchain_core.runnables import Runnable, RunnableLambda
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from ..agents.advisers import AgentModel, load_agent_models
from ..agents.conversation import Conversation
from ..agents.explanations import Explanation, explain
from ..detection.detector import Detector
from ..errors import InputError, UnguardedSurface
from ..models import load_chat_model
from ..models.quiet import QUIET, Model, aask, ask, uncached
from ..schema import Ability, Policy, Role, StreamMode, Verdict
from ..stores.ledger import Recorder
from ..stores.targets import TargetStore
from .gate import Gate, Released
from .removals import Removals
from .staffing import staff
from .state import Answer, Desk, Exchange, LostExchange, Question, State
from .steps import Steps
from .streaming import DraftStream

Prompt = str | Sequence[MessageLikeRepresentation]
"""A user's text, or the messages of a conversation in any form that LangChain takes."""

_INSTRUCT = "Put a model under it: `expunge.wrap`, `Sanitizer.graph`, or `expunge eval guard --model`."

Graph = CompiledStateGraph[State, None, Any, Any]
Update = dict[str, Any]


class Node(Protocol):
    """A node of the graph: reads the state, returns what changes in it."""

    def __call__(self, state: State) -> Update:
        """Do the node's work."""


class Sanitizer:
    """Four agents around any chat model, on one register of targets: by rules, and with a model where one is given.

    Fails closed: whatever goes wrong between the question and the gate ends in an abstention. What a sanitizer does is
    suppression; the model's weights keep what they know.

    Args:
        store: The register. Targets that are added later count from the next exchange on.
        policy: Limits and sides; `None`: the defaults. Thresholds that it does not give are those of the register as
            they are now (`expunge calibrate`).
        agent_model: A model for the agents, asked where the rules are uncertain or something must be rewritten: a chat
            model, or what `load_chat_model` takes. It is sent the exchange, and what the register says of the few
            targets in doubt. `None`: the agents work by rules alone.
        agent_models: Models for single agents (`"vetter"`, `"auditor"`, `"rewriter"`, `"critic"`), before that for all.
        without: Layers of detection that are switched off, to measure what each is worth.
        ledger: Where decisions are recorded; `None`: the store's own. A trial is no decision: give it another one.

    Raises:
        UnreadableStore: When the thresholds set for the register were changed by others.
        StoreBusy: When another process owns the register's index.
        EmbeddingMismatch: When the index holds another embedding model's vectors.
        PrerequisiteError: When the embedding model is missing.
    """

    def __init__(
        self,
        store: TargetStore,
        *,
        policy: Policy | None = None,
        agent_model: AgentModel | None = None,
        agent_models: Mapping[Role, AgentModel] | None = None,
        without: Collection[Ability] = (),
        ledger: Recorder | None = None,
    ) -> None:
        self.store = store
        self._ledger = ledger
        self._removals = Removals.none()
        self._models = load_agent_models(agent_model, agent_models)
        self._detector = Detector(store, without=without)
        self._decide_by(policy or Policy())
        self._detector.warm_up()

    def with_policy(self, policy: Policy) -> Self:
        """Return a sanitizer with another policy that shares the rest with this one: nothing is loaded again.

        Raises:
            UnreadableStore: When the policy gives no thresholds, and those of the register were changed by others.
        """
        other = copy(self)
        other._decide_by(policy)
        return other

    def around(self, model: object) -> Self:
        """Return a sanitizer that tells which targets a weight-level job took out of this model; it shares the rest.

        Args:
            model: The chat model that it is to stand around.
        """
        removals = Removals.of(self.store, model)
        if not removals.covered:
            return self
        other = copy(self)
        other._removals = removals
        other._decide_by(self.policy)
        return other

    def _decide_by(self, policy: Policy) -> None:
        if "thresholds" not in policy.model_fields_set:
            policy = policy.model_copy(update={"thresholds": self.store.thresholds})
        self.policy = policy
        self._steps = staff(self._detector, policy, self._models, self.store.keys.digest)
        self._gatekeeper = Gate(self.store, self._detector, policy, self._ledger, self._removals)
        self._desk = Desk()
        # The exchange is on the desk before a check begins, its draft with it: there is no model to be called.
        self._checks = self._assemble(self._node(self._steps.vet), self._node(lambda exchange: None))
        self._decisions = self._assemble()

    def check(self, prompt: Prompt, response: str | None = None) -> Verdict:
        """Decide on one exchange, without calling the wrapped model.

        Args:
            prompt: The user's text or the conversation's messages.
            response: The draft to be judged; `None`: the prompt alone is.

        Returns:
            The verdict; `text` is what may be shown, empty when there was no response and nothing was withheld.

        Raises:
            InputError: When the prompt is no conversation, or the response no text, or the policy instructs the wrapped
                model and so has nothing to say of a draft.
        """
        state = self._put(prompt, response)
        try:
            verdict: Verdict = self._checks.invoke(state, QUIET)["verdict"]
        finally:
            self._desk.drop(state["exchange"])
        return verdict

    def explain(self, verdict: Verdict) -> list[Explanation]:
        """Say for each finding of a verdict what its layer finds and what would have changed it.

        Findings of targets that are no longer registered are left out.
        """
        found = {finding.target for finding in verdict.findings}
        targets = {target.id: target for target in self.store.get_many(found)}
        known = [finding for finding in verdict.findings if finding.target in targets]
        return [explain(finding, targets[finding.target], verdict.policy) for finding in known]

    async def acheck(self, prompt: Prompt, response: str | None = None) -> Verdict:
        """Do what `check` does, without blocking the event loop."""
        state = self._put(prompt, response)
        try:
            verdict: Verdict = (await self._checks.ainvoke(state, QUIET))["verdict"]
        finally:
            self._desk.drop(state["exchange"])
        return verdict

    def begin(self, prompt: Prompt, stream: StreamMode = "sentence", *, instructs: bool = False) -> DraftStream:
        """Begin an exchange whose draft is brought piece by piece, by a caller that asks the model itself.

        ```
        session = sanitizer.begin("Who won?")
        pieces = () if session.denied else model.stream("Who won?")
        for piece in pieces:
            show(session.feed(piece.text).text)
        show(session.finish().rest)
        ```

        Args:
            prompt: The user's text or the conversation's messages.
            stream: Whether sentences are released as they come, or all at the end.
            instructs: Whether the caller asks the model what `DraftStream.asked` returns, and not the prompt itself.

        Raises:
            InputError: When the prompt is no conversation.
            UnguardedSurface: When the policy instructs the wrapped model, and the caller does not.
        """
        if self._steps.instructs and not instructs:
            raise UnguardedSurface(f"The policy {self.policy.name!r} cannot instruct the model here.", fix=_INSTRUCT)
        exchange = Exchange(Conversation.of(prompt), streamed=stream == "sentence")
        _attempt(self._steps.vet, exchange)
        return DraftStream(exchange, self._steps, self._gatekeeper, self._decide, stream)

    def _decide(self, exchange: Exchange) -> Released:
        """Run the workflow from the audit on."""
        handle = ""
        try:
            handle = self._desk.put(exchange)
            answer = self._decisions.invoke({"exchange": handle}, QUIET)
            return Released.of(answer["messages"][-1], answer["verdict"], exchange)
        except Exception as error:  # noqa: BLE001 - fail closed
            exchange.error = type(error).__name__
            return self._gatekeeper.release(exchange)
        finally:
            self._desk.drop(handle)

    def graph(self, model: str | Path | Model) -> Graph:
        """Return the compiled workflow around a chat model, to run by itself or as a node of another graph.

        It takes `messages` and gives `messages`, with the released answer added, and `verdict`. Its streams,
        checkpoints and traces never hold the draft, and no cache of LangChain's keeps it.
        (`langchain_core.globals.set_debug` prints what every model says, this one's draft too.)

        Args:
            model: A LangChain chat model (also one with bound arguments), `"provider:model"`, a local path, or
                `"demo"`.

        Raises:
            ModelNotFound: No model has this name or lies at this path.
            PrerequisiteError: A package that the model needs is missing.
        """
        chat = load_chat_model(model) if isinstance(model, str | Path) else model
        mine = self.around(chat)
        return mine._assemble(mine._vet, mine._generator(uncached(chat)), Question, Answer, mine._holding_gate())

    def _assemble(
        self,
        vet: Node | None = None,
        generate: Node | Runnable[State, Update] | None = None,
        takes: type[Any] = State,
        gives: type[Any] = State,
        gate: Node | Runnable[State, Update] | None = None,
    ) -> Graph:
        """Compile the workflow; without the first two nodes it begins with a draft that is there already."""
        builder = StateGraph(State, input_schema=takes, output_schema=gives)
        if vet and generate:
            builder.add_node("vet", vet)
            builder.add_node("generate", generate)
            builder.add_edge(START, "vet")
            builder.add_conditional_edges("vet", self._after_vet, ["generate", "gate"])
            builder.add_edge("generate", "audit")
        else:
            builder.add_conditional_edges(START, self._after_vet, {"generate": "audit", "gate": "gate"})
        builder.add_node("audit", self._node(self._steps.audit))
        builder.add_node("rewrite", self._node(self._steps.rewrite))
        builder.add_node("critique", self._node(self._steps.critique))
        builder.add_node("gate", gate or self._gate)
        builder.add_conditional_edges("audit", self._after_audit, ["rewrite", "gate"])
        builder.add_edge("rewrite", "critique")
        builder.add_conditional_edges("critique", self._after_critique, ["rewrite", "gate"])
        builder.add_edge("gate", END)
        return builder.compile()

    def _put(self, prompt: Prompt, response: str | None) -> State:
        if response is not None and not isinstance(response, str):
            raise InputError(f"The response is of type {type(response).__name__!r}.", fix="Give a text, or None.")
        if self._steps.instructs:
            raise InputError(f"The policy {self.policy.name!r} has nothing to say of a draft.", fix=_INSTRUCT)
        exchange = Exchange(Conversation.of(prompt))
        self._steps.take(exchange, AIMessage(response or ""))
        return {"exchange": self._desk.put(exchange)}

    def _node(self, step: Callable[[Exchange], None]) -> Node:
        """Make a node of a step: it changes the exchange on the desk, and nothing in the state."""

        def node(state: State) -> Update:
            _attempt(step, self._at_work(state))
            return {}

        return node

    def _vet(self, state: State) -> Update:
        # Each run begins its own exchange: a handle left in a checkpoint may belong to another conversation.
        exchange = Exchange(Conversation(()))
        opened: State = {"exchange": self._desk.put(exchange)}
        self._node(lambda work: work.read(state.get("messages", [])))(opened)
        self._node(self._steps.vet)(opened)
        return {**opened}

    def _generator(self, model: Model) -> Runnable[State, Update]:
        """Make the node that calls the wrapped model: unchanged, unseen by callbacks and tracers."""

        def generate(state: State) -> Update:
            with _Drafting(self._steps, self._at_work(state)) as drafting:
                drafting.draft = ask(model, self._steps.asked(state["messages"]))
            return {}

        async def agenerate(state: State) -> Update:
            with _Drafting(self._steps, self._at_work(state)) as drafting:
                drafting.draft = await aask(model, self._steps.asked(state["messages"]))
            return {}

        return RunnableLambda(generate, agenerate, name="generate")

    def _gate(self, state: State) -> Update:
        return _told(self._release(state))

    def _holding_gate(self) -> Runnable[State, Update]:
        """Make the gate of a graph that calls the model: an abstention waits as long as the model's own would take."""

        def gate(state: State) -> Update:
            return _told(self._release(state).held())

        async def agate(state: State) -> Update:
            released = await asyncio.to_thread(self._release, state)
            return _told(await released.aheld())

        return RunnableLambda(gate, agate, name="gate")

    def _release(self, state: State) -> Released:
        exchange = self._at_work(state)
        self._desk.drop(state.get("exchange", ""))
        return self._gatekeeper.release(exchange)

    def _at_work(self, state: State) -> Exchange:
        """Return the exchange of a state; one that is lost leads to an abstention."""
        try:
            return self._desk.get(state.get("exchange", ""))
        except LostExchange as error:
            return Exchange(Conversation(()), error=type(error).__name__)

    def _after_vet(self, state: State) -> str:
        exchange = self._at_work(state)
        return "gate" if exchange.error or exchange.denied else "generate"

    def _after_audit(self, state: State) -> str:
        exchange = self._at_work(state)
        return "rewrite" if exchange.findings and not exchange.error else "gate"

    def _after_critique(self, state: State) -> str:
        exchange = self._at_work(state)
        return "gate" if exchange.error or exchange.accepted or exchange.exhausted else "rewrite"


def _told(released: Released) -> Update:
    return {"messages": [released.message], "verdict": released.verdict, "exchange": ""}


def _attempt(step: Callable[[Exchange], None], exchange: Exchange) -> None:
    """Do a step of an exchange that nothing has gone wrong with yet."""
    if exchange.error:
        return
    try:
        step(exchange)
    except Exception as error:  # noqa: BLE001 - fail closed: the gate abstains, whatever it was
        exchange.error = type(error).__name__


class _Drafting:
    """Waits for the wrapped model: counts the call, takes the time, and turns its failure into an abstention."""

    def __init__(self, steps: Steps, exchange: Exchange) -> None:
        self._steps = steps
        self._exchange = exchange
        self._began = perf_counter()
        self.draft: object = None

    def __enter__(self) -> Self:
        self._exchange.calls += 1
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        if isinstance(error, Exception):
            self._exchange.error = type(error).__name__
        elif not isinstance(self.draft, AIMessage):
            self._exchange.error = "NoMessage"
        else:
            self._steps.take(self._exchange, self.draft, perf_counter() - self._began)
        return isinstance(error, Exception)
