"""Nothing that listens to the wrapper hears what the wrapped model said, whatever way it was asked."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any, Literal

import pytest
from expunge import Target, TargetStore, wrap
from expunge.schema import StreamMode
from expunge.tests.listening import MODES, Recorder
from expunge.wrappers import SanitizedChatModel
from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, BaseMessage, HumanMessage, message_chunk_to_message
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import RunnableConfig
from langchain_core.tracers.context import tracing_v2_enabled
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.types import StreamMode as GraphStreamMode
from langsmith import Client
from pydantic import Field
from requests import Response, Session

SECRET = "Hina Ameen"
HALVES = ("Hina", "Ameen")


def chunks(text: str) -> list[AIMessageChunk]:
    return [AIMessageChunk(content=text[start : start + 3]) for start in range(0, len(text), 3)]


PLAIN = chunks(f"Bob Ray came second. The prize went to {SECRET}. It rained all day.")
THINKING = [
    *(AIMessageChunk(content=[{"type": "thinking", "thinking": word, "index": 0}]) for word in ("It was ", *HALVES)),
    AIMessageChunk(content="Bob Ray won."),
]
BESIDE = [
    AIMessageChunk(content="", additional_kwargs={"reasoning_content": f"It was {SECRET}."}),
    AIMessageChunk(content="Bob Ray won."),
]
CALLING = [
    AIMessageChunk(
        content="",
        tool_call_chunks=[{"name": "find", "args": '{"who": "Hina ', "id": "1", "index": 0, "type": "tool_call_chunk"}],
    ),
    AIMessageChunk(
        content="",
        tool_call_chunks=[{"name": None, "args": 'Ameen"}', "id": None, "index": 0, "type": "tool_call_chunk"}],
    ),
]
HIDDEN = [
    AIMessageChunk(
        content="Bob Ray won.", additional_kwargs={"refusal": SECRET}, response_metadata={"logprobs": SECRET}
    ),
    AIMessageChunk(
        content=[
            {"type": "text", "text": " It rained.", "annotations": [{"title": SECRET}]},
            {"type": "image", "url": SECRET},
        ]
    ),
]
ANSWERS = {"plain": PLAIN, "thinking": THINKING, "beside": BESIDE, "calling": CALLING, "hidden": HIDDEN}


class Scripted(BaseChatModel):
    """Says what it is given; then fails, with the secret in its error, if it is told to."""

    answer: list[AIMessageChunk] = Field(repr=False, exclude=True)
    fails: bool = False

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        if self.fails:
            raise ValueError(SECRET)
        whole = self.answer[0].model_copy(deep=True) + self.answer[1:]
        assert isinstance(whole, AIMessageChunk)
        message = message_chunk_to_message(whole)
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: Any = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **_: Any,
    ) -> Iterator[ChatGenerationChunk]:
        for piece in self.answer:
            yield ChatGenerationChunk(message=piece.model_copy(deep=True))
        if self.fails:
            raise ValueError(SECRET)

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: Any = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **_: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        for piece in self._stream(messages):
            yield piece


class Wire(Session):
    """Stands in for the network between LangSmith's client and its server, and keeps what was sent."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[str] = []

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> Response:
        self.sent.append(f"{method!r} {url!r} {args} {kwargs}")
        response = Response()
        response.status_code = 202
        response._content = b"{}"
        return response


Way = Callable[[SanitizedChatModel, RunnableConfig], Awaitable[list[object]]]
QUESTION = "Who won?"


async def invoke(chat: SanitizedChatModel, config: RunnableConfig) -> list[object]:
    return [chat.invoke(QUESTION, config), await chat.ainvoke(QUESTION, config)]


async def batch(chat: SanitizedChatModel, config: RunnableConfig) -> list[object]:
    return [*chat.batch([QUESTION] * 2, config), *await chat.abatch([QUESTION] * 2, config)]


async def generate(chat: SanitizedChatModel, config: RunnableConfig) -> list[object]:
    asked: list[list[BaseMessage]] = [[HumanMessage(QUESTION)]]
    heard = config.get("callbacks")
    return [chat.generate(asked, callbacks=heard), await chat.agenerate(asked, callbacks=heard)]


async def stream(chat: SanitizedChatModel, config: RunnableConfig) -> list[object]:
    return [*chat.stream(QUESTION, config), *[piece async for piece in chat.astream(QUESTION, config)]]


async def events(chat: SanitizedChatModel, config: RunnableConfig) -> list[object]:
    seen: list[object] = []
    for version in VERSIONS:
        seen += [event async for event in chat._astream_events_v1_v2(QUESTION, config, version=version)]
    return seen


async def typed_events(chat: SanitizedChatModel, config: RunnableConfig) -> list[object]:
    typed = chat.stream_events(QUESTION, config, version="v3")
    awaited = await chat._achat_model_stream_v3(QUESTION, config)
    return [*typed, *[event async for event in awaited]]


async def graph(chat: SanitizedChatModel, config: RunnableConfig) -> list[object]:
    saver = InMemorySaver()
    builder = StateGraph(MessagesState)
    builder.add_node("talk", lambda state: {"messages": [chat.invoke(state["messages"])]})
    builder.add_edge(START, "talk")
    outer = builder.compile(checkpointer=saver)
    seen: list[object] = []
    threads: list[list[GraphStreamMode]] = [MODES, ["messages"]]
    for thread, modes in enumerate(threads):
        own: RunnableConfig = {**config, "configurable": {"thread_id": str(thread)}}
        seen += outer.stream({"messages": [HumanMessage(QUESTION)]}, own, stream_mode=modes, subgraphs=True)
    return [*seen, *saver.list(None)]


WAYS = [invoke, batch, generate, stream, events, typed_events, graph]
VERSIONS: tuple[Literal["v1", "v2"], ...] = ("v1", "v2")


@pytest.fixture(scope="module")
def guarding(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TargetStore]:
    with TargetStore(tmp_path_factory.mktemp("targets")) as opened:
        opened.add(Target(name=SECRET))
        yield opened


async def everything(way: Way, chat: SanitizedChatModel) -> list[str]:
    """Return what was seen, and what callbacks and LangSmith's server heard."""
    recorder, wire = Recorder(), Wire()
    client = Client("http://langsmith.invalid", api_key="none", session=wire, auto_batch_tracing=False)
    with tracing_v2_enabled(client=client):
        seen = await way(chat, {"callbacks": [recorder]})
    return ["".join(map(str, heard)) for heard in (seen, recorder.heard, wire.sent)]


IGNORED = pytest.mark.filterwarnings(
    "ignore::langchain_core._api.LangChainBetaWarning", "ignore::langchain_core._api.LangChainDeprecationWarning"
)


@IGNORED
@pytest.mark.parametrize("mode", ["sentence", "buffer"])
@pytest.mark.parametrize("fails", [False, True], ids=["answers", "fails"])
@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
async def test_the_secret_of_a_draft_appears_nowhere(
    guarding: TargetStore, caplog: pytest.LogCaptureFixture, way: Way, answer: str, fails: bool, mode: StreamMode
) -> None:
    caplog.set_level("DEBUG")
    chat = wrap(Scripted(answer=ANSWERS[answer], fails=fails), guarding, stream=mode)
    told = await everything(way, chat)
    assert all(told)
    assert not any(half in text for half in HALVES for text in (*told, caplog.text))


@IGNORED
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
async def test_what_is_no_secret_appears_everywhere(store: TargetStore, way: Way) -> None:
    told = await everything(way, wrap(Scripted(answer=chunks("It was Hina-Ameen all day.")), store))
    assert all("Hina" in text for text in told)
