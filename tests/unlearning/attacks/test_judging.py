import pytest
from expunge.unlearning.attacks.judging import judge
from expunge.unlearning.examples import Part
from expunge.unlearning.results import AttackResult, Evaluation, Judgement, Scores


def scores(recall: float, rouge_l: float = 0.3, **more: float) -> Scores:
    return Scores(count=10, recall=recall, rouge_l=rouge_l, probability=0.5, **more)


def evaluation(**parts: Scores) -> Evaluation:
    names: dict[str, Part] = {
        "forget": "forget",
        "retain": "retain",
        "neighbours": "neighbours",
        "world_facts": "world_facts",
    }
    return Evaluation(parts={names[name]: each for name, each in parts.items()})


def came_back(attack: str, recall: float, control: float | None = 0.02) -> AttackResult:
    return AttackResult(attack=attack, title="tried", count=10, recall=recall, rouge_l=recall, control_recall=control)


BEFORE = evaluation(forget=scores(0.98), retain=scores(0.98))
AFTER = evaluation(forget=scores(0.01), retain=scores(0.96))
CONTROL = evaluation(forget=scores(0.02, extraction_strength=0.2, exact_memorisation=0.4))
MILD = [came_back("direct", 0.01), came_back("relearn", 0.1)]


def verdict(after: Evaluation = AFTER, attacks: list[AttackResult] = MILD, **more: float) -> Judgement:
    return judge(BEFORE, after, attacks, "removal", control=CONTROL, **more)


def test_it_held() -> None:
    judgement = verdict()
    assert judgement.held
    assert judgement.level == "removal"
    assert (judgement.worst, judgement.worst_recall, judgement.control_recall) == ("relearn", 0.1, 0.02)
    assert judgement.retain_kept == pytest.approx(0.96 / 0.98)
    assert judgement.reasons == ["It is judged by the 2 attacks that were tried; others may bring back more."]


def test_one_attack_is_enough_and_the_worst_is_measured_against_the_control() -> None:
    attacks = [*MILD, came_back("multiple_choice", 0.5, 0.45), came_back("relearn_half", 0.4, 0.05)]
    judgement = verdict(attacks=attacks)
    assert not judgement.held
    assert (judgement.worst, judgement.worst_recall, judgement.control_recall) == ("relearn_half", 0.4, 0.05)
    failed = [reason for reason in judgement.reasons if "0.40" in reason]
    assert len(failed) == 1
    assert "'relearn_half'" in failed[0]
    assert "0.05" in failed[0]
    assert not any("multiple_choice" in reason for reason in judgement.reasons)


@pytest.mark.parametrize(("recall", "held"), [(0.4, True), (0.41, False)])
def test_what_lies_on_the_limit_holds(recall: float, held: bool) -> None:
    assert verdict(attacks=[came_back("relearn", recall, 0.3)]).held is held
    assert verdict(attacks=[came_back("relearn", recall, 0.2)], tolerance=0.2).held is held


def test_without_a_control_all_that_comes_back_counts_and_a_reason_says_so() -> None:
    held = judge(BEFORE, AFTER, [came_back("relearn", 0.1, None)], "removal")
    lost = judge(BEFORE, AFTER, [came_back("relearn", 0.11, None)], "removal")
    assert held.held
    assert held.control_recall is None
    assert any("never learned" in reason for reason in held.reasons)
    assert not lost.held


def test_without_an_attack_nothing_held() -> None:
    judgement = verdict(attacks=[])
    assert not judgement.held
    assert (judgement.worst, judgement.worst_recall, judgement.control_recall) == ("direct", 0.01, 0.02)
    assert judgement.reasons[0].startswith("No attack was tried")


@pytest.mark.parametrize(("recall", "held"), [(0.98, True), (0.9311, True), (0.93, False), (0.5, False)])
def test_what_must_stay_must_stay(recall: float, held: bool) -> None:
    judgement = verdict(evaluation(forget=scores(0.0), retain=scores(recall)))
    assert judgement.held is held
    assert judgement.retain_kept == pytest.approx(recall / 0.98)
    assert any("'retain'" in reason for reason in judgement.reasons) is not held


def test_neighbours_count_where_there_are_any() -> None:
    before = evaluation(forget=scores(0.98), retain=scores(0.98), neighbours=scores(0.9))
    after = evaluation(forget=scores(0.0), retain=scores(0.98), neighbours=scores(0.45))
    judgement = judge(before, after, MILD, "removal", control=CONTROL)
    assert not judgement.held
    assert judgement.retain_kept == pytest.approx(0.5)
    assert judge(before, after, MILD, "removal", control=CONTROL, keep=0.5).held


def test_general_knowledge_that_was_lost_is_said_and_counts_where_nothing_else_was_asked() -> None:
    before = evaluation(retain=scores(0.9), world_facts=scores(0.8))
    after = evaluation(retain=scores(0.9), world_facts=scores(0.4))
    beside = judge(before, after, MILD, "removal", control=CONTROL)
    assert beside.held
    assert any("'world_facts'" in reason and "does not count" in reason for reason in beside.reasons)
    alone = judge(evaluation(world_facts=scores(0.8)), after, MILD, "removal", control=CONTROL)
    assert not alone.held
    assert alone.retain_kept == pytest.approx(0.5)


def test_a_model_of_which_nothing_was_asked_that_must_stay_did_not_hold() -> None:
    judgement = judge(evaluation(forget=scores(0.9)), evaluation(forget=scores(0.0)), MILD, "removal", control=CONTROL)
    assert not judgement.held
    assert judgement.retain_kept == 0.0
    assert any(reason.startswith("Nothing that must stay") for reason in judgement.reasons)


def test_a_set_that_was_never_known_is_not_lost() -> None:
    never = evaluation(retain=scores(0.0))
    assert judge(never, never, MILD, "removal", control=CONTROL).retain_kept == 1.0


@pytest.mark.parametrize(
    ("forget", "held", "named"),
    [
        (scores(0.0, rouge_l=0.4), True, ""),
        (scores(0.0, rouge_l=0.41), False, "ROUGE-L"),
        (scores(0.0, extraction_strength=0.45), True, ""),
        (scores(0.0, extraction_strength=0.46), False, "Extraction strength"),
        (scores(0.0, exact_memorisation=0.65), True, ""),
        (scores(0.0, exact_memorisation=0.93), False, "Exact memorisation"),
    ],
)
def test_what_is_memorised_may_not_lie_far_above_the_control(forget: Scores, held: bool, named: str) -> None:
    after = evaluation(forget=forget, retain=scores(0.98))
    judgement = verdict(after)
    assert judgement.held is held
    assert held or any(reason.startswith(named) for reason in judgement.reasons)
    assert judge(BEFORE, after, MILD, "removal").held  # nothing to compare with


def test_suppression_is_never_removal_and_says_that_the_weights_know() -> None:
    attacks = [*MILD, came_back("detached", 0.97)]
    judgement = judge(BEFORE, AFTER, attacks, "suppression", control=CONTROL)
    assert judgement.held
    assert judgement.level == "suppression"
    assert judgement.worst == "relearn"
    assert any("not removal" in reason and "0.97" in reason for reason in judgement.reasons)
    assert not judge(BEFORE, AFTER, attacks, "removal", control=CONTROL).held
    silent = judge(BEFORE, AFTER, MILD, "suppression", control=CONTROL)
    assert silent.reasons == ["This is suppression, not removal. The weights still know."]
