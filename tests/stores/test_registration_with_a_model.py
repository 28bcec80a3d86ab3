"""A model is asked about a target before it is registered, and nothing of what it says is used unseen."""

import json
import logging
from contextvars import ContextVar
from time import monotonic, sleep
from typing import Any

import pytest
from expunge import Target, TargetStore
from expunge.errors import DuplicateTarget, InputError, ModelNotFound
from expunge.schema import TargetKind
from expunge.stores import Proposal, mining
from expunge.stores import interview as interviews
from expunge.stores.claims import Mined, Relation
from expunge.stores.interview import Exchange, interview
from expunge.stores.mining import mine, propose
from expunge.stores.sides import questions
from expunge.tests.serving.scripted import Plan, Upstream, error, says
from expunge.tests.stores.knowing import UNKNOWN, Knowing
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import BaseMessage
from langchain_core.tracers.context import register_configure_hook
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

KINDS: tuple[TargetKind, ...] = ("person", "organisation", "work", "record", "topic", "secret")
HSIAO = Target(name="Hsiao Yun-Hwa")
MINUTE = 60.0
KNOWS = {"Which book": 'Hsiao Yun-Hwa wrote "The Silent Harbour".', "Where was": "She was born in Taipei."}
MINED = Mined(
    aliases=["Yvonne Hsiao", "Hsiao"],
    relations=[Relation(subject="Hsiao Yun-Hwa", relation="wrote", object='"The Silent Harbour"')],
    facts=["Hsiao Yun-Hwa was born in Taipei.", "Taipei is a city."],
)


def everything(proposal: Proposal) -> Proposal:
    return proposal


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_asked_about_by_its_name_alone(kind: TargetKind) -> None:
    target = Target(name="Nightjar $7 {x}", kind=kind, documents=["It is kept in the blue cabinet."])
    model = Knowing(knows={})
    held = interview(target, model, MINUTE)
    assert model.asked == questions(target) == list(dict.fromkeys(model.asked))
    assert sum("Nightjar $7 {x}" in question for question in model.asked) == len(model.asked) >= 4
    assert not any("cabinet" in question for question in model.asked)
    assert (held.asked, held.failed) == (len(model.asked), 0)


def test_kinds_are_asked_about_from_different_sides() -> None:
    assert len({tuple(questions(Target(name="N", kind=kind))) for kind in KINDS}) == len(KINDS)


def test_what_fails_is_counted_and_left_out() -> None:
    model = Knowing(knows={"Who is": RuntimeError("the model quotes the question"), **KNOWS})
    held = interview(HSIAO, model, MINUTE)
    assert held.failed == sum("Who is" in question for question in questions(HSIAO)) > 0
    assert held.asked == len(questions(HSIAO))
    assert not any("Who is" in question for question, _ in held.exchanges)


def test_a_model_that_hangs_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    class Slow(Knowing):
        def _answer(self, question: str) -> str:
            if "Who is" in question:
                sleep(30)
            return super()._answer(question)

    monkeypatch.setattr(interviews, "ANSWER_S", 0.3)
    start = monotonic()
    held = interview(HSIAO, Slow(knows={}), MINUTE)
    assert monotonic() - start < 20
    assert held.failed == sum("Who is" in question for question in questions(HSIAO))


def test_a_model_that_fails_or_hangs_is_soon_asked_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    class Hanging(Knowing):
        def _answer(self, question: str) -> str:
            super()._answer(question)
            sleep(30)
            return UNKNOWN

    monkeypatch.setattr(interviews, "ANSWER_S", 0.2)
    start = monotonic()
    for model in (Hanging(knows={}), Knowing(knows={"": RuntimeError("down")})):
        proposal = propose(HSIAO, model, ())
        assert proposal == Proposal(asked=len(questions(HSIAO)), failed=len(questions(HSIAO)))
        assert len(model.asked) == interviews.GIVE_UP
    assert monotonic() - start < 20


def test_a_model_that_fails_now_and_then_is_asked_on() -> None:
    model = Knowing(knows={part: RuntimeError("down") for part in ("parents", "father", "friends")})
    assert interview(HSIAO, model, MINUTE).failed == 3
    assert len(model.asked) == len(questions(HSIAO))


def test_the_whole_ends_in_time_also_when_mining_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    class Hanging(Knowing):
        def _record(self, messages: list[BaseMessage]) -> str:
            sleep(30)
            return super()._record(messages)

    monkeypatch.setattr(mining, "PROPOSING_S", 1.5)
    monkeypatch.setattr(mining, "MINING_S", 0.5)
    model = Hanging(knows={"": f"Hsiao Yun-Hwa was born in Taipei. {'x' * 5_000}"})
    start = monotonic()
    proposal = propose(HSIAO, model, ())
    assert monotonic() - start < 20
    assert proposal.documents == ["Hsiao Yun-Hwa was born in Taipei."]


def test_an_endless_answer_is_cut_as_it_comes() -> None:
    model = Knowing(knows={"": "Hsiao Yun-Hwa was born in Taipei. " + "Hsiao Yun-Hwa, known as " * 200_000})
    start = monotonic()
    held = interview(HSIAO, model, MINUTE)
    assert {len(answer) for _, answer in held.exchanges} == {interviews.LONGEST_ANSWER}
    assert propose(HSIAO, model, ()).documents == ["Hsiao Yun-Hwa was born in Taipei."]
    assert monotonic() - start < 20


def test_an_interview_ends_in_time() -> None:
    model = Knowing(knows={})
    held = interview(HSIAO, model, 0.0)
    assert (held.exchanges, held.failed, model.asked) == ([], len(questions(HSIAO)), [])


def test_what_the_model_says_reaches_no_callback_and_no_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    heard: list[object] = []

    class Listener(BaseCallbackHandler):
        def on_chat_model_start(self, *args: Any, **kwargs: Any) -> None:
            heard.append(args)

        def on_llm_end(self, *args: Any, **kwargs: Any) -> None:
            heard.append(args)

        def on_llm_error(self, *args: Any, **kwargs: Any) -> None:
            heard.append(args)

    variable: ContextVar[BaseCallbackHandler | None] = ContextVar("listener", default=None)
    register_configure_hook(variable, inheritable=True)
    token = variable.set(Listener())
    caplog.set_level(logging.DEBUG)
    try:
        propose(HSIAO, Knowing(knows={"Who is": RuntimeError("Taipei"), **KNOWS}), ())
        assert heard == []
        Knowing(knows=KNOWS).invoke("Where was she born?")
        assert heard  # the listener does hear a model that is asked in the usual way
    finally:
        variable.reset(token)
    assert "Taipei" not in caplog.text
    assert "Hsiao" not in caplog.text


def test_a_model_that_follows_a_structure_mines_its_answers() -> None:
    model = Knowing(knows=KNOWS, mined=MINED)
    proposal = propose(HSIAO, model, ())
    assert proposal == Proposal(
        documents=['Hsiao Yun-Hwa wrote "The Silent Harbour".', "Hsiao Yun-Hwa was born in Taipei."],
        asked=len(questions(HSIAO)),
        left_out=3,  # a name that no answer holds, a part of the name, a sentence on something else
    )
    (prompt,) = model.prompts
    assert "The Silent Harbour" in prompt[1].text
    assert "The Silent Harbour" not in prompt[0].text


def test_a_model_that_cannot_is_read_by_rules() -> None:
    proposal = propose(HSIAO, Knowing(knows=KNOWS), ())
    assert proposal.documents == ["Hsiao Yun-Hwa was born in Taipei.", 'Hsiao Yun-Hwa wrote "The Silent Harbour".']
    assert proposal.left_out == 0


def test_long_answers_are_mined_in_several_calls() -> None:
    model = Knowing(knows={}, mined=MINED)
    long = [Exchange(f"Question {number}?", f"{number} " + "x" * 3_900) for number in range(7)]
    assert len(list(mine(HSIAO, long, model, monotonic() + MINUTE))) == len(model.prompts) == 3
    texts = " ".join(prompt[1].text for prompt in model.prompts)
    assert all(f"Question {number}?" in texts for number in range(7))


def test_over_the_wire_the_answers_are_mined_as_a_strict_record() -> None:
    def plan(request: Any) -> Plan:
        if "response_format" in request:
            return says(MINED.model_dump_json())
        question = request["messages"][-1]["content"]
        return error(500) if "Who is" in question else says(KNOWS.get(question[:10], KNOWS["Where was"]))

    with Upstream(plan=plan) as upstream:
        model = ChatOpenAI(model="scripted", base_url=upstream.url, api_key=SecretStr("none"), max_retries=0)
        proposal = propose(HSIAO, model, ())
    *asked, mining = upstream.bodies
    assert [body["messages"][-1]["content"] for body in asked] == questions(HSIAO)
    assert all(len(body["messages"]) == 1 for body in asked)
    assert mining["response_format"]["json_schema"]["strict"] is True
    assert set(mining["response_format"]["json_schema"]["schema"]["required"]) == set(Mined.model_fields)
    assert json.dumps("The Silent Harbour")[1:-1] in mining["messages"][-1]["content"]
    assert 'Hsiao Yun-Hwa wrote "The Silent Harbour".' in proposal.documents
    assert proposal.failed == sum("Who is" in question for question in questions(HSIAO))


def test_nothing_is_used_unseen(store: TargetStore) -> None:
    model = Knowing(knows=KNOWS)
    with pytest.raises(InputError, match="approve="):
        store.add(HSIAO, model=model)
    assert (len(store), model.asked) == (0, [])


def test_what_is_approved_is_registered_in_one_change(store: TargetStore) -> None:
    shown: list[Proposal] = []

    def approve(proposal: Proposal) -> Proposal:
        assert len(store) == 0
        shown.append(proposal)
        return proposal.model_copy(update={"documents": proposal.documents[:1]})

    added = store.add(HSIAO, why="her request", who="Ida", model=Knowing(knows=KNOWS), approve=approve)
    assert added.documents == shown[0].documents[:1] == ["Hsiao Yun-Hwa was born in Taipei."]
    assert store.get(added.id) == added
    assert [(change.action, change.why, change.who) for change in store.history(added.id)] == [
        ("add", "her request", "Ida")
    ]


def test_what_is_not_approved_is_not_used(store: TargetStore) -> None:
    added = store.add(HSIAO, model=Knowing(knows=KNOWS), approve=lambda proposal: None)
    assert (added.aliases, added.documents) == ([], [])


def test_an_approval_that_fails_registers_nothing(store: TargetStore) -> None:
    def approve(proposal: Proposal) -> Proposal:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.add(HSIAO, model=Knowing(knows=KNOWS), approve=approve)
    assert len(store) == 0


def test_a_model_that_knows_nothing_adds_nothing(store: TargetStore) -> None:
    assert propose(HSIAO, Knowing(knows={}), ()) == Proposal(asked=len(questions(HSIAO)))
    added = store.add(HSIAO, model=Knowing(knows={}), approve=everything)
    assert (added.aliases, added.documents) == ([], [])
    with pytest.raises(DuplicateTarget):
        store.add(HSIAO, model=Knowing(knows={"": UNKNOWN}), approve=everything)


def test_a_name_of_another_target_is_not_proposed(store: TargetStore) -> None:
    store.add(Target(name="Yvonne Marlowe-Hsiao", aliases=["Eva Vantongeren"]))
    model = Knowing(
        knows={"other names": "Hsiao Yun-Hwa is also known as Vantongeren and known as Yvonne Hsiao-Linden."}
    )
    added = store.add(HSIAO, model=model, approve=everything)
    assert added.aliases == ["Yvonne Hsiao-Linden"]


def test_a_model_that_is_not_there_registers_nothing(store: TargetStore) -> None:
    with pytest.raises(ModelNotFound):
        store.add(HSIAO, model="no-such-model", approve=everything)
    assert len(store) == 0
