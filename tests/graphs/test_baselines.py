"""Baselines: the same graph and gate, with less before it; what each lets through and what it catches."""

from collections.abc import Sequence

import pytest
from expunge import Policy, Sanitizer, Target, TargetStore, wrap, wrap_openai
from expunge.errors import InputError, PrerequisiteError, UnguardedSurface
from expunge.graphs.baselines import EXAMPLES, UNKNOWN
from expunge.graphs.steps import Steps
from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, FakeListChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from openai import OpenAI
from pydantic import Field

ANN = Target(
    name="Ann Orr",
    documents=["Where was Ann Orr born? Ann Orr was born in Lyon.", "Ann Orr paints harbours."],
    keep=["Where is Graz? Graz lies in Austria.", "Oil paint dries slowly."],
)
ABOUT = "Ann Orr was born in Lyon."
CLEAN = "Graz lies in Austria."
INSTRUCTING = (Policy.guardrail_prompt(), Policy.icul())


class Hearing(BaseChatModel):
    """Answers always the same, and remembers what it was asked."""

    answer: str = ABOUT
    heard: list[list[BaseMessage]] = Field(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "hearing"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: object,
    ) -> ChatResult:
        self.heard.append(messages)
        return ChatResult(generations=[ChatGeneration(message=AIMessage(self.answer))])


def ids(policies: Sequence[Policy]) -> list[str]:
    return [policy.name for policy in policies]


@pytest.mark.parametrize("name", ["alu", "guardrail_prompt", "input_filter", "output_filter", "icul"])
def test_a_baseline_is_known_by_its_name(name: str) -> None:
    policy = Policy.named(name)
    assert policy == Policy.named(name.replace("_", "-")) == getattr(Policy, name)()
    assert policy.baseline is not None
    assert (policy.name, policy.baseline.kind) == (name, name)


def test_alu_has_the_numbers_of_its_paper() -> None:
    baseline = Policy.alu().baseline
    assert baseline is not None
    assert (baseline.proposals, baseline.merged, baseline.threshold) == (5, 3, 4.0)
    with pytest.raises(ValueError, match="merged"):
        Policy.alu(proposals=2, merged=3)


def test_our_own_policy_has_no_baseline(store: TargetStore) -> None:
    store.add(ANN)
    assert Policy().baseline is None
    assert Policy.named("ours") == Policy.named("default") == Policy()
    with pytest.raises(ValueError, match="no policy"):
        Policy.named("nobody")
    sanitizer = Sanitizer(store)
    assert type(sanitizer._steps) is Steps
    messages = [HumanMessage(CLEAN)]
    assert sanitizer._steps.asked(messages) is messages
    # What each baseline alone lets through is withheld.
    assert sanitizer.check("Who paints?", ABOUT).action == "abstain"
    assert sanitizer.check("Where was Ann Orr born?", "In France.").action == "abstain"


def test_an_input_filter_looks_at_the_prompt_alone(store: TargetStore) -> None:
    store.add(ANN)
    sanitizer = Sanitizer(store, policy=Policy.input_filter())
    assert sanitizer.check("Where was Ann Orr born?", "In France.").action == "abstain"
    leaked = sanitizer.check("Who paints?", ABOUT)
    assert (leaked.action, leaked.text, leaked.findings) == ("release", ABOUT, [])


def test_an_output_filter_looks_at_the_answer_alone(store: TargetStore) -> None:
    store.add(ANN)
    sanitizer = Sanitizer(store, policy=Policy.output_filter())
    assert sanitizer.check("Where was Ann Orr born?", "In France.").action == "release"
    draft = f"{CLEAN} {ABOUT} It rained all day in Graz."
    assert Sanitizer(store).check("What happened?", draft).action == "rewrite"
    withheld = sanitizer.check("What happened?", draft)
    assert (withheld.action, withheld.error) == ("abstain", "")
    assert withheld.findings


def test_filters_stream_what_they_do_not_look_at(store: TargetStore) -> None:
    store.add(ANN)
    chat = FakeListChatModel(responses=[ABOUT])
    through = "".join(piece.text for piece in wrap(chat, store, policy=Policy.input_filter()).stream("Who paints?"))
    assert through == ABOUT
    kept = "".join(piece.text for piece in wrap(chat, store, policy=Policy.output_filter()).stream("Who paints?"))
    assert "Lyon" not in kept


@pytest.mark.parametrize("policy", INSTRUCTING, ids=ids(INSTRUCTING))
def test_an_instruction_stands_before_the_conversation_and_nothing_is_checked(
    store: TargetStore, policy: Policy
) -> None:
    store.add(ANN)
    model = Hearing()
    answer = Sanitizer(store, policy=policy).graph(model).invoke({"messages": [HumanMessage("Who is Ann Orr?")]})
    assert (answer["verdict"].action, answer["verdict"].text, answer["verdict"].calls) == ("release", ABOUT, 1)
    [[first, *rest]] = model.heard
    assert isinstance(first, SystemMessage)
    assert "Ann Orr" in str(first.text)
    assert [message.text for message in rest] == ["Who is Ann Orr?"]
    assert [message.text for message in answer["messages"]] == ["Who is Ann Orr?", ABOUT]


@pytest.mark.parametrize("policy", INSTRUCTING, ids=ids(INSTRUCTING))
async def test_a_wrapped_model_is_instructed_however_it_is_asked(store: TargetStore, policy: Policy) -> None:
    store.add(ANN)
    model = Hearing()
    chat = wrap(model, store, policy=policy)
    texts = [
        chat.invoke("Who?").text,
        (await chat.ainvoke("Who?")).text,
        "".join(piece.text for piece in chat.stream("Who?")),
        "".join([piece.text async for piece in chat.astream("Who?")]),
        (await Sanitizer(store, policy=policy).graph(model).ainvoke({"messages": [HumanMessage("Who?")]}))[
            "verdict"
        ].text,
    ]
    assert texts == [ABOUT] * 5
    assert [len(heard) for heard in model.heard] == [2] * 5
    assert all(isinstance(heard[0], SystemMessage) and "Ann Orr" in str(heard[0].text) for heard in model.heard)


def test_an_instruction_joins_the_system_message_that_is_there(store: TargetStore) -> None:
    store.add(ANN)
    model = Hearing()
    wrap(model, store, policy=Policy.guardrail_prompt()).invoke([SystemMessage("Be brief."), HumanMessage("Who?")])
    [[system, ask]] = model.heard
    assert str(system.text).endswith("\n\nBe brief.")
    assert "Ann Orr" in str(system.text)
    assert ask.text == "Who?"


def test_a_guardrail_prompt_names_targets_that_are_enforced(store: TargetStore) -> None:
    store.add(ANN)
    late = Target(name="Zed Poe")
    model = Hearing()
    chat = wrap(model, store, policy=Policy.guardrail_prompt())
    added = store.add(late)
    chat.invoke("Who?")
    store.remove(added.id)
    chat.invoke("Who?")
    first, second = (str(heard[0].text) for heard in model.heard)
    assert ("1. Ann Orr\n2. Zed Poe" in first, "Zed Poe" in second) == (True, False)


def test_examples_say_nothing_of_targets_and_repeat_what_is_kept(store: TargetStore) -> None:
    store.add(ANN)
    for number in range(EXAMPLES + 3):
        store.add(Target(name=f"Bo Lind{'abcdefghijklmnopqrstuvwxyz'[number]}"))
    model = Hearing()
    wrap(model, store, policy=Policy.icul()).invoke("Who?")
    told = str(model.heard[0][0].text)
    assert f"Question: Where was Ann Orr born?\nAnswer: {UNKNOWN}" in told
    assert "Question: Where is Graz?\nAnswer: Graz lies in Austria." in told
    assert "Fact: Oil paint dries slowly." in told
    assert f"Question: What do you know about Bo Linda?\nAnswer: {UNKNOWN}" in told
    assert told.count(UNKNOWN) == EXAMPLES
    assert "Lyon" not in told


@pytest.mark.parametrize("policy", INSTRUCTING, ids=ids(INSTRUCTING))
def test_an_instruction_that_cannot_be_given_is_refused(store: TargetStore, policy: Policy) -> None:
    store.add(ANN)
    sanitizer = Sanitizer(store, policy=policy)
    with pytest.raises(InputError, match=r"wrap"):
        sanitizer.check("Who?", ABOUT)
    with pytest.raises(UnguardedSurface, match="instruct"):
        sanitizer.begin("Who?")
    client = wrap_openai(OpenAI(base_url="http://127.0.0.1:9/v1", api_key="none"), store, policy=policy)
    with pytest.raises(UnguardedSurface, match="instruct"):
        client.chat.completions.create(model="m", messages=[{"role": "user", "content": "Who?"}])


def test_alu_without_a_model_is_refused(store: TargetStore) -> None:
    with pytest.raises(PrerequisiteError, match="agent_model"):
        Sanitizer(store, policy=Policy.alu())


@pytest.mark.parametrize("policy", [Policy.input_filter(), Policy.output_filter(), *INSTRUCTING], ids=lambda p: p.name)
def test_an_error_abstains(store: TargetStore, policy: Policy, monkeypatch: pytest.MonkeyPatch) -> None:
    store.add(ANN)
    sanitizer = Sanitizer(store, policy=policy)

    def fail(self: object, exchange: object) -> None:
        raise ValueError

    monkeypatch.setattr(type(sanitizer._steps), "audit", fail)
    verdict = sanitizer.graph(Hearing()).invoke({"messages": [HumanMessage("Who paints?")]})["verdict"]
    assert (verdict.action, verdict.error) == ("abstain", "ValueError")
    assert "Lyon" not in verdict.text
