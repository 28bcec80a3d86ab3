"""One weight-level job as a graph, which stops for a person before any weight is changed.

    START ─► collect ─► approve ─► train ─► evaluate ─► attack ─► decide ─► END

Its state is kept in SQLite after each step: a job whose process was killed goes on with the step that was cut short.
What the steps find lies in the job's folder; the state holds no text of any example.
"""

from typing import TYPE_CHECKING, Protocol, TypedDict

from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, interrupt

from ..stores.jobs import Stage

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig
    from langgraph.checkpoint.base import BaseCheckpointSaver
    from langgraph.graph.state import CompiledStateGraph

STEPS: tuple[Stage, ...] = ("collect", "approve", "train", "evaluate", "attack", "decide")


class StepFailed(Exception):
    """A step failed: what LangGraph may write down of it, which is nothing. The error itself is its `error`.

    Args:
        error: What the step raised.
    """

    def __init__(self, error: Exception) -> None:
        super().__init__(type(error).__name__)
        self.error = error


class JobState(TypedDict, total=False):
    """What is kept of a job between its steps."""

    job: str
    """Its id."""

    done: list[str]
    """The steps that are behind it."""


class Node(Protocol):
    """A step as LangGraph takes it."""

    def __call__(self, state: JobState) -> JobState:
        """Do the step; return what of the state it changes."""


class Stages(Protocol):
    """What the steps do; each may be called again after it was cut short, and then goes on."""

    def collect(self) -> None:
        """See to it that the job can run.

        Raises:
            ExpungeError: It cannot.
        """

    def needs_approval(self) -> bool:
        """Return whether a person must agree first."""

    def train(self) -> None:
        """Make the new model, beside the one that was given."""

    def evaluate(self) -> None:
        """Measure what the model knew before and knows after."""

    def attack(self) -> None:
        """Try to bring back what was unlearned."""

    def decide(self) -> None:
        """Judge, and write the report."""


def unlearn_graph(
    stages: Stages, checkpointer: "BaseCheckpointSaver[str]"
) -> "CompiledStateGraph[JobState, None, JobState, JobState]":
    """Return the graph of a job.

    Args:
        stages: What its steps do.
        checkpointer: Where its state is kept.
    """
    builder: StateGraph[JobState, None, JobState, JobState] = StateGraph(JobState)
    for step in STEPS:
        builder.add_node(step, _approve(stages) if step == "approve" else _run(stages, step))
    for before, after in zip((START, *STEPS), (*STEPS, END), strict=True):
        builder.add_edge(before, after)
    return builder.compile(checkpointer=checkpointer)


def go_on(graph: "CompiledStateGraph[JobState, None, JobState, JobState]", job: str, approved_by: str) -> "str | None":
    """Run a job from where it is, to its end or to where a person must agree.

    Args:
        graph: Its graph.
        job: Its id.
        approved_by: Who agreed; empty: nobody yet.

    Returns:
        The step that it waits at; `None`: it is through.

    Raises:
        Exception: What a step raised.
    """
    try:
        return _go_on(graph, job, approved_by)
    except StepFailed as failed:
        raise failed.error from None


def _go_on(graph: "CompiledStateGraph[JobState, None, JobState, JobState]", job: str, approved_by: str) -> "str | None":
    config: RunnableConfig = {"configurable": {"thread_id": job}}
    state = graph.get_state(config)
    if state.interrupts and approved_by:
        graph.invoke(Command(resume=approved_by), config, durability="sync")
    elif state.interrupts:
        return "approve"
    else:
        graph.invoke(None if state.created_at else {"job": job, "done": []}, config, durability="sync")
    following = graph.get_state(config).next
    return following[0] if following else None


def _run(stages: Stages, step: Stage) -> Node:
    def run(state: JobState) -> JobState:
        try:
            getattr(stages, step)()
        except Exception as error:  # noqa: BLE001 - LangGraph writes it into its state, and it may quote an example
            raise StepFailed(error) from None
        return {"done": [*state.get("done", []), step]}

    return run


def _approve(stages: Stages) -> Node:
    def approve(state: JobState) -> JobState:
        if stages.needs_approval():
            interrupt({"job": state["job"]})
        return {"done": [*state.get("done", []), "approve"]}

    return approve
