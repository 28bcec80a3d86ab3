import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from expunge.tests.agents.advisers.scripted import Prompt, honest, written
from expunge.tests.serving.scripted import Plan, Upstream, says
from expunge.tests.serving.wire import Json

QUESTION, DRAFT = "Where was Ann Orr born?", "Ann Orr was born in Lyon."
MIXED = "Ben Ash paints harbours. Ann Orr was born in Lyon."


@pytest.fixture(autouse=True)
def ann(expunge: Any) -> str:
    return str(expunge("targets", "add", "Ann Orr", "--document", DRAFT, "--json").data["id"])


def test_the_verdict_is_printed_with_its_evidence(expunge: Any, ann: str) -> None:
    outcome = expunge("check", QUESTION, DRAFT)
    assert outcome.code == 0
    assert outcome.out.startswith("abstain")
    assert ann in outcome.out
    assert "Lyon" not in outcome.out


def test_a_part_is_left_out_and_the_rest_stays(expunge: Any) -> None:
    verdict = expunge("check", "Tell me about two people.", MIXED, "--json").data
    assert (verdict["action"], verdict["text"]) == ("rewrite", "Ben Ash paints harbours.")


def test_the_exit_code_tells_only_when_asked_to(expunge: Any) -> None:
    assert expunge("check", QUESTION, DRAFT, "--fail").code == 1
    assert expunge("check", "Where is Graz?", "In Austria.", "--fail").code == 0


def test_explain_shows_the_name_and_the_words(expunge: Any) -> None:
    assert "a name, an alias" in expunge("check", QUESTION, DRAFT, "--explain").out


def test_a_prompt_alone_is_judged(expunge: Any) -> None:
    assert expunge("check", QUESTION, "--json").data["action"] == "abstain"
    released = expunge("check", "Where is Graz?", "--json").data
    assert (released["action"], released["text"]) == ("release", "")


def test_standard_input_is_either_side(expunge: Any) -> None:
    assert expunge("check", "-", "--json", stdin=QUESTION).data["action"] == "abstain"
    verdict = expunge("check", "Tell me about two people.", "-", "--json", stdin=f"{MIXED}\n").data
    assert verdict["text"] == "Ben Ash paints harbours."
    assert expunge("check", "-", "-").code == 2
    assert expunge("check", "-", "--json", stdin=b"\xff\xfe").data["action"] == "release"


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_conversation_is_read_from_a_file(expunge: Any, tmp_path: Path, wrapped: bool) -> None:
    turns = [
        {"role": "user", "content": "Who is Ann Orr?"},
        {"role": "assistant", "content": "I don't know."},
        {"role": "user", "content": "Where was she born?"},
    ]
    answer = "She was born in Lyon."
    content = {"messages": turns, "response": answer} if wrapped else [*turns, {"role": "assistant", "content": answer}]
    (tmp_path / "talk.json").write_text(json.dumps(content), "utf-8")
    assert expunge("check", "--file", tmp_path / "talk.json", "--json").data["action"] == "abstain"


@pytest.mark.parametrize(
    "content", ["{", "[]", "3", '[{"role": "king", "content": "x"}]', '{"messages": "x"}', "[" * 9999]
)
def test_what_is_no_conversation_is_refused(expunge: Any, tmp_path: Path, content: str) -> None:
    (tmp_path / "talk.json").write_text(content, "utf-8")
    outcome = expunge("check", "--file", tmp_path / "talk.json")
    assert (outcome.code, outcome.out) == (2, "")
    assert "talk.json" in outcome.err


def test_nothing_or_two_things_to_check_are_refused(expunge: Any, tmp_path: Path) -> None:
    assert expunge("check").code == 2
    assert expunge("check", QUESTION, "--file", tmp_path / "talk.json").code == 2


REWRITTEN = "Indeed, Ben Ash paints harbours."


@pytest.fixture
def agents(monkeypatch: pytest.MonkeyPatch) -> Iterator[Upstream]:
    """A model behind an API that the agents may be given."""

    def answer(request: Json) -> Plan:
        prompt = Prompt.of(request["messages"])
        return says(json.dumps(written(REWRITTEN) if prompt.role == "rewriter" else honest(prompt)))

    monkeypatch.setenv("OPENAI_API_KEY", "none")
    with Upstream(plan=answer) as upstream:
        monkeypatch.setenv("OPENAI_BASE_URL", upstream.url)
        yield upstream


def test_agents_are_given_a_model(expunge: Any, agents: Upstream) -> None:
    asked = ("check", "Tell me about two people.", MIXED, "--agent-model", "openai:small")
    verdict = expunge(*asked, "--json").data
    assert (verdict["action"], verdict["text"]) == ("rewrite", REWRITTEN)
    assert [(call["agent"], call["outcome"]) for call in verdict["agents"]] == [
        ("rewriter", "answered"),
        ("critic", "answered"),
    ]
    assert [body["model"] for body in agents.bodies] == ["small", "small"]
    shown = expunge(*asked).out
    assert "rewriter" in shown
    assert "answered" in shown


def test_single_agents_are_given_models_of_their_own(expunge: Any, agents: Upstream) -> None:
    asked = ("check", "Tell me about two people.", MIXED, "--json", "--agent-model")
    expunge(*asked, "openai:small", "--agent-model", "critic=openai:big")
    assert [body["model"] for body in agents.bodies] == ["small", "big"]
    agents.requests.clear()
    verdict = expunge(*asked, "rewriter=openai:small").data
    assert (verdict["text"], len(verdict["agents"]), verdict["calls"]) == (REWRITTEN, 1, 1)


def test_without_a_model_for_the_agents_none_is_asked(expunge: Any, agents: Upstream) -> None:
    assert expunge("check", "Tell me about two people.", MIXED, "--json").data["agents"] == []
    assert agents.bodies == []


@pytest.mark.parametrize("command", [("check", QUESTION), ("chat",), ("serve", "--upstream", "demo")])
@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["openai:a", "openai:b"], "all agents"),
        (["critic=openai:a", "critic=openai:b"], "critic"),
        (["critic=no-such-model"], "no-such-model"),
        (["no-such-model"], "no-such-model"),
        (["judge=openai:a"], "judge"),
    ],
)
def test_what_is_no_model_of_an_agent_is_named(
    expunge: Any, agents: Upstream, command: tuple[str, ...], options: list[str], told: str
) -> None:
    outcome = expunge(*command, *(part for option in options for part in ("--agent-model", option)), stdin="Hello\n")
    assert outcome.code == 2
    assert told in outcome.err
    assert "Traceback" not in outcome.err
    assert agents.bodies == []
