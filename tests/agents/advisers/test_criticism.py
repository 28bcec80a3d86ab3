"""The critic's model: a rating of every text, the draft among them, or none is believed."""

from collections.abc import Callable
from time import perf_counter

import pytest
from expunge import Policy, Sanitizer, TargetStore
from expunge.agents.advisers.adviser import Adviser, Spending
from expunge.agents.advisers.criticism import CritiquingAdviser, Rating
from expunge.schema import Outcome
from expunge.tests.agents.advisers.exchanges import FULL, digest, outcomes
from expunge.tests.agents.advisers.scripted import Answer, Prompt, Scripted, rated, written
from expunge.tests.graphs.test_agent_failures import approving

KEPT = "Jane Austen is a fine start. George Eliot too."
BETTER = "Jane Austen is a fine start, and so is George Eliot."
PASSAGES = {"1": "Hsiao Yun-Hwa, who was born in Taipei, is worth a try."}
ROOMY = Policy(max_calls=6, max_rounds=3)


def rate(model: Scripted, *texts: str) -> tuple[list[Rating], Outcome]:
    spending = Spending(perf_counter() + 30)
    critic = CritiquingAdviser(Adviser("critic", model, Policy(), digest))
    ratings = critic.rate(FULL.prompt, FULL.draft, PASSAGES, texts, spending)
    return ratings, spending.entries[-1].outcome


def rows(prompt: Prompt) -> list[Answer]:
    found: list[Answer] = rated(prompt)["ratings"]
    return found


def by_text(worth: dict[str, int], mend: str = "") -> Callable[[Prompt], Answer]:
    """Return what rates texts by what they hold, and the rest as `rated` does."""

    def script(prompt: Prompt) -> Answer:
        texts = prompt.named("texts")
        each = [
            {**row, "forgetting": worth.get(texts[row["text"]], row["forgetting"]), "mend": mend}
            for row in rows(prompt)
        ]
        return {"ratings": each}

    return script


def test_texts_are_rated_in_their_order_with_the_draft_among_them() -> None:
    model = Scripted(critic=by_text({"one": 2, "two": 3, "three": 4}))
    for texts in (
        ["one", "two", "three"],
        ["three", "one"],
        ["two"],
        ["two", "one"],
        ["one", "three"],
        ["three"],
        ["one"],
    ):
        ratings, outcome = rate(model, *texts)
        assert [rating.forgetting for rating in ratings] == [{"one": 2, "two": 3, "three": 4}[text] for text in texts]
        assert outcome == "answered"
        assert sorted(model.prompts[-1].named("texts").values()) == sorted([*texts, FULL.draft])
    assert {next(iter(prompt.named("texts").values())) == FULL.draft for prompt in model.prompts} == {True, False}


def test_the_same_texts_make_the_same_prompt() -> None:
    model = Scripted()
    rate(model, "one", "two")
    rate(model, "one", "two")
    assert model.prompts[0].text == model.prompts[1].text


@pytest.mark.parametrize(
    "spoil",
    [
        lambda found: found[1:],
        lambda found: found[:-1],
        lambda found: [*found, found[0]],
        lambda found: [found[0], *found[:-1]],
        lambda found: [*found, {**found[0], "text": "Z"}],
        lambda found: [{**found[0], "text": "Z"}, *found[1:]],
        lambda found: [],
        lambda found: [{**row, "forgetting": 6} for row in found],
        lambda found: [{**row, "forgetting": 0} for row in found],
        lambda found: [{**row, "usefulness": "5"} for row in found],
    ],
    ids=["first missing", "last missing", "doubled", "instead", "surplus", "unknown", "none", "6", "0", "text"],
)
def test_ratings_that_do_not_fit_the_texts_are_none(spoil: Callable[[list[Answer]], list[Answer]]) -> None:
    model = Scripted(critic=lambda prompt: {"ratings": spoil(rows(prompt))})
    assert rate(model, "one", "two") == ([], "malformed")


@pytest.mark.parametrize(("draft", "believed"), [(1, True), (3, True), (4, False), (5, False)])
def test_a_critic_that_lets_the_draft_pass_is_not_believed(draft: int, believed: bool) -> None:
    ratings, outcome = rate(Scripted(critic=by_text({FULL.draft: draft})), "one", "two")
    assert (len(ratings), outcome) == ((2, "answered") if believed else (0, "contradictory"))


@pytest.mark.parametrize(
    ("forgetting", "usefulness", "accepted"), [(5, 5, True), (4, 2, True), (3, 5, False), (5, 1, False), (1, 1, False)]
)
def test_what_is_enough(forgetting: int, usefulness: int, accepted: bool) -> None:
    rating = Rating(text="A", forgetting=forgetting, usefulness=usefulness, reason="", mend="")
    assert rating.accepted == accepted


@pytest.mark.parametrize(
    ("critic", "outcome"),
    [(lambda prompt: "No.", "malformed"), (approving, "contradictory"), (lambda prompt: ValueError(), "failed")],
)
def test_without_usable_ratings_the_rules_own_cut_alone_is_released(
    people: TargetStore, critic: Callable[[Prompt], Answer], outcome: str
) -> None:
    model = Scripted(rewriter=lambda prompt: written(BETTER), critic=critic)
    verdict = Sanitizer(people, policy=ROOMY, agent_model=model).check(*FULL)
    assert (verdict.text, outcomes(verdict)) == (KEPT, [("rewriter", "answered"), ("critic", outcome)])


def test_the_best_rated_text_is_released(people: TargetStore) -> None:
    texts = written("Jane Austen is fine, and so is George Eliot.", BETTER)
    for worst in texts["texts"]:
        model = Scripted(rewriter=lambda prompt: texts, critic=by_text({worst: 4, KEPT: 4}))
        verdict = Sanitizer(people, policy=ROOMY, agent_model=model).check(*FULL)
        [best] = set(texts["texts"]) - {worst}
        assert verdict.text == best


def test_the_critic_may_be_another_model_than_the_rewriter(people: TargetStore) -> None:
    writer, critic = Scripted(rewriter=lambda prompt: written(BETTER)), Scripted()
    sanitizer = Sanitizer(people, agent_model=writer, agent_models={"critic": critic})
    assert sanitizer.check(*FULL).text == BETTER
    assert (writer.roles, critic.roles) == (["rewriter"], ["critic"])


def test_a_low_rating_sends_back_with_what_was_wanting(people: TargetStore) -> None:
    first = "Jane Austen is a start, George Eliot is another."

    def again(prompt: Prompt) -> Answer:
        return written(BETTER if prompt.blocks["mend"] else first)

    model = Scripted(rewriter=again, critic=by_text({first: 2, KEPT: 2}, "Say it as one sentence."))
    verdict = Sanitizer(people, policy=ROOMY, agent_model=model).check(*FULL)
    assert model.roles == ["rewriter", "critic", "rewriter", "critic"]
    assert [prompt.blocks.get("mend") for prompt in model.prompts[::2]] == [
        "",
        " ".join(["Say it as one sentence."] * 2),
    ]
    assert model.prompts[2].blocks["answer"] == FULL.draft
    assert (verdict.action, verdict.text) == ("rewrite", BETTER)


@pytest.mark.parametrize(
    ("policy", "asked"),
    [
        (Policy(max_calls=6, max_rounds=1), 2),
        (Policy(max_calls=6, max_rounds=2), 4),
        (Policy(max_calls=6, max_rounds=3), 6),
        (Policy(max_calls=6, max_rounds=9), 6),
        (Policy(max_calls=4, max_rounds=9), 4),
        (Policy(max_calls=2, max_rounds=9), 2),
    ],
    ids=lambda each: f"{each.max_calls} calls, {each.max_rounds} rounds" if isinstance(each, Policy) else str(each),
)
def test_a_critic_that_is_never_content_ends_in_an_abstention(people: TargetStore, policy: Policy, asked: int) -> None:
    model = Scripted(rewriter=lambda prompt: written(BETTER), critic=by_text({BETTER: 2, KEPT: 2}, "Tell less."))
    verdict = Sanitizer(people, policy=policy, agent_model=model).check(*FULL)
    assert len(model.prompts) == asked
    assert (verdict.action, verdict.error) == ("abstain", "")
