"""Exchanges whose agents have a model: its limits, its time, its streams, and that nobody hears what it says."""

import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter, sleep

import pytest
from expunge import Policy, Sanitizer, TargetStore, Verdict, wrap
from expunge.schema import Role
from expunge.tests.agents.advisers.exchanges import (
    CLEAN,
    COLLEGE,
    FULL,
    HINTED,
    LIKE,
    LISTED,
    MAPS,
    MISSPELT,
    NAMESAKE,
    NEARLY,
    NIGHT,
    PICKING,
    RAKING,
    SURE,
    SURE_AND_DOUBTFUL,
    TARGETS,
    Exchanged,
    outcomes,
)
from expunge.tests.agents.advisers.scripted import Answer, Prompt, Scripted, asked, rated, told, written
from expunge.tests.graphs.test_agent_failures import approving, confirming
from expunge.tests.listening import MODES, Recorder
from langchain_core.language_models import FakeListChatModel
from langchain_core.messages import AIMessage
from langchain_core.runnables import RunnableConfig
from langchain_core.tracers.context import collect_runs

EVERY = [
    NAMESAKE,
    NEARLY,
    CLEAN,
    SURE,
    SURE_AND_DOUBTFUL,
    COLLEGE,
    MISSPELT,
    PICKING,
    HINTED,
    LISTED,
    LIKE,
    RAKING,
    NIGHT,
    FULL,
    MAPS,
]
SLOW_S = 1.5
MARK = "QUIZZICAL-OSPREY"
BETTER = "George Eliot is fine, too."


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TargetStore]:
    with TargetStore(tmp_path_factory.mktemp("people")) as opened:
        opened.add_many(TARGETS)
        yield opened


def college(prompt: Prompt) -> Answer:
    return asked(prompt, "namesake", "Nikolai Abilov-Serik")


def slowly(script: Callable[[Prompt], Answer]) -> Callable[[Prompt], Answer]:
    def answer(prompt: Prompt) -> Answer:
        sleep(SLOW_S)
        return script(prompt)

    return answer


def busy() -> Scripted:
    """Return a model that leaves every agent something to do."""
    return Scripted(
        vetter=college,
        auditor=lambda prompt: told(prompt, "states", "Hsiao was"),
        rewriter=lambda prompt: written(BETTER),
        critic=lambda prompt: {"ratings": [{**row, "mend": "More."} for row in rated(prompt, 2)["ratings"]]},
    )


@pytest.mark.parametrize(
    ("most", "roles"),
    [
        (0, []),
        (1, ["auditor"]),
        (2, ["auditor"]),
        (3, ["auditor", "rewriter", "critic"]),
        (4, ["auditor", "rewriter", "critic"]),
        (5, ["auditor", "rewriter", "critic", "rewriter", "critic"]),
    ],
)
def test_no_more_is_asked_than_the_policy_allows(people: TargetStore, most: int, roles: list[Role]) -> None:
    model = busy()
    verdict = Sanitizer(people, policy=Policy(max_calls=most), agent_model=model).check(*NEARLY)
    assert model.roles == roles
    assert [call.agent for call in verdict.agents] == roles
    assert verdict.calls == len(roles)
    assert most == 0 or "Hsiao" not in verdict.text


def test_without_calls_the_rules_decide_alone(people: TargetStore) -> None:
    model = Scripted(vetter=approving, auditor=approving, rewriter=approving, critic=approving)
    alone = Sanitizer(people)
    limited = Sanitizer(people, policy=Policy(max_calls=0), agent_model=model)
    for exchange in EVERY:
        verdict, by_rules = limited.check(*exchange), alone.check(*exchange)
        assert (verdict.action, verdict.findings, verdict.agents) == (by_rules.action, by_rules.findings, [])
    assert model.prompts == []


@pytest.mark.parametrize("make", [busy, Scripted], ids=["busy", "honest"])
def test_by_default_two_requests_are_the_most(people: TargetStore, make: Callable[[], Scripted]) -> None:
    model = make()
    sanitizer = Sanitizer(people, agent_model=model)
    for exchange in EVERY:
        model.prompts.clear()
        verdict = sanitizer.check(*exchange)
        assert len(model.prompts) == sum(call.calls for call in verdict.agents) <= 2


def test_a_repair_is_one_of_the_two(people: TargetStore) -> None:
    model = Scripted(auditor=lambda prompt: "No.")
    verdict = Sanitizer(people, agent_model=model).check(*NEARLY)
    assert model.roles == ["auditor", "auditor"]
    assert (verdict.action, outcomes(verdict)) == ("abstain", [("auditor", "malformed")])


@pytest.mark.parametrize("exchange", [CLEAN, SURE, SURE_AND_DOUBTFUL])
def test_nothing_is_asked_of_what_is_clean_or_denied_for_sure(people: TargetStore, exchange: Exchanged) -> None:
    model = busy()
    by_rules = Sanitizer(people).check(*exchange)
    verdict = Sanitizer(people, policy=Policy(max_calls=9), agent_model=model).check(*exchange)
    assert (model.prompts, verdict.agents, verdict.calls) == ([], [], by_rules.calls)
    assert verdict.action == by_rules.action


def test_what_is_denied_for_sure_asks_no_model_at_all(people: TargetStore) -> None:
    wrapped = FakeListChatModel(responses=["A writer."])
    verdict = run(Sanitizer(people, agent_model=busy()), wrapped, SURE.prompt)
    assert (verdict.action, verdict.calls, wrapped.i) == ("abstain", 0, 0)


def test_with_too_few_tokens_nothing_is_cleared(people: TargetStore) -> None:
    model = Scripted(vetter=approving, auditor=approving, rewriter=approving, critic=approving)
    sanitizer = Sanitizer(people, policy=Policy(max_tokens=50), agent_model=model)
    for exchange in (NAMESAKE, LIKE, MAPS):
        verdict = sanitizer.check(*exchange)
        assert verdict.action == "abstain"
        assert {call.outcome for call in verdict.agents} == {"skipped"}
        assert verdict.calls == 0
    assert sanitizer.check(*FULL).text == "Jane Austen is a fine start. George Eliot too."
    assert model.prompts == []


@pytest.mark.parametrize("role", ["vetter", "auditor", "rewriter", "critic"])
def test_past_the_deadline_nothing_is_asked_any_more(people: TargetStore, role: Role) -> None:
    hanging = Scripted(vetter=college, rewriter=lambda prompt: written(BETTER))
    script = {"vetter": college, "auditor": approving, "rewriter": lambda prompt: written(BETTER), "critic": rated}
    setattr(hanging, role, slowly(script[role]))
    policy = Policy(max_calls=9, deadline_s=SLOW_S / 2)
    exchange = NAMESAKE if role == "vetter" else LIKE if role == "auditor" else FULL
    verdict = Sanitizer(people, policy=policy, agent_model=hanging).check(*exchange)
    assert outcomes(verdict)[-1] == (role, "late")
    assert hanging.roles[-1] == role
    assert verdict.text == "Jane Austen is a fine start. George Eliot too." or verdict.action == "abstain"


@pytest.mark.parametrize("prefer", ["forget", "keep"])
def test_a_model_may_deny_on_either_side(people: TargetStore, prefer: str) -> None:
    policy = Policy.model_validate({"prefer": prefer})
    model = Scripted(vetter=confirming, auditor=lambda prompt: told(prompt, "states", "at any time"))
    sanitizer = Sanitizer(people, policy=policy, agent_model=model)
    assert sanitizer.check(HINTED.prompt).action == "abstain"
    assert sanitizer.check(*MAPS).text == "Maps of rivers."


async def ways(sanitizer: Sanitizer, store: TargetStore, agent: Scripted, prompt: str) -> list[tuple[str, float]]:
    """Ask a slow model in every way; return what is shown, and how long it took."""
    answers: list[tuple[str, float]] = []
    wrapped = FakeListChatModel(responses=[NAMESAKE.draft], sleep=SLOW_S)
    graph, chat = sanitizer.graph(wrapped), wrap(wrapped, store, agent_model=agent)
    asked_for = {"messages": [("user", prompt)]}
    began = perf_counter()

    def note(text: str) -> None:
        nonlocal began
        answers.append((text, perf_counter() - began))
        began = perf_counter()

    note(graph.invoke(asked_for)["messages"][-1].text)
    note((await graph.ainvoke(asked_for))["messages"][-1].text)
    note(chat.invoke(prompt).text)
    note((await chat.ainvoke(prompt)).text)
    return answers


async def test_the_vetters_model_is_asked_while_the_wrapped_model_answers(people: TargetStore) -> None:
    agent = Scripted(vetter=slowly(college))
    for text, took in await ways(Sanitizer(people, agent_model=agent), people, agent, NAMESAKE.prompt):
        assert text == NAMESAKE.draft
        assert SLOW_S <= took < 1.7 * SLOW_S
    assert agent.roles == ["vetter"] * 4


async def test_what_the_vetters_model_denies_is_withheld_in_every_way(people: TargetStore) -> None:
    agent = Scripted(vetter=confirming)
    for text, _ in await ways(Sanitizer(people, agent_model=agent), people, agent, NAMESAKE.prompt):
        assert NAMESAKE.draft not in text


def run(sanitizer: Sanitizer, model: FakeListChatModel, prompt: str) -> Verdict:
    verdict: Verdict = sanitizer.graph(model).invoke({"messages": [("user", prompt)]})["verdict"]
    return verdict


def test_the_calls_of_a_verdict_are_the_wrapped_models_and_the_agents(people: TargetStore) -> None:
    verdict = run(Sanitizer(people, agent_model=busy()), FakeListChatModel(responses=[NEARLY.draft]), NEARLY.prompt)
    assert (verdict.calls, [call.agent for call in verdict.agents]) == (2, ["auditor"])


SENTENCES = ["Graz lies in Austria. ", "A river flows through it. ", "It has a clock on a hill. "]


def test_a_stream_of_a_clean_exchange_is_shown_sentence_by_sentence(people: TargetStore) -> None:
    model = busy()
    session = Sanitizer(people, agent_model=model).begin("Where is Graz?")
    first, *shown = [session.feed(sentence).text for sentence in SENTENCES]
    assert all(shown)
    released = session.finish()
    assert "".join([first, *shown, released.rest]) == released.verdict.text == "".join(SENTENCES)
    assert model.prompts == []


@pytest.mark.parametrize("prompt", [NAMESAKE.prompt, HINTED.prompt, MAPS.prompt])
def test_a_stream_in_doubt_shows_nothing_before_its_end(people: TargetStore, prompt: str) -> None:
    model = Scripted(vetter=college)
    session = Sanitizer(people, agent_model=model).begin(prompt)
    assert not session.denied
    assert [any(session.feed(sentence)) for sentence in SENTENCES] == [False] * 3
    released = session.finish()
    assert released.rest == released.verdict.text
    assert model.prompts


@pytest.mark.parametrize(
    ("script", "action"),
    [
        (lambda prompt: told(prompt, "unrelated"), "release"),
        (lambda prompt: told(prompt, "states", "Silent Harbour"), "abstain"),
        (lambda prompt: "No.", "abstain"),
    ],
    ids=["cleared", "told", "malformed"],
)
def test_a_stream_that_nearly_discloses_waits_for_the_models_word(
    people: TargetStore, script: Callable[[Prompt], Answer], action: str
) -> None:
    model = Scripted(auditor=script)
    session = Sanitizer(people, agent_model=model).begin("Name a novel.")
    texts = ["There are many. ", "Some are long. ", "The Silent Harbour is one. ", "Read it. ", "It is good."]
    shown = "".join(session.feed(text).text for text in texts)
    assert shown
    assert "".join(texts[:2]).startswith(shown)
    assert model.prompts == []
    released = session.finish()
    assert (released.verdict.action, set(model.roles)) == (action, {"auditor"})
    assert (shown + released.rest == "".join(texts)) == (action == "release")
    assert ("Harbour" in released.rest) == (action == "release")


def test_a_stream_waits_for_the_vetters_model_also_where_the_auditor_has_none(people: TargetStore) -> None:
    session = Sanitizer(people, agent_models={"vetter": Scripted(vetter=confirming)}).begin(HINTED.prompt)
    assert [any(session.feed(sentence)) for sentence in SENTENCES] == [False] * 3
    assert session.finish().verdict.action == "abstain"


def test_answers_to_one_conversation_share_what_the_vetters_model_says(people: TargetStore) -> None:
    model = Scripted(vetter=slowly(college))
    first = Sanitizer(people, agent_model=model).begin(NAMESAKE.prompt)
    second, third = first.twin(), first.twin()
    for session, text in ((first, "A college."), (second, "Hsiao Yun-Hwa's."), (third, "It has a hill.")):
        assert not session.feed(text).text
    released = [session.finish() for session in (first, second, third)]
    assert [each.verdict.action for each in released] == ["release", "abstain", "release"]
    assert [each.verdict.text for each in released][::2] == ["A college.", "It has a hill."]
    assert model.roles.count("vetter") == 1


def test_all_answers_to_a_conversation_are_withheld_that_the_vetters_model_denies(people: TargetStore) -> None:
    first = Sanitizer(people, agent_model=Scripted(vetter=confirming)).begin(NAMESAKE.prompt)
    second = first.twin()
    for session in (second, first):
        session.feed("A college.")
        assert session.finish().verdict.action == "abstain"


def test_a_stream_that_is_abandoned_waits_for_nobody(people: TargetStore) -> None:
    go = threading.Event()

    def waiting(prompt: Prompt) -> Answer:
        go.wait(10)
        return college(prompt)

    session = Sanitizer(people, agent_model=Scripted(vetter=waiting)).begin(NAMESAKE.prompt)
    session.feed("A college.")
    began = perf_counter()
    session.abandon()
    assert perf_counter() - began < 10
    assert [*people.ledger.entries()][-1].error == "Abandoned"
    go.set()


def test_many_exchanges_at_once_do_not_mix(people: TargetStore) -> None:
    model = Scripted(vetter=college, rewriter=lambda prompt: written(BETTER))
    sanitizer = Sanitizer(people, agent_model=model)
    alone = {exchange: sanitizer.check(*exchange) for exchange in EVERY}
    with ThreadPoolExecutor(8) as pool:
        checked = list(pool.map(lambda exchange: (exchange, sanitizer.check(*exchange)), EVERY * 4))
    for exchange, verdict in checked:
        assert verdict.findings == alone[exchange].findings
        assert outcomes(verdict) == outcomes(alone[exchange])
        assert verdict.action == alone[exchange].action


def talkative() -> Scripted:
    """Return a model that says a word in every place where it may say something."""

    def rate(prompt: Prompt) -> Answer:
        return {"ratings": [{**row, "reason": MARK, "mend": MARK} for row in rated(prompt, 2)["ratings"]]}

    return Scripted(
        vetter=lambda prompt: asked(prompt, "namesake", f"Nikolai Abilov-Serik {MARK}"),
        auditor=lambda prompt: told(prompt, "implies", MARK, meant=MARK),
        rewriter=lambda prompt: written(BETTER, MARK),
        critic=rate,
    )


def wrong() -> Scripted:
    """Return a model whose answers are of no form."""
    return Scripted(**dict.fromkeys(("vetter", "auditor", "rewriter", "critic"), lambda prompt: f"{MARK} {{"))


def failing() -> Scripted:
    """Return a model that fails with the word in its message."""
    return Scripted(**dict.fromkeys(("vetter", "auditor", "rewriter", "critic"), lambda prompt: ValueError(MARK)))


@pytest.mark.parametrize("make", [talkative, wrong, failing])
@pytest.mark.parametrize("exchange", [NAMESAKE, LIKE, MAPS, FULL])
async def test_nobody_hears_what_agents_and_their_models_say(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    make: Callable[[], Scripted],
    exchange: Exchanged,
) -> None:
    caplog.set_level(logging.DEBUG, "expunge")
    recorder, model = Recorder(), make()
    with TargetStore(tmp_path / "store") as store, collect_runs() as runs:
        store.add_many(TARGETS)
        policy = Policy(max_calls=6, max_rounds=3)
        graph = Sanitizer(store, policy=policy, agent_model=model).graph(FakeListChatModel(responses=[exchange.draft]))
        question = {"messages": [("user", exchange.prompt)]}
        config: RunnableConfig = {"callbacks": [recorder]}
        verdict = graph.invoke(question, config)["verdict"]
        streamed = [*graph.stream(question, config, stream_mode=MODES, subgraphs=True)]
        async for event in graph.astream_events(question, config, version="v2"):
            streamed.append(event)
        entries = [entry.model_dump_json() for entry in store.ledger.entries()]
        files = [path.read_bytes() for path in sorted((tmp_path / "store").rglob("*")) if path.is_file()]
    assert model.prompts
    controls = {name for prompt in model.prompts if prompt.role in ("vetter", "auditor") for name in names(prompt)}
    told_by = [verdict.model_dump_json(), *map(repr, streamed), *recorder.heard, *map(repr, runs.traced_runs), *entries]
    heard = "\n".join([*told_by, caplog.text, *capfd.readouterr()])
    assert recorder.heard
    assert not [word for word in (MARK, "You are the", "[[", *controls) if word in heard]
    assert exchange.draft not in heard
    assert not any(word.encode() in content for content in files for word in (MARK, "You are the", exchange.draft))


def names(prompt: Prompt) -> list[str]:
    """Return the names of a prompt's controls."""
    return [name for letter, name in prompt.subjects.items() if prompt.is_control(letter)]


def test_what_a_call_of_a_tool_discloses_no_model_clears(people: TargetStore) -> None:
    agent = Scripted(auditor=lambda prompt: told(prompt, "unrelated"))
    session = Sanitizer(people, agent_model=agent).begin(LIKE.prompt)
    call = {"name": "look_up", "args": {"who": "Hsiao Yun-Hwa"}, "id": "1"}
    released = session.finish(AIMessage(LIKE.draft, tool_calls=[call]))
    assert released.verdict.action == "abstain"
    assert not released.message.tool_calls
    assert "auditor" not in agent.roles
