import json
from typing import Any

import pytest
from expunge.tests.agents.advisers.scripted import Prompt, asked
from expunge.tests.serving.scripted import Plan, Upstream, says
from expunge.tests.serving.wire import Json

TALK = "What is the capital of France?\n\n/verdict\n/quit\nNever asked.\n"


def test_the_bare_model_needs_no_register(expunge: Any) -> None:
    outcome = expunge("chat", "--raw", stdin=TALK)
    assert outcome.code == 0
    assert outcome.out == "The capital of France is Paris.\n"
    assert "no verdict" in outcome.err


def test_answers_pass_the_sanitiser_in_one_conversation(expunge: Any) -> None:
    from expunge.models import DEMO

    facts = [json.loads(line) for line in (DEMO / "facts.jsonl").read_text("utf-8").splitlines()]
    asked = next(fact for fact in facts if fact["kind"] == "author" and fact["follow_ups"])
    name, follow_up = asked["subject"], asked["follow_ups"][0]
    expunge("targets", "add", name, "--document", asked["answer"])
    talk = f"Who is {name}?\n{follow_up}\nWhat is the capital of France?\n"
    rows = [json.loads(line) for line in expunge("chat", "--json", stdin=talk).out.splitlines()]
    assert [row["verdict"]["action"] for row in rows] == ["abstain", "abstain", "release"]
    assert [row["prompt"] for row in rows] == talk.splitlines()
    assert rows[2]["text"] == "The capital of France is Paris."


def test_verdicts_are_shown_when_asked_for(expunge: Any) -> None:
    expunge("targets", "add", "France", "--yes")
    outcome = expunge("chat", "--show-verdict", stdin=TALK)
    answer, decided, *_ = outcome.out.splitlines()
    assert "Paris" not in answer
    assert decided == "abstain"
    assert outcome.err.startswith("abstain · alias · ")


@pytest.mark.parametrize("model", ["no-such-model", "/no/such/folder", "openai:"])
def test_a_model_that_is_not_there_is_named(expunge: Any, model: str) -> None:
    outcome = expunge("chat", "--raw", "--model", model, stdin="Hello\n")
    assert outcome.code == 2
    assert model.strip(":") in outcome.err
    assert "Traceback" not in outcome.err


def test_a_conversation_needs_a_register(expunge: Any) -> None:
    assert expunge("chat", stdin="Hello\n").code == 2


def test_agents_are_given_a_model(expunge: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(request: Json) -> Plan:
        return says(json.dumps(asked(Prompt.of(request["messages"]), "asked")))

    expunge("targets", "add", "Nikolai Abilov")
    question = "Who is Nikolai Abilov-Serik?\n"
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    [by_rules] = expunge("chat", "--json", stdin=question).out.splitlines()
    with Upstream(plan=answer) as upstream:
        monkeypatch.setenv("OPENAI_BASE_URL", upstream.url)
        [row] = expunge("chat", "--json", "--agent-model", "vetter=openai:small", stdin=question).out.splitlines()
        assert [body["model"] for body in upstream.bodies] == ["small"]
    assert json.loads(by_rules)["verdict"]["action"] == "abstain"
    verdict = json.loads(row)["verdict"]
    assert [(call["agent"], call["outcome"]) for call in verdict["agents"]] == [("vetter", "answered")]
    assert (verdict["action"], verdict["calls"]) == ("abstain", 2)
