"""An agent whose model and tools are under the sanitiser by middleware."""

from dataclasses import dataclass, field
from typing import Annotated, Any

import pytest
from expunge import Target, TargetStore
from expunge.tests.listening import MODES
from expunge.wrappers.middleware import SanitizingMiddleware
from langchain.agents import create_agent
from langchain.agents.middleware import ToolCallRequest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AnyMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.tools import InjectedToolCallId, tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command, Send
from pydantic import BaseModel, Field

SECRET = "Hina Ameen"


class Winner(BaseModel):
    """Who won."""

    name: str


class Scripted(BaseChatModel):
    """Gives its answers in turn."""

    answers: list[AIMessage] = Field(repr=False, exclude=True)
    read: list[str] = Field(default_factory=list, repr=False, exclude=True)

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(self, tools: Any, **kwargs: Any) -> Runnable[Any, AIMessage]:
        return self.bind(tools=tools, **kwargs)

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        self.read.append(str(messages))
        return ChatResult(generations=[ChatGeneration(message=self.answers.pop(0))])


def calling(name: str, /, **args: str) -> AIMessage:
    return AIMessage("", tool_calls=[{"name": name, "args": args, "id": "call_1"}])


@tool
def search(what: str) -> str:
    """Search."""
    return f"It rained all day. The prize went to {SECRET}. Bob Ray came second."


@tool(response_format="content_and_artifact")
def look_up(what: str) -> tuple[str, object]:
    """Look up."""
    return "One document was found.", {"page": SECRET}


class Silent:
    """Prints nothing of what it holds."""

    held = SECRET

    def __bool__(self) -> bool:
        raise ValueError


@dataclass
class Record:
    """Prints nothing of what it holds."""

    held: str = field(default=SECRET, repr=False)


@tool(response_format="content_and_artifact")
def hide(what: str) -> tuple[str, object]:
    """Hide."""
    return "One document was found.", [Silent()]


@tool(response_format="content_and_artifact")
def keep(what: str) -> tuple[str, object]:
    """Keep."""
    return "One document was found.", Record()


@tool
def store_away(what: str, tool_call_id: Annotated[str, InjectedToolCallId]) -> Command[Any]:
    """Store."""
    return Command(update={"messages": [ToolMessage("Noted.", tool_call_id=tool_call_id)], "jump_to": Silent()})


@tool
def note(what: str, tool_call_id: Annotated[str, InjectedToolCallId]) -> Command[Any]:
    """Note."""
    return Command(update={"messages": [ToolMessage(f"Noted for {SECRET}.", tool_call_id=tool_call_id)]})


@pytest.fixture
def middleware(store: TargetStore) -> SanitizingMiddleware:
    store.add(Target(name=SECRET))
    return SanitizingMiddleware(store)


def messages_of(answer: dict[str, Any]) -> list[AnyMessage]:
    found: list[AnyMessage] = answer["messages"]
    return found


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("search", "It rained all day. Bob Ray came second."),
        ("look_up", "One document was found."),
        ("hide", "One document was found."),
        ("keep", "One document was found."),
        ("store_away", "The result is withheld: it holds what cannot be read."),
        ("note", ""),
    ],
)
async def test_what_tools_bring_back_is_sanitised(middleware: SanitizingMiddleware, name: str, kept: str) -> None:
    for call in ("invoke", "ainvoke"):
        model = Scripted(answers=[calling(name, what="race"), AIMessage("Bob Ray came second.")])
        agent = create_agent(model, [search, look_up, hide, keep, store_away, note], middleware=[middleware])
        asked: Any = {"messages": [HumanMessage("Who won?")]}
        answer = await agent.ainvoke(asked) if call == "ainvoke" else agent.invoke(asked)
        result = messages_of(answer)[2]
        assert isinstance(result, ToolMessage)
        assert SECRET not in str(result)
        assert result.artifact is None
        assert SECRET not in model.read[1]
        assert result.text == kept or not kept
        assert messages_of(answer)[-1].text == "Bob Ray came second."


def test_model_calls_and_their_arguments_are_sanitised(middleware: SanitizingMiddleware) -> None:
    model = Scripted(answers=[AIMessage(f"Bob Ray lost. The prize went to {SECRET}. It rained all day.")])
    agent = create_agent(model, [search], middleware=[middleware])
    answer = agent.invoke({"messages": [HumanMessage("Who won?")]})
    assert messages_of(answer)[-1].text == "Bob Ray lost. It rained all day."
    model = Scripted(answers=[calling("search", what=SECRET)])
    agent = create_agent(model, [search], middleware=[middleware])
    last = messages_of(agent.invoke({"messages": [HumanMessage("Who won?")]}))[-1]
    assert isinstance(last, AIMessage)
    assert not last.tool_calls


def test_streams_and_checkpoints_hold_neither_draft_nor_tool_result(middleware: SanitizingMiddleware) -> None:
    saver = InMemorySaver()
    model = Scripted(answers=[calling("search", what="race"), AIMessage(f"The prize went to {SECRET}.")])
    agent = create_agent(model, [search], middleware=[middleware], checkpointer=saver)
    config: RunnableConfig = {"configurable": {"thread_id": "1"}}
    seen = [str(piece) for piece in agent.stream({"messages": [HumanMessage("Who won?")]}, config, stream_mode=MODES)]
    assert seen
    assert not any(SECRET in text for text in (*seen, *map(str, saver.list(None))))


async def test_events_of_the_tool_itself_are_beyond_middleware(middleware: SanitizingMiddleware) -> None:
    """What the docs say that middleware cannot guard: if this fails, the docs can promise more."""
    model = Scripted(answers=[calling("search", what="race"), AIMessage(f"The prize went to {SECRET}.")])
    agent = create_agent(model, [search], middleware=[middleware])
    asked: Any = {"messages": [HumanMessage("Who won?")]}
    told = [event async for event in agent.astream_events(asked, version="v2") if SECRET in str(event)]
    assert {event["event"] for event in told} == {"on_tool_end"}


def test_tools_and_structured_output_reach_a_wrapped_model(middleware: SanitizingMiddleware) -> None:
    model = Scripted(answers=[calling("Winner", name="Bob Ray")])
    agent = create_agent(model, [search], middleware=[middleware], response_format=Winner)
    answer = agent.invoke({"messages": [HumanMessage("Who won?")]})
    assert answer["structured_response"] == Winner(name="Bob Ray")


BLOCKS: list[list[str | dict[Any, Any]]] = [
    [{"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": f"{SECRET} won."}}],
    [{"type": "json", "data": {"name": SECRET}}],
    [{"type": "text", "text": "ok", "annotations": [{"cited_text": f"{SECRET} won."}]}],
]


def brought_back(middleware: SanitizingMiddleware, result: Any) -> Any:
    """Return what becomes of a tool's result."""
    request: Any = ToolCallRequest(calling("search").tool_calls[0], None, {"messages": []}, None)  # type: ignore[arg-type]

    def handler(_: ToolCallRequest) -> Any:
        return result

    return middleware.wrap_tool_call(request, handler)


@pytest.mark.parametrize("content", BLOCKS, ids=["document", "json", "citation"])
def test_no_field_of_a_tools_blocks_is_passed_unseen(middleware: SanitizingMiddleware, content: Any) -> None:
    for result in (ToolMessage(content, tool_call_id="1"), ToolMessage("ok", tool_call_id="1", name=SECRET)):
        assert SECRET not in str(brought_back(middleware, result))


def test_commands_are_read_whole_and_lists_one_by_one(middleware: SanitizingMiddleware) -> None:
    fine = ToolMessage("fine", tool_call_id="1")
    sent: Any = Command(update={"messages": [fine]}, goto=Send("other", {"t": SECRET}))
    resumed: Any = Command(update={"messages": [fine]}, resume=SECRET)
    for result in (sent, resumed, [fine, sent]):
        assert SECRET not in str(brought_back(middleware, result))
    assert brought_back(middleware, [fine, fine]) == [fine, fine]
