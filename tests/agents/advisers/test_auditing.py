"""The auditor's model: when it is asked, what it adds, and what its word clears."""

from collections.abc import Callable
from time import perf_counter

import pytest
from expunge import Policy, TargetStore, Verdict
from expunge.agents.advisers.adviser import Adviser, Spending
from expunge.agents.advisers.auditing import AuditingAdviser
from expunge.agents.findings import SAID, UNCLEARED
from expunge.agents.vetting import Vetting
from expunge.detection.detector import Detector
from expunge.tests.agents.advisers.exchanges import (
    CLEAN,
    COLLEGE,
    FULL,
    LIKE,
    LISTED,
    MAPS,
    NEARLY,
    NIGHT,
    RAKING,
    SURE,
    Exchanged,
    digest,
    outcomes,
    sanitized,
)
from expunge.tests.agents.advisers.scripted import Answer, Prompt, Scripted, told
from expunge.tests.graphs.test_agent_failures import approving

KEEP = Policy(prefer="keep")


def check(store: TargetStore, model: Scripted | None, exchange: Exchanged, policy: Policy | None = None) -> Verdict:
    return sanitized(store, model, "auditor", policy=policy).check(*exchange)


def saying(relation: str, *quotes: str, meant: str = "") -> Scripted:
    return Scripted(auditor=lambda prompt: told(prompt, relation, *quotes, meant=meant))


def in_draft(verdict: Verdict, exchange: Exchanged) -> list[str]:
    return [exchange.draft[found.start : found.end] for found in verdict.findings if found.where == "draft"]


@pytest.mark.parametrize("exchange", [CLEAN, SURE, FULL, COLLEGE, LISTED, RAKING, NIGHT])
def test_it_is_not_asked_where_the_rules_are_sure_or_find_nothing(people: TargetStore, exchange: Exchanged) -> None:
    model = saying("unrelated")
    verdict = check(people, model, exchange)
    assert (model.prompts, verdict.agents) == ([], [])
    assert verdict.action == check(people, None, exchange).action


@pytest.mark.parametrize("exchange", [LIKE, NEARLY, MAPS])
def test_it_is_asked_once_where_they_are_not(people: TargetStore, exchange: Exchanged) -> None:
    model = saying("states")
    assert outcomes(check(people, model, exchange)) == [("auditor", "answered")]
    assert model.roles == ["auditor"]


@pytest.mark.parametrize("exchange", [LIKE])
@pytest.mark.parametrize("relation", ["unrelated", "namesake"])
def test_likeness_is_cleared_by_its_word(people: TargetStore, exchange: Exchanged, relation: str) -> None:
    assert check(people, None, exchange).action == "abstain"
    verdict = check(people, saying(relation), exchange)
    assert (verdict.action, verdict.text) == ("release", exchange.draft)


@pytest.mark.parametrize("relation", ["unrelated", "namesake"])
@pytest.mark.parametrize("exchange", [NIGHT, LISTED])
def test_a_date_and_a_name_are_not(people: TargetStore, exchange: Exchanged, relation: str) -> None:
    by_rules = check(people, None, exchange)
    verdict = check(people, saying(relation), exchange)
    assert (verdict.action, verdict.text) == (by_rules.action, by_rules.text)
    assert verdict.findings == by_rules.findings


@pytest.mark.parametrize("relation", ["states", "implies"])
@pytest.mark.parametrize(
    ("quote", "passage"),
    [("at any time", "at any time"), ("He can be RUNG", "He can be rung"), ("rung  at\nany time.", "rung at any time")],
)
def test_what_it_quotes_goes(people: TargetStore, relation: str, quote: str, passage: str) -> None:
    assert check(people, None, MAPS).action == "release"
    verdict = check(people, saying(relation, quote), MAPS)
    assert (verdict.action, verdict.text) == ("rewrite", "Maps of rivers.")
    assert in_draft(verdict, MAPS) == [passage]
    [finding] = [found for found in verdict.findings if found.where == "draft"]
    assert (finding.layer, finding.certain, finding.evidence) == ("agent", False, SAID)


def test_a_quote_counts_wherever_it_stands(people: TargetStore) -> None:
    twice = Exchanged(MAPS.prompt, "Ring him. Maps of rivers. RING HIM, or write.")
    assert in_draft(check(people, saying("states", "ring him"), twice), twice) == ["Ring him", "RING HIM"]


def test_a_quote_that_stands_nowhere_is_dropped_and_counted(people: TargetStore) -> None:
    verdict = check(people, saying("states", "at any time", "at noon", "in Lyon"), MAPS)
    assert [call.dropped for call in verdict.agents] == [2]
    assert in_draft(verdict, MAPS) == ["at any time"]


@pytest.mark.parametrize("quotes", [(), ("in Lyon",)], ids=["none", "not there"])
def test_without_a_quote_that_is_there_the_whole_draft_goes(people: TargetStore, quotes: tuple[str, ...]) -> None:
    verdict = check(people, saying("implies", *quotes), MAPS)
    assert (verdict.action, in_draft(verdict, MAPS)) == ("abstain", [MAPS.draft])


def test_what_the_rules_found_stays_beside_what_it_quotes(people: TargetStore) -> None:
    verdict = check(people, saying("states", "was", "nowhere"), LIKE)
    assert in_draft(verdict, LIKE) == ["Hsiao was.", "was"]
    assert in_draft(check(people, saying("states", "nowhere"), LIKE), LIKE) == ["Hsiao was."]


def test_at_most_twenty_quotes_are_read(people: TargetStore) -> None:
    for more, found in ((19, ["at any time"]), (20, [MAPS.draft])):
        verdict = check(people, saying("states", *["nowhere"] * more, "at any time"), MAPS)
        assert in_draft(verdict, MAPS) == found
        assert [call.dropped for call in verdict.agents] == [min(more, 20)]


UNUSABLE: dict[str, Callable[[Prompt], Answer | str | BaseException]] = {
    "malformed": lambda prompt: "APPROVED",
    "contradictory": approving,
    "failed": lambda prompt: RuntimeError("500"),
}


@pytest.mark.parametrize("outcome", UNUSABLE)
@pytest.mark.parametrize("exchange", [LIKE])
def test_without_a_usable_answer_what_the_rules_found_stands(
    people: TargetStore, exchange: Exchanged, outcome: str
) -> None:
    verdict, by_rules = check(people, Scripted(auditor=UNUSABLE[outcome]), exchange), check(people, None, exchange)
    assert outcomes(verdict) == [("auditor", outcome)]
    assert (verdict.action, verdict.findings) == (by_rules.action, by_rules.findings)


@pytest.mark.parametrize("outcome", UNUSABLE)
def test_without_one_a_draft_in_doubt_is_withheld(people: TargetStore, outcome: str) -> None:
    verdict = check(people, Scripted(auditor=UNUSABLE[outcome]), MAPS)
    assert (verdict.action, outcomes(verdict)) == ("abstain", [("auditor", outcome)])
    assert verdict.findings[-1].evidence == UNCLEARED


@pytest.mark.parametrize("outcome", UNUSABLE)
def test_a_policy_that_prefers_keeping_releases_it(people: TargetStore, outcome: str) -> None:
    assert check(people, Scripted(auditor=UNUSABLE[outcome]), MAPS, KEEP).action == "release"
    assert check(people, saying("states", "at any time"), MAPS, KEEP).text == "Maps of rivers."


def test_a_control_that_is_called_a_namesake_is_no_disclosure(people: TargetStore) -> None:
    def careless(prompt: Prompt) -> Answer:
        rows = told(prompt, "unrelated")["subjects"]
        return {"subjects": [{**row, "relation": "namesake", "quotes": []} for row in rows]}

    verdict = check(people, Scripted(auditor=careless), LIKE)
    assert (verdict.action, outcomes(verdict)) == ("abstain", [("auditor", "contradictory")])


def test_a_subject_too_few_or_too_many_is_no_answer(people: TargetStore) -> None:
    def fewer(prompt: Prompt) -> Answer:
        return {"subjects": told(prompt, "unrelated")["subjects"][1:]}

    def doubled(prompt: Prompt) -> Answer:
        return {"subjects": told(prompt, "unrelated")["subjects"] * 2}

    for script in (fewer, doubled):
        verdict = check(people, Scripted(auditor=script), LIKE)
        assert (verdict.action, outcomes(verdict)) == ("abstain", [("auditor", "malformed")])


def test_the_same_exchange_makes_the_same_prompt_and_no_prompt_holds_its_control_twice(people: TargetStore) -> None:
    first, second = saying("unrelated"), saying("states")
    check(people, first, LIKE)
    check(people, second, LIKE)
    [prompt] = first.prompts
    assert prompt.text == second.prompts[0].text
    [control] = [name for letter, name in prompt.subjects.items() if prompt.is_control(letter)]
    assert prompt.text.count(control) == 3  # asked for, told, and described
    assert control not in LIKE.prompt + LIKE.draft


def test_a_hint_is_asked_about_until_the_vetters_model_has_settled_it(people: TargetStore) -> None:
    policy, target = Policy(), people.list()[0]
    detector = Detector(people)
    detector.sync()
    adviser = AuditingAdviser(Adviser("auditor", Scripted(), policy, digest), detector, policy)
    spending = Spending(perf_counter() + 30)
    ids = frozenset({target.id})
    hint = Vetting(hints={target.id: 2.0}, several=ids)
    settled = Vetting(hints={target.id: 2.0}, several=ids, settled=ids)
    assert [each.id for each in adviser.doubts("A book.", hint, [], [], spending)] == [target.id]
    assert adviser.doubts("A book.", settled, [], [], spending) == []
    assert adviser.doubts("A book.", Vetting(hints={target.id: 2.0}), [], [], spending) == []
