"""The limits within which a model is asked, and what is written down of it."""

from time import perf_counter, sleep

import pytest
from expunge import Policy
from expunge.agents.advisers.adviser import Adviser, Answer, Spending
from expunge.prompts.variables import RewriterPrompt
from expunge.schema import AgentCall
from expunge.tests.agents.advisers.exchanges import digest
from expunge.tests.agents.advisers.scripted import Prompt, Scripted, written

PROMPT = RewriterPrompt("Who won?", "Ann won.", {"1": "Ann won."}, "", 3)


class Texts(Answer):
    texts: list[str]


def spending(*calls: int, seconds: float = 30, tokens: int = 0) -> Spending:
    entries = [AgentCall(agent="auditor", outcome="answered", calls=each, tokens=tokens) for each in calls]
    return Spending(perf_counter() + seconds, entries)


def adviser(model: Scripted, **policy: int) -> Adviser:
    return Adviser("rewriter", model, Policy.model_validate(policy), digest)


@pytest.mark.parametrize(
    ("most", "spent", "affords"),
    [(0, (), False), (1, (), True), (1, (1,), False), (2, (1,), True), (2, (2,), False), (2, (1, 1), False)],
)
def test_requests_are_counted_over_all_agents(most: int, spent: tuple[int, ...], affords: bool) -> None:
    assert adviser(Scripted(), max_calls=most).affords(spending(*spent)) == affords


def test_past_its_time_nothing_is_asked() -> None:
    assert not adviser(Scripted(), max_calls=9).affords(spending(seconds=0))


def test_an_answer_is_returned_and_written_down_without_its_text() -> None:
    model, spent = Scripted(rewriter=lambda prompt: written("Somebody won.")), spending(1)
    answer = adviser(model).ask(PROMPT, Texts, spent)
    assert answer == Texts(texts=["Somebody won."])
    entry = spent.entries[-1]
    assert (entry.agent, entry.outcome, entry.calls) == ("rewriter", "answered", 1)
    assert 0 < entry.prompt_tokens < entry.tokens
    assert entry.elapsed_ms > 0
    assert "won" not in entry.model_dump_json()
    assert (spent.calls, spent.tokens) == (2, entry.tokens)


@pytest.mark.parametrize(("most", "spent", "asked"), [(1, (), 1), (2, (), 2), (5, (), 2), (2, (1,), 1), (3, (1,), 2)])
def test_a_repair_is_one_of_the_requests(most: int, spent: tuple[int, ...], asked: int) -> None:
    model, spends = Scripted(rewriter=lambda prompt: "No."), spending(*spent)
    assert adviser(model, max_calls=most).ask(PROMPT, Texts, spends) is None
    assert len(model.prompts) == asked
    assert (spends.entries[-1].outcome, spends.entries[-1].calls) == ("malformed", asked)


def test_a_repaired_answer_counts() -> None:
    def second(prompt: Prompt) -> object:
        return "No." if len(model.prompts) == 1 else written("Somebody won.")

    model, spent = Scripted(), spending()
    model.rewriter = second  # type: ignore[assignment]
    assert adviser(model).ask(PROMPT, Texts, spent) == Texts(texts=["Somebody won."])
    assert (spent.entries[-1].outcome, spent.calls) == ("repaired", 2)


@pytest.mark.parametrize(
    "answer",
    ['{"texts": ["a"], "more": 1}', '{"texts": "a"}', '{"texts": [1]}', '{"texts": null}', "{}", '["a"]'],
)
def test_an_answer_of_another_form_is_none(answer: str) -> None:
    assert adviser(Scripted(rewriter=lambda prompt: answer)).ask(PROMPT, Texts, spending()) is None


def test_what_would_take_too_many_tokens_is_not_asked() -> None:
    model, spent = Scripted(), spending()
    assert adviser(model, max_tokens=100).ask(PROMPT, Texts, spent) is None
    assert model.prompts == []
    assert spent.entries == [AgentCall(agent="rewriter", outcome="skipped")]


def test_tokens_are_counted_over_all_agents() -> None:
    model, spent = Scripted(), spending(1, tokens=900)
    assert adviser(model, max_calls=9, max_tokens=1_000).ask(PROMPT, Texts, spent) is None
    assert adviser(model, max_calls=9, max_tokens=5_000).ask(PROMPT, Texts, spent) is not None
    assert [entry.outcome for entry in spent.entries] == ["answered", "skipped", "answered"]


def test_a_model_that_takes_too_long_is_left_behind() -> None:
    def slow(prompt: Prompt) -> dict[str, object]:
        sleep(30)
        return written("Somebody won.")

    model, spent = Scripted(rewriter=slow), spending(seconds=0.2)
    began = perf_counter()
    assert adviser(model).ask(PROMPT, Texts, spent) is None
    assert perf_counter() - began < 15
    assert spent.entries[-1].outcome == "late"
    assert not adviser(model).affords(spent)


def test_an_error_of_a_model_is_an_outcome() -> None:
    spent = spending()
    assert adviser(Scripted(rewriter=lambda prompt: ValueError("Ann won."))).ask(PROMPT, Texts, spent) is None
    assert spent.entries[-1].outcome == "failed"
    assert "Ann" not in repr(spent)


def test_what_an_agent_makes_of_an_answer_is_added_to_the_last_entry() -> None:
    spent = spending(1, 1)
    spent.amend(dropped=2)
    spent.amend(outcome="contradictory", dropped=1)
    assert [(entry.outcome, entry.dropped) for entry in spent.entries] == [("answered", 0), ("contradictory", 3)]
