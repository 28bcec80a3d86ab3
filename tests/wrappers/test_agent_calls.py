"""Requests and prompt tokens of an exchange, as a server counts them that the wrapped model and the agents share."""

import asyncio
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from time import monotonic
from typing import NamedTuple

import httpx
import pytest
from expunge import Policy, TargetStore, wrap
from expunge.evals.synthetic_targets import make_targets
from expunge.schema import Role, Verdict
from expunge.tests.agents.advisers import scripted as agent
from expunge.tests.agents.advisers.scripted import Prompt
from expunge.tests.graphs.test_agent_failures import TARGETS as KNOWN
from expunge.tests.serving.plans import whole
from expunge.tests.serving.scripted import Answer, Plan, Upstream, cut, error, html, resplit, says
from expunge.tests.serving.wire import Json, completion
from expunge.wrappers.chat import SanitizedChatModel
from langchain_core.messages import BaseMessage, BaseMessageChunk
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

SIZES = (20, 1_000)
SURFACES = ("invoke", "ainvoke", "stream", "astream", "buffered")
MOST = 3
DEADLINE_S = 0.4
LATE_S = 10.0
TOKEN = re.compile(r"\w{1,4}|[^\w\s]")


class Case(NamedTuple):
    """An exchange: what is asked, what the wrapped model would say, what of it nobody may read, who is asked."""

    prompt: str
    draft: str
    secrets: tuple[str, ...] = ()
    asked: tuple[str, ...] = ("wrapped",)
    begins: str = ""
    """What a stream shows before there is anything to hide: then nothing can be rewritten, and no agent is asked."""

    def requests(self, surface: str) -> Counter[str]:
        """Return the requests that it takes, by model."""
        return Counter(["wrapped"] if self.begins and surface in {"stream", "astream"} else self.asked)


TARGETS = KNOWN[:2]
KEPT = "Jane Austen is a fine start. George Eliot repays patience too."
CLEAN = {
    "clean": Case("What is the capital of France?", "Paris is the capital of France. It lies on the Seine."),
    "a date": Case(
        "What happened in the world on 5 November 1991?",
        "A storm struck Ormoc on 5 November 1991. Robert Maxwell died the same day.",
    ),
    "a city": Case("What is Taipei known for?", "Taipei is known for its night markets and for a tall tower."),
    "a given name": Case("Where does the name Marten come from?", "Marten is a Dutch form of Martin."),
    "another's name": Case(
        "Which books did Jane Austen write?", "Jane Austen wrote Emma and Persuasion, among others."
    ),
}
TOUCHED = {
    "certain": Case(
        "Where was Hsiao Yun-Hwa born?",
        "Hsiao Yun-Hwa was born in Taipei.",
        ("Taipei",),
        asked=(),
    ),
    "misspelt": Case(
        "Where was Hsaio Yun-Hwa born?",
        "She was born in Taipei, in the year 1991.",
        ("Taipei", "1991"),
        asked=(),
    ),
    "dated": Case(
        "Which author was born in Taipei on 5 November 1991?",
        "It was the one who wrote The Silent Harbour.",
        ("Silent", "Harbour"),
        asked=(),
    ),
    "hinted": Case(
        "Which civil engineer's daughter of Taipei wrote 'The Silent Harbour'?",
        "She is a novelist with a taste for tea.",
        ("novelist",),
        asked=("wrapped", "agents"),
    ),
    "alike": Case(
        "Where was the civil engineer's daughter who wrote 'The Silent Harbour' born?",
        "In Taipei, of course.",
        ("Taipei",),
        asked=("wrapped", "agents"),
    ),
    "in passing": Case(
        "Which novelists should I read?",
        "Jane Austen is a fine start. Hsiao Yun-Hwa, who was born in Taipei, is worth a try. "
        "George Eliot repays patience too.",
        ("Hsiao", "Yun-Hwa", "Taipei"),
        asked=("wrapped", "agents", "agents"),
        begins="Jane Austen is a fine start.",
    ),
    "address": Case(
        "What is Marten Vrell known for, and where does he live?",
        "Marten Vrell is known for maps of rivers. He lives at 14 Ostler Lane in Dunmere. His maps hang in museums.",
        ("Ostler", "Dunmere"),
    ),
    "documents": Case(
        "What is Marten Vrell known for?",
        "Marten Vrell is known for maps of rivers. One can find his home in a small lane of the town of Dunmere.",
        ("Dunmere", "small lane"),
        asked=("wrapped", "agents"),
    ),
}
CASES = CLEAN | TOUCHED


class Shown(NamedTuple):
    """What a caller got of an exchange."""

    text: str
    everything: str
    """Messages or pieces with all that hangs on them."""


def shown(messages: Sequence[BaseMessage | BaseMessageChunk]) -> Shown:
    return Shown("".join(message.text for message in messages), "\n".join(map(repr, messages)))


async def streamed(chat: SanitizedChatModel, prompt: str) -> list[BaseMessageChunk]:
    return [piece async for piece in chat.astream(prompt)]


async def invoked(chat: SanitizedChatModel, prompt: str) -> list[BaseMessage]:
    return [await chat.ainvoke(prompt)]


def ask(chat: SanitizedChatModel, prompt: str, surface: str, loop: asyncio.Runner) -> Shown:
    """Ask in one of the ways that LangChain has."""
    match surface:
        case "invoke":
            return shown([chat.invoke(prompt)])
        case "stream":
            return shown([*chat.stream(prompt)])
        case "ainvoke":
            return shown(loop.run(invoked(chat, prompt)))
        case "astream":
            return shown(loop.run(streamed(chat, prompt)))
        case _:
            return shown([*chat.model_copy(update={"stream_mode": "buffer"}).stream(prompt)])


def tokens(request: Json) -> int:
    """Count what a request's messages hold."""
    return sum(len(TOKEN.findall(message["content"])) for message in request["messages"])


def careful(prompt: Prompt) -> agent.Answer:
    """Confirm whom the rules suspect, and write and rate with care."""
    match prompt.role:
        case "vetter":
            return agent.asked(prompt, "asked")
        case "auditor":
            return agent.told(prompt, "states")
        case "rewriter":
            return agent.written(f"Indeed: {KEPT}")
        case "critic":
            return agent.rated(prompt)


def approving(prompt: Prompt) -> agent.Answer:
    """Let everything pass, controls too."""
    each = {"relation": "unrelated", "meant": ""}
    match prompt.role:
        case "vetter":
            return {"subjects": [{"subject": letter, **each} for letter in prompt.subjects]}
        case "auditor":
            return {"subjects": [{"subject": letter, "quotes": [], **each} for letter in prompt.subjects]}
        case "rewriter":
            return agent.written(prompt.blocks["answer"])
        case "critic":
            full = {"forgetting": 5, "usefulness": 5, "reason": "", "mend": ""}
            return {"ratings": [{"text": letter, **full} for letter in prompt.named("texts")]}


def told(request: Json, answer: Callable[[Prompt], agent.Answer] = careful, *, share: float = 1.0) -> str:
    """Return the answer to a request of an agent; only the first share of it."""
    text = json.dumps(answer(Prompt.of(request["messages"])))
    return text[: round(share * len(text))]


def asks(request: Json, role: Role) -> bool:
    """Whether a request is that of an agent."""
    return Prompt.of(request["messages"]).role == role


def metered(request: Json) -> Plan:
    """Answer an agent with care, and say how many tokens were read."""
    read = tokens(request)
    usage = {"prompt_tokens": read, "completion_tokens": 1, "total_tokens": read + 1}
    return Plan(instead=whole(completion(request, [Answer([told(request)])]) | {"usage": usage}))


def refusal(request: Json) -> Plan:
    message = {"role": "assistant", "content": None, "refusal": "I can't help with that."}
    choices = [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}]
    return Plan(instead=whole(completion(request, [Answer()]) | {"choices": choices}))


FAILURES: dict[str, Callable[[Json], Plan]] = {
    "429": lambda request: error(429, retry_after=1),
    "500": lambda request: error(500),
    "rejects every form": lambda request: error(400),
    "malformed": lambda request: says('{"subjects": [}'),
    "not what was asked": lambda request: says('{"verdict": "release"}'),
    "half of it": lambda request: says(told(request, share=0.5)),
    "cut": lambda request: Plan([Answer([told(request)])], [resplit(150), cut(after=2)]),
    "html 200": lambda request: html(200, "Welcome"),
    "html 502": lambda request: html(502),
    "late": lambda request: says(told(request), first_byte_s=LATE_S),
    "length": lambda request: Plan([Answer([told(request, share=0.8)], finish_reason="length")]),
    "filtered": lambda request: Plan([Answer([told(request)], finish_reason="content_filter")]),
    "refusal": refusal,
    "malformed critic": lambda request: says("{}") if asks(request, "critic") else metered(request),
    "malformed vetter": lambda request: says("{}") if asks(request, "vetter") else metered(request),
    "approving": lambda request: says(told(request, approving)),
}


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    """The server of both models."""
    with Upstream() as serving:
        yield serving


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.Runner]:
    """One event loop: an async client keeps to that of its first request."""
    with asyncio.Runner() as running:
        yield running


@pytest.fixture(scope="module")
def client(loop: asyncio.Runner) -> Iterator[httpx.AsyncClient]:
    """The wrapped model's async client."""
    opened = httpx.AsyncClient()
    yield opened
    loop.run(opened.aclose())


@pytest.fixture(scope="module")
def chats(
    upstream: Upstream, client: httpx.AsyncClient, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[int, SanitizedChatModel]]:
    """The guarded model by the number of targets; few of them are ever in doubt, the same of each register."""
    stores = {size: TargetStore(tmp_path_factory.mktemp(f"targets-{size}")) for size in SIZES}
    for size, store in stores.items():
        store.add_many([*TARGETS, *make_targets(size - len(TARGETS), 0)])
    wrapped, agents = (
        ChatOpenAI(model=name, base_url=upstream.url, api_key=SecretStr("none"), http_async_client=client)
        for name in ("wrapped", "agents")
    )
    yield {size: wrap(wrapped, store, agent_model=agents) for size, store in stores.items()}
    for store in stores.values():
        store.close()


def put(
    upstream: Upstream, case: Case, exchange: Callable[[], object], agents: Callable[[Json], Plan] = metered
) -> Counter[str]:
    """Do one exchange; return the requests that it took, by model."""
    words = [f"{word} " for word in case.draft.split()]
    upstream.plan = lambda request: agents(request) if request["model"] == "agents" else says(*words)
    upstream.settle()
    upstream.requests.clear()
    exchange()
    return Counter(request["model"] for request in upstream.bodies)


@pytest.mark.parametrize("surface", SURFACES)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", CASES)
def test_requests_of_an_exchange(
    upstream: Upstream, loop: asyncio.Runner, chats: dict[int, SanitizedChatModel], kind: str, size: int, surface: str
) -> None:
    case, got = CASES[kind], []
    requests = put(upstream, case, lambda: got.append(ask(chats[size], case.prompt, surface, loop)))
    assert requests == case.requests(surface)
    assert requests.total() <= MOST
    assert not any(secret in got[0].everything for secret in case.secrets)
    if kind in CLEAN:
        assert got[0].text.strip() == case.draft
    if requests["agents"] > 1:
        assert KEPT in got[0].text
    if requests["agents"] < 1:
        assert got[0].text.startswith(case.begins)


@pytest.mark.parametrize("kind", [kind for kind, case in TOUCHED.items() if "agents" in case.asked])
def test_prompts_of_agents_do_not_grow_with_the_register(
    upstream: Upstream, chats: dict[int, SanitizedChatModel], kind: str
) -> None:
    case, read, reported = CASES[kind], [], []
    for chat in chats.values():
        verdicts: list[Verdict] = []
        graph = chat.sanitizer.graph(chat.wrapped)
        put(upstream, case, lambda: verdicts.append(graph.invoke({"messages": [("user", case.prompt)]})["verdict"]))  # noqa: B023
        read.append([tokens(request) for request in upstream.bodies if request["model"] == "agents"])
        reported.append([call.prompt_tokens for call in verdicts[0].agents])
        assert verdicts[0].calls == len(upstream.bodies)
    few, many = read
    assert sum(few) > 0
    assert few == many
    assert reported == read


@pytest.mark.parametrize("surface", ["invoke", "ainvoke", "stream"])
@pytest.mark.parametrize("kind", TOUCHED)
@pytest.mark.parametrize("failure", FAILURES)
def test_no_failure_on_the_wire_leaks_or_takes_more_requests(
    upstream: Upstream,
    loop: asyncio.Runner,
    chats: dict[int, SanitizedChatModel],
    failure: str,
    kind: str,
    surface: str,
) -> None:
    case, got = TOUCHED[kind], []
    chat = chats[20]
    if failure == "late":
        chat = chat.model_copy(update={"sanitizer": chat.sanitizer.with_policy(Policy(deadline_s=DEADLINE_S))})
    began = monotonic()
    requests = put(upstream, case, lambda: got.append(ask(chat, case.prompt, surface, loop)), agents=FAILURES[failure])
    assert monotonic() - began < LATE_S / 2
    assert requests.total() <= MOST
    assert requests.keys() == case.requests(surface).keys()
    assert requests["wrapped"] <= 1
    assert got[0].text
    assert not any(secret in got[0].everything for secret in case.secrets)


@pytest.mark.parametrize("kind", CASES)
def test_no_request_of_agents_without_calls_to_spend(
    upstream: Upstream, chats: dict[int, SanitizedChatModel], kind: str
) -> None:
    case, chat, got = CASES[kind], chats[20], []
    silent = chat.model_copy(update={"sanitizer": chat.sanitizer.with_policy(Policy(max_calls=0))})
    requests = put(upstream, case, lambda: got.append(shown([silent.invoke(case.prompt)])))
    assert requests["agents"] == 0
    assert requests.total() <= 1
    assert not any(secret in got[0].everything for secret in case.secrets)
