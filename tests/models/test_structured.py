"""Asking for a record: which way, how often, for how long, and that nobody hears it."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any, Literal

import pytest
from expunge.models import DEMO, load_chat_model
from expunge.models.compatible import CompatibleChatModel
from expunge.models.structured import Reply, ask_record
from expunge.models.ways import Way, _proven, remember, single, ways
from expunge.schema import Outcome
from expunge.tests.listening import Recorder
from expunge.tests.serving.plans import whole
from expunge.tests.serving.scripted import Answer, Call, Plan, Upstream, cut, error, html, says
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.caches import InMemoryCache
from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.globals import set_llm_cache
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tracers.context import collect_runs
from langchain_openai import ChatOpenAI
from langsmith import get_tracing_context, tracing_context
from pydantic import BaseModel, ConfigDict, Field, SecretStr

SECRET = "Mara Lindqvist"
MESSAGES = [SystemMessage("Judge the sentences."), HumanMessage(f"1. {SECRET} was born in Lund.")]
GOOD = f'{{"sentences": [{{"number": 1, "why": "{SECRET}"}}], "certain": "no"}}'
BAD = f'{{"sentences": [{{"number": "{SECRET}", "why": ""}}], "certain": "no"}}'
ARGUMENTS = {"sentences": [{"number": 1, "why": SECRET}], "certain": "no"}


class Sentence(BaseModel):
    model_config = ConfigDict(extra="forbid")

    number: int = Field(ge=1, le=9)
    why: str


class Sentences(BaseModel):
    """The sentences that disclose something."""

    model_config = ConfigDict(extra="forbid")

    sentences: list[Sentence]
    certain: Literal["yes", "no"]


RECORD = Sentences(sentences=[Sentence(number=1, why=SECRET)], certain="no")


class Words(BaseChatModel):
    """Says or raises one thing after another; a number is a pause before the next. It has words alone."""

    script: list[Any]
    asked: list[list[BaseMessage]] = Field(default_factory=list)
    options: list[dict[str, Any]] = Field(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "words"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        self.asked.append(messages)
        self.options.append(kwargs)
        said = self.script.pop(0)
        while isinstance(said, float):
            time.sleep(said)
            said = self.script.pop(0)
        if isinstance(said, BaseException):
            raise said
        return ChatResult(generations=[ChatGeneration(message=AIMessage(said) if isinstance(said, str) else said)])


class Tools(Words):
    """Calls tools too."""

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> Runnable[LanguageModelInput, AIMessage]:
        return self.bind(tools=tools, **kwargs)


class Untrue(Tools):
    """Says that it takes a JSON schema, and does not."""

    def with_structured_output(
        self, schema: Any, *, method: str = "json_schema", **kwargs: Any
    ) -> Runnable[LanguageModelInput, Any]:
        if method == "json_schema":
            raise NotImplementedError
        return super().with_structured_output(schema, **kwargs)


def tool_call(arguments: dict[str, Any] = ARGUMENTS) -> AIMessage:
    return AIMessage("", tool_calls=[{"name": "Sentences", "args": arguments, "id": "call_1"}])


def calls(*arguments: str) -> Plan:
    return Plan([Answer((), calls=[Call("Sentences", arguments)])])


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with Upstream() as upstream:
        upstream.plan = says(GOOD)
        yield upstream


def api(upstream: Upstream, **options: Any) -> ChatOpenAI:
    return ChatOpenAI(model="scripted", base_url=upstream.url, api_key=SecretStr("none"), **options)


def ask(model: BaseChatModel, calls: int = 2, timeout_s: float = 30.0) -> Reply[Sentences]:
    return ask_record(model, MESSAGES, Sentences, calls=calls, timeout_s=timeout_s)


def outcome(reply: Reply[Sentences]) -> tuple[Outcome, int]:
    assert (reply.record is not None) == (reply.outcome in {"answered", "repaired"})
    assert reply.record in (None, RECORD)
    assert reply.elapsed_ms >= 0
    return reply.outcome, reply.calls


def objects(schema: Any) -> Iterator[dict[str, Any]]:
    """Yield every object of a JSON schema."""
    parts = schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else []
    for part in parts:
        yield from objects(part)
    if isinstance(schema, dict) and schema.get("type") == "object":
        yield schema


def assert_strict(form: dict[str, Any]) -> None:
    assert form["name"] == "Sentences"
    assert form["strict"] is True
    found = list(objects(form.get("schema") or form.get("parameters")))
    assert len(found) == 2
    for each in found:
        assert each["additionalProperties"] is False
        assert sorted(each["required"]) == sorted(each["properties"])


@pytest.mark.parametrize("kind", [ChatOpenAI, CompatibleChatModel])
def test_a_model_with_json_schema_is_asked_by_it(upstream: Upstream, kind: type[ChatOpenAI]) -> None:
    reply = ask(kind(model="scripted", base_url=upstream.url, api_key=SecretStr("none")))
    assert outcome(reply) == ("answered", 1)
    assert (reply.prompt_tokens, reply.tokens) == (5, 6)  # as the server says
    (body,) = upstream.bodies
    assert body["response_format"]["type"] == "json_schema"
    assert_strict(body["response_format"]["json_schema"])
    assert [message["content"] for message in body["messages"]] == [message.content for message in MESSAGES]
    assert "tools" not in body


def test_the_responses_api_is_asked_by_json_schema(upstream: Upstream) -> None:
    assert outcome(ask(api(upstream, use_responses_api=True))) == ("answered", 1)
    assert upstream.requests[0].path == "/v1/responses"
    assert_strict(upstream.bodies[0]["text"]["format"])


def test_a_model_that_streams_is_asked_by_json_schema(upstream: Upstream) -> None:
    upstream.plan = says(GOOD[:9], GOOD[9:])
    assert outcome(ask(api(upstream, streaming=True))) == ("answered", 1)
    assert upstream.bodies[0]["stream"] is True


def test_a_model_without_json_schema_is_asked_by_a_tool_call() -> None:
    model = Tools(script=[tool_call()])
    assert outcome(ask(model)) == ("answered", 1)
    assert model.options[0]["tool_choice"] == "any"
    (schema,) = model.options[0]["tools"]
    assert schema["title"] == "Sentences"
    assert model.asked == [MESSAGES]


def test_a_model_without_either_is_asked_in_words() -> None:
    model = Words(script=[f"Gladly:\n```json\n{GOOD}\n```"])
    reply = ask(model)
    assert outcome(reply) == ("answered", 1)
    (system, human), *_ = model.asked
    assert system == MESSAGES[0]
    assert human.type == "human"
    assert human.text.startswith(MESSAGES[1].text + "\n\n")
    assert json.dumps(Sentences.model_json_schema()) in human.text
    sent = sum(len(message.text) for message in model.asked[0])
    assert reply.prompt_tokens == sent // 4
    assert reply.tokens == sent // 4 + (len(GOOD) + len("Gladly:\n```json\n\n```")) // 4
    assert model.options == [{}]


def test_the_demo_model_is_asked_in_words() -> None:
    reply = ask(load_chat_model(DEMO), calls=1, timeout_s=60)
    assert outcome(reply) in {("malformed", 1), ("failed", 1)}


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        (None, ["json_schema", "function_calling", "parsing"]),
        ({"structured_output": True}, ["json_schema", "function_calling", "parsing"]),
        ({"structured_output": False}, ["function_calling", "parsing"]),
    ],
    ids=["unknown", "with", "without"],
)
def test_a_profile_says_whether_a_model_has_json_schema(
    upstream: Upstream, profile: dict[str, bool] | None, expected: list[Way]
) -> None:
    assert ways(api(upstream, profile=profile)) == expected
    assert ways(Tools(script=[], profile=profile)) == ["function_calling", "parsing"]
    assert ways(Words(script=[], profile=profile)) == ["parsing"]


def test_an_answer_that_does_not_fit_is_sent_back_with_its_errors(upstream: Upstream) -> None:
    upstream.next.append(says(BAD))
    reply = ask(api(upstream))
    assert outcome(reply) == ("repaired", 2)
    assert reply.tokens == 12
    *before, said, problems = upstream.bodies[1]["messages"]
    assert before == upstream.bodies[0]["messages"]
    assert (said["role"], said["content"]) == ("assistant", BAD)
    assert problems["role"] == "user"
    assert "sentences.0.number: Input should be a valid integer" in problems["content"]
    assert SECRET not in problems["content"]


@pytest.mark.parametrize("first", [BAD, "", "I see nothing.", GOOD[:30]], ids=["wrong", "empty", "words", "cut off"])
@pytest.mark.parametrize("kind", [Words, Tools])
def test_an_answer_is_mended_whatever_the_way(kind: type[Words], first: str) -> None:
    model = kind(script=[first, GOOD])
    assert outcome(ask(model)) == ("repaired", 2)
    roles = [message.type for message in model.asked[1]]
    assert roles == ["system", "human", "ai", "human"] or not first
    assert [message.text for message in model.asked[1] if message.type == "ai"] == ([first] if first else [])


def test_a_tool_call_that_does_not_fit_is_sent_back_as_text() -> None:
    model = Tools(script=[tool_call({"certain": "no"}), tool_call()])
    assert outcome(ask(model)) == ("repaired", 2)
    said = model.asked[1][2]
    assert said == AIMessage('{"certain": "no"}')


@pytest.mark.parametrize("calls", [1, 2, 5])
def test_an_answer_is_mended_once_at_most(upstream: Upstream, calls: int) -> None:
    upstream.plan = says(BAD)
    assert outcome(ask(api(upstream), calls)) == ("malformed", min(calls, 2))
    assert len(upstream.requests) == min(calls, 2)


def test_an_answer_that_was_cut_off_does_not_fit(upstream: Upstream) -> None:
    upstream.plan = Plan([Answer([GOOD[:20]], finish_reason="length")])
    reply = ask(api(upstream))
    assert outcome(reply) == ("malformed", 2)
    assert reply.tokens == 12


REFUSAL = {
    "id": "1",
    "object": "chat.completion",
    "created": 1,
    "model": "scripted",
    "choices": [
        {
            "index": 0,
            "message": {"role": "assistant", "content": None, "refusal": f"Not {SECRET}."},
            "finish_reason": "stop",
        }
    ],
}
FILTERED = {"error": {"message": SECRET, "type": "invalid_request_error", "param": None, "code": "content_filter"}}


@pytest.mark.parametrize(
    "plan",
    [
        Plan(instead=whole(REFUSAL)),
        Plan(instead=whole(FILTERED, 400)),
        Plan([Answer([GOOD[:20]], finish_reason="content_filter")]),
    ],
    ids=["refusal", "filtered prompt", "filtered answer"],
)
def test_a_refusal_is_final(upstream: Upstream, plan: Plan) -> None:
    upstream.plan = plan
    reply = ask(api(upstream))
    assert outcome(reply) == ("refused", 1)
    assert len(upstream.requests) == 1
    assert SECRET not in repr(reply)


@pytest.mark.parametrize(
    "plan",
    [
        error(401),
        error(404),
        error(408),
        error(409),
        error(429, retry_after=0),
        error(500),
        error(503),
        html(502),
        html(200),
        says(GOOD, edits=[cut(after=0)]),
    ],
    ids=["401", "404", "408", "409", "429", "500", "503", "502", "page", "cut"],
)
@pytest.mark.parametrize(
    "options",
    [{}, {"streaming": True}, {"use_responses_api": True}, {"profile": {"structured_output": False}}],
    ids=["whole", "streaming", "responses", "tools"],
)
def test_an_error_is_one_request(upstream: Upstream, plan: Plan, options: dict[str, Any]) -> None:
    upstream.plan = plan
    assert outcome(ask(api(upstream, **options))) == ("failed", 1)
    assert len(upstream.requests) == 1


def test_the_model_given_stays_as_it_is(upstream: Upstream) -> None:
    model = api(upstream, max_retries=1)
    client = model.root_client
    upstream.plan = error(429, retry_after=0)
    assert outcome(ask(model)) == ("failed", 1)
    assert (model.max_retries, model.root_client) == (1, client)
    upstream.plan = says(GOOD)
    upstream.next.append(error(429, retry_after=0))
    assert model.invoke(MESSAGES).text == GOOD


class Lazy(Words):
    """Makes its client when it is first used, as Anthropic's class does."""

    max_retries: int = 2

    @cached_property
    def attempts(self) -> int:
        return self.max_retries + 1


def test_a_client_made_before_is_made_anew() -> None:
    model = Lazy(script=[])
    assert model.attempts == 3
    copy = single(model, 1.0)
    assert isinstance(copy, Lazy)
    assert copy.attempts == 1
    assert model.attempts == 3


@pytest.mark.parametrize(
    "raised", [RuntimeError(SECRET), SystemExit(SECRET), KeyboardInterrupt(SECRET), TimeoutError()]
)
def test_what_a_model_raises_is_not_told(raised: BaseException) -> None:
    reply = ask(Words(script=[raised]))
    assert outcome(reply) == ("failed", 1)
    assert SECRET not in repr(reply)


def test_an_error_at_the_repair_is_a_failure() -> None:
    assert outcome(ask(Words(script=[BAD, RuntimeError()]))) == ("failed", 2)


@pytest.mark.parametrize("status", [400, 422])
def test_a_server_that_rejects_json_schema_is_asked_by_a_tool_call_from_then_on(
    upstream: Upstream, status: int
) -> None:
    upstream.next += [error(status), calls(GOOD)]
    model = api(upstream)
    assert outcome(ask(model)) == ("answered", 2)
    assert_strict(upstream.bodies[1]["tools"][0]["function"])
    assert "response_format" not in upstream.bodies[1]
    upstream.next += [calls(BAD), calls(GOOD)]
    assert outcome(ask(model)) == ("repaired", 2)
    assert all("tools" in body for body in upstream.bodies[2:])
    assert [message["role"] for message in upstream.bodies[3]["messages"]] == ["system", "user", "assistant", "user"]
    assert ways(api(upstream))[0] == "json_schema"  # another model


def test_a_server_that_rejects_schema_and_tools_is_asked_in_words(upstream: Upstream) -> None:
    upstream.next += [error(400), error(400)]
    model = api(upstream)
    assert outcome(ask(model, calls=3)) == ("answered", 3)
    assert outcome(ask(model)) == ("answered", 1)
    assert not {"tools", "response_format"} & {*upstream.bodies[2], *upstream.bodies[3]}


@pytest.mark.parametrize(("limit", "requests"), [(1, 1), (2, 2), (3, 3), (9, 3)])
def test_a_server_that_rejects_everything_proves_no_way(upstream: Upstream, limit: int, requests: int) -> None:
    upstream.plan = error(400, f"This model's maximum context length is too small for {SECRET}.")
    model = api(upstream)
    assert outcome(ask(model, limit)) == ("failed", requests)
    assert len(upstream.requests) == requests
    assert ways(model)[0] == "json_schema"


def test_a_class_that_has_no_json_schema_after_all_is_asked_by_a_tool_call() -> None:
    assert outcome(ask(Untrue(script=[tool_call()]))) == ("answered", 1)


def test_nothing_is_remembered_of_a_model_that_is_gone() -> None:
    model = Tools(script=[])
    remember(model, "parsing")
    assert ways(model) == ["parsing"]
    known = id(model)
    del model
    assert known not in _proven


def test_a_late_answer_is_left_behind(upstream: Upstream) -> None:
    upstream.plan = says(GOOD, first_byte_s=60)
    start = time.perf_counter()
    reply = ask(api(upstream), timeout_s=0.3)
    assert time.perf_counter() - start < 20
    assert outcome(reply) == ("late", 1)
    assert reply.elapsed_ms >= 300
    upstream.settle()  # the client has hung up
    assert upstream.hang_ups == 1


def test_a_late_repair_is_late_and_nothing_is_asked_after_the_time() -> None:
    model = Words(script=[0.6, BAD, 3.0, BAD, GOOD])
    assert outcome(ask(model, timeout_s=2.0)) == ("late", 2)
    model = Words(script=[0.3, BAD, GOOD])
    assert outcome(ask(model, timeout_s=0.2)) == ("late", 1)
    for thread in threading.enumerate():
        if thread.name == "expunge":
            thread.join()
    assert model.script == [GOOD]


@pytest.mark.parametrize(("limit", "timeout_s", "expected"), [(0, 30.0, "failed"), (2, 0.0, "late"), (2, -1.0, "late")])
def test_without_calls_or_time_nothing_is_asked(limit: int, timeout_s: float, expected: Outcome) -> None:
    model = Words(script=[GOOD])
    reply = ask(model, limit, timeout_s)
    assert outcome(reply) == (expected, 0)
    assert reply.tokens == 0
    assert model.script == [GOOD]


HANGING = """
from expunge.tests.models.test_structured import Tools, Words, ask
print([ask(kind(script=[60.0]), timeout_s=0.2).outcome for kind in (Words, Tools)])
"""


def test_a_model_that_hangs_does_not_keep_the_process_alive() -> None:
    start = time.perf_counter()
    run = subprocess.run([sys.executable, "-c", HANGING], capture_output=True, text=True, check=True, timeout=50)
    assert run.stdout == "['late', 'late']\n"
    assert time.perf_counter() - start < 40


@pytest.fixture
def cache() -> Iterator[InMemoryCache]:
    cache = InMemoryCache()
    set_llm_cache(cache)
    yield cache
    set_llm_cache(None)


def native(upstream: Upstream, **options: Any) -> BaseChatModel:
    return api(upstream, **options)


def by_tool(upstream: Upstream, **options: Any) -> BaseChatModel:
    return Tools(script=[tool_call()], **options)


def in_words(upstream: Upstream, **options: Any) -> BaseChatModel:
    return Words(script=[GOOD], **options)


@pytest.mark.parametrize("make", [native, by_tool, in_words])
def test_nobody_hears_what_is_asked_and_answered(
    upstream: Upstream,
    cache: InMemoryCache,
    make: Callable[..., BaseChatModel],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("LANGSMITH_TRACING", "true")
    recorder = Recorder()
    model = make(upstream, callbacks=[recorder], verbose=True, cache=True)
    with collect_runs() as runs, caplog.at_level("INFO"):
        assert outcome(ask(model)) == ("answered", 1)
    assert runs.traced_runs == []
    assert recorder.heard == []
    assert cache._cache == {}
    assert SECRET not in caplog.text
    assert SECRET not in "".join(capfd.readouterr())


class Watching(Words):
    """Writes down whether it is traced."""

    traced: list[object] = Field(default_factory=list)

    def _generate(self, *args: Any, **kwargs: Any) -> ChatResult:
        self.traced.append(get_tracing_context()["enabled"])
        return super()._generate(*args, **kwargs)


def test_tracing_is_off() -> None:
    model = Watching(script=[GOOD])
    with tracing_context(enabled="local"):
        assert outcome(ask(model)) == ("answered", 1)
    assert model.traced == [False]


@given(st.lists(st.text() | st.builds(tool_call, st.dictionaries(st.text(), st.none() | st.text())), min_size=2))
def test_nothing_that_a_model_says_is_raised(script: list[str | AIMessage]) -> None:
    assert outcome(ask(Tools(script=script[:2]))) == ("malformed", 2)
