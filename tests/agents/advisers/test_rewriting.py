"""The rewriter's model: what it is told, and which of its texts come to anything."""

from time import perf_counter

import pytest
from expunge import Policy, TargetStore, Verdict
from expunge.agents.advisers.adviser import Adviser, Spending
from expunge.agents.advisers.rewriting import RewritingAdviser, passages
from expunge.agents.findings import of_agent
from expunge.schema import Finding
from expunge.tests.agents.advisers.exchanges import CLEAN, FULL, SURE, Exchanged, digest, sanitized
from expunge.tests.agents.advisers.scripted import Scripted, written

KEPT = "Jane Austen is a fine start. George Eliot too."
BETTER = "Jane Austen is a fine start, and so is George Eliot."


def finding(word: str) -> Finding:
    start = FULL.draft.index(word)
    return of_agent("tgt_1", start, start + len(word), "draft")


def propose(
    model: Scripted, *, kept: str = KEPT, mend: str = "", policy: Policy | None = None, reserved: int = 0
) -> list[str]:
    policy = policy or Policy()
    adviser = RewritingAdviser(Adviser("rewriter", model, policy, digest), policy, reserved)
    return adviser.propose(FULL.prompt, FULL.draft, [finding("Hsiao")], KEPT, mend, Spending(perf_counter() + 30))


def rewrite(store: TargetStore, model: Scripted, exchange: Exchanged = FULL) -> Verdict:
    return sanitized(store, model, "rewriter").check(*exchange)


def test_it_reads_what_must_go_sentence_by_sentence_and_what_was_wanting() -> None:
    model = Scripted()
    propose(model, mend="Say less of birth.", policy=Policy(proposals=2))
    [prompt] = model.prompts
    assert prompt.named("passages") == {"1": "Hsiao Yun-Hwa, who was born in Taipei, is worth a try."}
    assert (prompt.blocks["question"], prompt.blocks["answer"]) == FULL
    assert prompt.blocks["mend"] == "Say less of birth."
    assert "Write 2 different texts" in prompt.text


def test_passages_are_the_sentences_in_which_something_was_found() -> None:
    assert passages(FULL.draft, [finding("Eliot"), finding("Austen"), finding("fine")]) == {
        "1": "Jane Austen is a fine start.",
        "2": "George Eliot too.",
    }
    assert passages(FULL.draft, []) == {}


def test_texts_that_tell_what_must_go_or_something_new_are_dropped() -> None:
    texts = [FULL.draft, f" {BETTER} ", BETTER, "Taipei", "Read Emily.", "", "  ", KEPT]
    model = Scripted(rewriter=lambda prompt: written(*texts))
    assert propose(model, policy=Policy(proposals=10)) == [BETTER, KEPT]


@pytest.mark.parametrize("most", [1, 2, 3])
def test_no_more_texts_are_looked_at_than_were_asked_for(most: int) -> None:
    texts = ["A fine start.", "Jane Austen.", "George Eliot.", KEPT]
    assert propose(Scripted(rewriter=lambda prompt: written(*texts)), policy=Policy(proposals=most)) == texts[:most]


@pytest.mark.parametrize("answer", ["No.", "{}", '{"texts": "Jane Austen."}', '{"texts": [1]}'])
def test_an_answer_of_another_form_proposes_nothing(answer: str) -> None:
    assert propose(Scripted(rewriter=lambda prompt: answer)) == []


def test_without_a_call_left_nothing_is_asked() -> None:
    model = Scripted()
    assert propose(model, policy=Policy(max_calls=0)) == []
    assert model.prompts == []


@pytest.mark.parametrize(("reserved", "asked"), [(0, 1), (1, 0)])
def test_a_request_is_left_for_the_critics_model(reserved: int, asked: int) -> None:
    model = Scripted()
    propose(model, policy=Policy(max_calls=1), reserved=reserved)
    assert len(model.prompts) == asked


def test_a_text_of_the_model_comes_before_the_rules_own_cut(people: TargetStore) -> None:
    verdict = rewrite(people, Scripted(rewriter=lambda prompt: written(BETTER)))
    assert (verdict.action, verdict.text) == ("rewrite", BETTER)


@pytest.mark.parametrize("text", [FULL.draft, FULL.draft.upper(), FULL.draft[::-1], "Born in Taipei.", "No idea."])
def test_where_it_writes_nothing_of_use_the_rules_own_cut_is_released(people: TargetStore, text: str) -> None:
    verdict = rewrite(people, Scripted(rewriter=lambda prompt: written(text)))
    assert (verdict.action, verdict.text) == ("rewrite", KEPT)


@pytest.mark.parametrize("exchange", [CLEAN, SURE])
def test_it_is_not_asked_where_nothing_is_to_be_rewritten(people: TargetStore, exchange: Exchanged) -> None:
    model = Scripted()
    rewrite(people, model, exchange)
    assert model.prompts == []
