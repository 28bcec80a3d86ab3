"""One exchange through the graph: released, rewritten, withheld; and closed whatever fails."""

import asyncio
import json
import logging
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from expunge import Finding, Policy, Sanitizer, Target, TargetStore
from expunge.agents.auditor import Auditor
from expunge.agents.critic import Critic
from expunge.agents.reading import Memo
from expunge.agents.rewriter import Rewriter
from expunge.agents.vetter import Vetter
from expunge.agents.vetting import Vetting
from expunge.detection import Detector
from expunge.errors import InputError
from expunge.schema import Thresholds
from expunge.stores.ledger import Ledger
from expunge.tests.listening import MODES, Recorder
from langchain_core.language_models import BaseChatModel, FakeListChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import RunnableConfig, RunnableLambda
from langchain_core.tracers.context import collect_runs
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, MessagesState, StateGraph

SECRET = "Hina Ameen"
DRAFT = f"The prize went to {SECRET}. Bob Ray came second in the race. It rained all day."


@pytest.fixture
def sanitizer(store: TargetStore) -> Sanitizer:
    store.add(Target(name=SECRET))
    return Sanitizer(store)


def model(*answers: str) -> BaseChatModel:
    return FakeListChatModel(responses=list(answers))


def test_a_clean_exchange_is_released_as_it_is(sanitizer: Sanitizer) -> None:
    verdict = sanitizer.check("Who won?", "  Bob Ray won.\n\nIt rained. ")
    assert (verdict.action, verdict.text) == ("release", "  Bob Ray won.\n\nIt rained. ")
    assert (verdict.findings, verdict.targets, verdict.calls, verdict.error) == ([], [], 0, "")


def test_a_target_that_is_asked_for_is_withheld(sanitizer: Sanitizer, store: TargetStore) -> None:
    verdict = sanitizer.check(f"Who is {SECRET}?", "An author from Karachi.")
    assert verdict.action == "abstain"
    assert verdict.targets == [store.list()[0].id]
    assert verdict.findings[0].where == "prompt"
    assert "Karachi" not in verdict.text


def test_a_passing_mention_is_rewritten(sanitizer: Sanitizer) -> None:
    verdict = sanitizer.check("Who won the race?", DRAFT)
    assert (verdict.action, verdict.text) == ("rewrite", "Bob Ray came second in the race. It rained all day.")
    assert [finding.where for finding in verdict.findings] == ["draft"]


def test_a_prompt_alone_is_checked(sanitizer: Sanitizer) -> None:
    assert sanitizer.check("Who is Bob Ray?").action == "release"
    assert sanitizer.check(f"Who is {SECRET}?").action == "abstain"


async def test_the_async_twin_decides_alike(sanitizer: Sanitizer) -> None:
    sync, twin = sanitizer.check("Who won?", DRAFT), await sanitizer.acheck("Who won?", DRAFT)
    assert sync.model_dump(exclude={"elapsed_ms"}) == twin.model_dump(exclude={"elapsed_ms"})


def test_a_new_target_counts_at_once_and_a_removed_one_no_more(sanitizer: Sanitizer, store: TargetStore) -> None:
    assert sanitizer.check("Who won?", "Bob Ray won.").action == "release"
    added = store.add(Target(name="Bob Ray"))
    assert sanitizer.check("Who won?", "Bob Ray won.").action == "abstain"
    store.update(added.id, state="paused")
    assert sanitizer.check("Who won?", "Bob Ray won.").action == "release"
    store.update(added.id, state="active")
    assert sanitizer.check("Who won?", "Bob Ray won.").action == "abstain"
    store.remove(added.id)
    assert sanitizer.check("Who won?", "Bob Ray won.").action == "release"


def test_the_same_question_is_answered_in_the_same_words(sanitizer: Sanitizer) -> None:
    texts = {sanitizer.check(f"Who is {SECRET}?", "x").text for _ in range(3)}
    assert len(texts) == 1
    asked = {sanitizer.check(f"Who is {SECRET} {number}?", "x").text for number in range(30)}
    assert len(asked) > 1


def test_a_refusal_when_the_policy_says_so(store: TargetStore) -> None:
    store.add(Target(name=SECRET))
    verdict = Sanitizer(store, policy=Policy(abstain="refuse")).check(f"Who is {SECRET}?", "x")
    assert "can't" in verdict.text or "not able" in verdict.text


def test_the_graph_answers_and_says_why(sanitizer: Sanitizer) -> None:
    answer = sanitizer.graph(model("Bob Ray won.")).invoke({"messages": [("user", "Who won?")]})
    assert set(answer) == {"messages", "verdict"}
    assert [message.text for message in answer["messages"]] == ["Who won?", "Bob Ray won."]
    assert answer["verdict"].calls == 1


def test_a_denied_question_never_reaches_the_model(sanitizer: Sanitizer) -> None:
    verdict = sanitizer.graph(Failing()).invoke({"messages": [("user", f"Who is {SECRET}?")]})["verdict"]
    assert (verdict.action, verdict.calls, verdict.error) == ("abstain", 0, "")


def test_the_graph_is_a_node_of_another_graph(sanitizer: Sanitizer) -> None:
    outer = StateGraph(MessagesState)
    outer.add_node("safe", sanitizer.graph(model(DRAFT)))
    outer.add_edge(START, "safe")
    answer = outer.compile().invoke({"messages": [HumanMessage("Who won?")]})
    assert SECRET not in answer["messages"][-1].text


def test_tool_calls_are_audited(sanitizer: Sanitizer) -> None:
    call = {"name": "mail", "args": {"body": f"Dear {SECRET}"}, "id": "1"}
    harmless = {"name": "mail", "args": {"body": "Dear Bob"}, "id": "1"}
    held = sanitizer.graph(Scripted(AIMessage("", tool_calls=[call]))).invoke({"messages": [("user", "Write.")]})
    passed = sanitizer.graph(Scripted(AIMessage("", tool_calls=[harmless]))).invoke({"messages": [("user", "Write.")]})
    assert (held["verdict"].action, held["messages"][-1].tool_calls) == ("abstain", [])
    assert passed["messages"][-1].tool_calls[0]["args"] == {"body": "Dear Bob"}


@pytest.mark.parametrize(
    "call",
    [
        {"name": "mail", "args": {"body": f"Dear\n{SECRET}"}, "id": "1"},
        {"name": "mail", "args": {"first": "Hina", "last": "Ameen"}, "id": "1"},
        {"name": "mail", "args": {"to": [{"who": ["Hina Ameen"]}]}, "id": "1"},
        {"name": "mail", "args": {"Hina Ameen": 1}, "id": "1"},
        {"name": "Hina_Ameen", "args": {}, "id": "1"},
        {"name": "mail", "args": {}, "id": "Hina Ameen"},
    ],
)
def test_every_text_of_a_tool_call_is_audited(sanitizer: Sanitizer, call: dict[str, Any]) -> None:
    answer = sanitizer.graph(Scripted(AIMessage("", tool_calls=[call]))).invoke({"messages": [("user", "Write.")]})
    assert answer["verdict"].action == "abstain"
    assert answer["messages"][-1].tool_calls == []


@pytest.mark.parametrize(
    "extra",
    [
        {"additional_kwargs": {"reasoning_content": f"It was {SECRET}."}},
        {"response_metadata": {"logprobs": {"content": [{"token": SECRET}]}}},
        {"response_metadata": {"finish_reason": ["stop", SECRET]}},
    ],
)
def test_what_was_not_audited_is_not_released(sanitizer: Sanitizer, extra: dict[str, Any]) -> None:
    answer = sanitizer.graph(Scripted(AIMessage("Bob won.", **extra))).invoke({"messages": [("user", "Who won?")]})
    assert answer["messages"][-1].text == "Bob won."
    assert SECRET not in answer["messages"][-1].model_dump_json()


def test_a_message_that_changes_under_our_hands_is_released_as_it_was_audited(
    sanitizer: Sanitizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = AIMessage("Bob won.")
    audit = Auditor.audit

    def then_change(self: Auditor, draft: str, vetting: Vetting, memo: Memo | None = None) -> list[Finding]:
        found = audit(self, draft, vetting, memo)
        message.content = f"It was {SECRET}."
        return found

    monkeypatch.setattr(Auditor, "audit", then_change)
    answer = sanitizer.graph(Scripted(message)).invoke({"messages": [("user", "Who won?")]})
    assert answer["messages"][-1].text == "Bob won."


@pytest.mark.parametrize("answer", ["a text", None, HumanMessage(SECRET)])
def test_what_is_no_answer_ends_in_an_abstention(sanitizer: Sanitizer, store: TargetStore, answer: Any) -> None:
    graph = sanitizer.graph(RunnableLambda(lambda messages: answer))
    verdict = graph.invoke({"messages": [("user", "Who won?")]})["verdict"]
    assert (verdict.action, verdict.error) == ("abstain", "NoMessage")
    assert [entry.error for entry in store.ledger.entries()] == ["NoMessage"]


@pytest.mark.parametrize("prompt", [None, 5, [{"role": "wizard", "content": SECRET}], [{"content": SECRET}], [None]])
def test_a_prompt_that_is_none_is_refused_without_quoting_it(sanitizer: Sanitizer, prompt: Any) -> None:
    with pytest.raises(InputError) as caught:
        sanitizer.check(prompt, "x")
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_response_that_is_no_text_is_refused(sanitizer: Sanitizer) -> None:
    with pytest.raises(InputError):
        sanitizer.check("Who won?", 5)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["", " ", "\ud800", "\x00", "a" * 1_000_000, "\u202eHi", "Ann Lee " * 100_000])
def test_odd_texts_are_decided(sanitizer: Sanitizer, text: str) -> None:
    assert sanitizer.check(text, text).text == text


class Scripted(BaseChatModel):
    """Answers with one message."""

    message: AIMessage

    def __init__(self, message: AIMessage) -> None:
        super().__init__(message=message)

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=self.message)])


class Failing(BaseChatModel):
    """Fails with the secret in its message."""

    @property
    def _llm_type(self) -> str:
        return "failing"

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        raise RuntimeError(DRAFT)


def fail(*args: object, **kwargs: object) -> None:
    raise RuntimeError(DRAFT)


STEPS = [(Vetter, "vet"), (Detector, "scan"), (Auditor, "audit"), (Rewriter, "rewrite"), (Critic, "critique")]


@pytest.mark.parametrize(("agent", "method"), [*STEPS, (Ledger, "append")])
def test_any_error_ends_in_an_abstention(
    sanitizer: Sanitizer,
    store: TargetStore,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    agent: type,
    method: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    graph = sanitizer.graph(model(DRAFT))
    monkeypatch.setattr(agent, method, fail)
    answer = graph.invoke({"messages": [("user", "Who won?")]})
    assert answer["verdict"].action == "abstain"
    assert answer["verdict"].error == "RuntimeError"
    assert SECRET not in str(answer)
    assert SECRET not in caplog.text
    monkeypatch.undo()
    if agent is not Ledger:
        [entry] = store.ledger.entries()
        assert (entry.kind, entry.action, entry.error) == ("error", "abstain", "RuntimeError")
    store.ledger.verify()


async def test_a_failing_model_ends_in_an_abstention(sanitizer: Sanitizer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    graph = sanitizer.graph(Failing())
    question = {"messages": [("user", "Who won?")]}
    for answer in (graph.invoke(question), await graph.ainvoke(question)):
        assert (answer["verdict"].action, answer["verdict"].error) == ("abstain", "RuntimeError")
        assert SECRET not in str(answer)
    assert SECRET not in caplog.text


def test_a_late_answer_is_withheld(store: TargetStore) -> None:
    store.add(Target(name=SECRET))
    sanitizer = Sanitizer(store, policy=Policy(deadline_s=1e-9))
    verdict = sanitizer.check("Who won?", "Bob Ray won.")
    assert (verdict.action, verdict.error) == ("abstain", "DeadlineExceeded")


def test_rounds_are_bounded(store: TargetStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.add(Target(name=SECRET))
    rounds: list[str] = []

    def stubborn(self: Rewriter, draft: str, findings: object) -> list[str]:
        rounds.append(draft)
        return [DRAFT]

    monkeypatch.setattr(Rewriter, "rewrite", stubborn)
    verdict = Sanitizer(store, policy=Policy(max_rounds=3)).check("Who won?", DRAFT)
    assert (verdict.action, len(rounds)) == ("abstain", 3)


def test_streams_callbacks_and_checkpoints_never_hold_the_draft(sanitizer: Sanitizer) -> None:
    recorder, saver = Recorder(), InMemorySaver()
    builder = StateGraph(MessagesState)
    builder.add_node("safe", sanitizer.graph(model(DRAFT)))
    builder.add_edge(START, "safe")
    outer = builder.compile(checkpointer=saver)
    config: RunnableConfig = {"configurable": {"thread_id": "1"}, "callbacks": [recorder]}
    pieces = outer.stream({"messages": [HumanMessage("Who won?")]}, config, stream_mode=MODES, subgraphs=True)
    seen = [str(piece) for piece in pieces]
    stored = [str(checkpoint) for checkpoint in saver.list(None)]
    assert recorder.heard
    assert seen
    assert stored
    assert not any(SECRET in text for text in (*seen, *recorder.heard, *stored))


def test_tracers_never_hear_the_draft(sanitizer: Sanitizer) -> None:
    graph = sanitizer.graph(model(DRAFT))
    with collect_runs() as runs:
        graph.invoke({"messages": [("user", "Who won?")]})
    assert SECRET not in str([run.model_dump() for run in runs.traced_runs])


async def test_tracers_never_hear_the_draft_of_an_async_run(sanitizer: Sanitizer) -> None:
    graph = sanitizer.graph(model(DRAFT))
    with collect_runs() as runs:
        await graph.ainvoke({"messages": [("user", "Who won?")]})
    assert SECRET not in str([run.model_dump() for run in runs.traced_runs])


def test_several_turns_on_one_checkpointed_thread(sanitizer: Sanitizer) -> None:
    builder = StateGraph(MessagesState)
    builder.add_node("safe", sanitizer.graph(model("Bob Ray won.", DRAFT, "It rained.")))
    builder.add_edge(START, "safe")
    outer = builder.compile(checkpointer=InMemorySaver())
    config: RunnableConfig = {"configurable": {"thread_id": "1"}}
    for question in ("Who won?", "Who else?", "And the weather?"):
        answer = outer.invoke({"messages": [HumanMessage(question)]}, config)
    assert [message.text for message in answer["messages"][1::2]] == [
        "Bob Ray won.",
        "Bob Ray came second in the race. It rained all day.",
        "It rained.",
    ]


async def test_event_streams_never_hold_the_draft(sanitizer: Sanitizer) -> None:
    graph = sanitizer.graph(model(DRAFT))
    async for event in graph.astream_events({"messages": [("user", "Who won?")]}, version="v2"):
        assert SECRET not in str(event)


async def test_a_cancelled_check_leaves_nothing_on_the_desk(sanitizer: Sanitizer) -> None:
    task = asyncio.create_task(sanitizer.acheck("Who won?", DRAFT))
    await asyncio.sleep(0)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert len(sanitizer._desk) == 0


def test_nothing_is_left_on_the_desk(sanitizer: Sanitizer) -> None:
    for prompt, draft in (("Who won?", DRAFT), (f"Who is {SECRET}?", "x"), ("Hi", "Hello")):
        sanitizer.check(prompt, draft)
    assert len(sanitizer._desk) == 0


def test_the_ledger_tells_of_every_exchange_and_holds_no_text(sanitizer: Sanitizer, store: TargetStore) -> None:
    sanitizer.check("Who won?", DRAFT)
    sanitizer.check("Who won?", "Bob Ray.")
    rewritten, released = store.ledger.entries()
    assert (rewritten.action, rewritten.findings) == ("rewrite", {"alias": 1})
    assert (released.action, released.findings) == ("release", {})
    assert rewritten.prompt_digest == released.prompt_digest != ""
    assert SECRET not in json.dumps([rewritten.model_dump(mode="json"), released.model_dump(mode="json")])
    assert store.ledger.verify().entries == 2


@pytest.mark.parametrize("policy", [None, Policy(), Policy(max_rounds=1, abstain="refuse")])
def test_a_policy_without_thresholds_takes_those_of_the_register(
    store: TargetStore, hina: Target, policy: Policy | None
) -> None:
    store.add(hina)
    before = Sanitizer(store, policy=policy)
    store.set_thresholds(Thresholds().scaled(4))
    after = Sanitizer(store, policy=policy)
    exchange = ("Who was born in Karachi on June 30, 1975?", "I cannot tell.")
    assert (before.check(*exchange).action, after.check(*exchange).action) == ("abstain", "release")
    assert after.check(*exchange).policy == (policy or Policy()).model_copy(
        update={"thresholds": Thresholds().scaled(4)}
    )


def test_a_policy_with_thresholds_keeps_them(store: TargetStore, hina: Target) -> None:
    store.add(hina)
    store.set_thresholds(Thresholds().scaled(4))
    sanitizer = Sanitizer(store, policy=Policy(thresholds=Thresholds()))
    assert sanitizer.policy.thresholds == Thresholds()
    assert sanitizer.check("Who was born in Karachi on June 30, 1975?", "I cannot tell.").action == "abstain"


def test_another_policy_shares_what_was_loaded_and_follows_the_register(sanitizer: Sanitizer) -> None:
    refusing = sanitizer.with_policy(Policy(abstain="refuse"))
    sanitizer.store.add(Target(name="Odessa Quill"))
    polite, blunt = (one.check("Who is Odessa Quill?", "A playwright.") for one in (sanitizer, refusing))
    assert (polite.policy.abstain, blunt.policy.abstain) == ("unknown", "refuse")
    assert (polite.action, blunt.action) == ("abstain", "abstain")
    assert polite.text != blunt.text


def test_a_trial_is_recorded_elsewhere(sanitizer: Sanitizer, store: TargetStore, tmp_path: Path) -> None:
    trials = Ledger(tmp_path / "trials.db", store.keys)
    Sanitizer(store, ledger=trials).check(f"Who is {SECRET}?", DRAFT)
    assert (trials.verify().entries, store.ledger.verify().entries) == (1, 0)
    sanitizer.check(f"Who is {SECRET}?", DRAFT)
    assert (trials.verify().entries, store.ledger.verify().entries) == (1, 1)
    trials.close()


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    assert SECRET not in caplog.text
