import pytest
from expunge.unlearning.attacks.judging import held_targets, judge
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
    before = evaluation(forget=scores(0.98), retain=scores(0.9), world_facts=scores(0.8))
    after = evaluation(forget=scores(0.0), retain=scores(0.9), world_facts=scores(0.4))
    beside = judge(before, after, MILD, "removal", control=CONTROL)
    assert beside.held
    assert any("'world_facts'" in reason and "does not count" in reason for reason in beside.reasons)
    alone = judge(evaluation(forget=scores(0.98), world_facts=scores(0.8)), after, MILD, "removal", control=CONTROL)
    assert not alone.held
    assert alone.retain_kept == pytest.approx(0.5)


def test_a_model_of_which_nothing_was_asked_that_must_stay_did_not_hold() -> None:
    judgement = judge(evaluation(forget=scores(0.9)), evaluation(forget=scores(0.0)), MILD, "removal", control=CONTROL)
    assert not judgement.held
    assert judgement.retain_kept == 0.0
    assert any(reason.startswith("Nothing that must stay") for reason in judgement.reasons)


@pytest.mark.parametrize(
    ("old", "new", "kept"),
    [
        (scores(0.0, 0.8), scores(0.0, 0.8), 1.0),  # long texts, never recalled whole, and as well known as before
        (scores(0.0, 0.8), scores(0.0, 0.2), 0.25),
        (scores(0.5, 0.8), scores(0.5, 0.2), 0.25),
        (scores(0.5, 0.0), scores(0.5, 0.0), 1.0),  # another script, of which ROUGE-L sees nothing
        (scores(0.0, 0.0), scores(0.9, 0.9), 0.0),
    ],
)
def test_a_ruined_model_keeps_nothing_even_of_what_was_never_recalled_whole(
    old: Scores, new: Scores, kept: float
) -> None:
    before = evaluation(forget=scores(0.98), retain=old)
    judgement = judge(before, evaluation(forget=scores(0.0), retain=new), MILD, "removal", control=CONTROL)
    assert judgement.retain_kept == pytest.approx(kept)
    assert judgement.held is (kept == 1.0)
    assert any("'retain'" in reason for reason in judgement.reasons) is (kept < 1.0)


def test_what_was_never_known_before_shows_nothing() -> None:
    nothing = "The model did not recall it before, as it was asked: nothing can be shown. Ask as its users do."
    never = evaluation(forget=scores(0.1), retain=scores(0.98))
    alone = judge(never, never, [came_back("relearn", 0.1, None)], "removal")
    assert not alone.held
    assert alone.reasons[0] == nothing
    known = evaluation(forget=scores(0.12), retain=scores(0.98))
    beside = judge(known, known, MILD, "removal", control=CONTROL)  # the control says 0.02
    assert not beside.held
    assert nothing in beside.reasons
    assert nothing not in judge(known, known, MILD, "removal", control=CONTROL, tolerance=0.05).reasons


def wording(attack: str, rouge_l: float) -> AttackResult:
    return came_back(attack, 0.0, 0.0).model_copy(update={"rouge_l": rouge_l, "control_rouge_l": 0.2})


def test_long_texts_that_are_never_recalled_whole_are_judged_by_their_wording() -> None:
    control = evaluation(forget=scores(0.0, 0.2))
    before = evaluation(forget=scores(0.0, 0.9), retain=scores(0.98))
    after = evaluation(forget=scores(0.0, 0.2), retain=scores(0.98))
    assert judge(before, after, [wording("relearn", 0.3)], "removal", control=control).held
    back = judge(before, after, [wording("few_shot", 0.25), wording("relearn", 0.31)], "removal", control=control)
    assert not back.held
    assert back.worst == "relearn"
    assert any("ROUGE-L 0.31" in reason and "0.20" in reason for reason in back.reasons)
    recalled = evaluation(forget=scores(0.9, 0.9), retain=scores(0.98))
    assert judge(recalled, after, [wording("relearn", 0.31)], "removal", control=control).held
    without = judge(before, after, [came_back("relearn", 0.0, None)], "removal")
    assert any("nothing can be shown" in reason for reason in without.reasons)  # any model says some of the words


def test_what_was_only_likely_before_may_not_be_likelier_than_for_the_control() -> None:
    control = evaluation(forget=scores(0.0, 0.2).model_copy(update={"probability": 0.2}))
    before = evaluation(forget=scores(0.0, 0.2), retain=scores(0.98))  # refused, and half likely
    gone = evaluation(forget=control.parts["forget"], retain=scores(0.98))
    assert judge(before, gone, [wording("relearn", 0.2)], "removal", control=control).held
    still = judge(before, before, [wording("relearn", 0.2)], "removal", control=control)
    assert [reason for reason in still.reasons if reason.startswith("Probability")]
    assert not still.held


@pytest.mark.parametrize(
    ("forget", "worst"),
    [(scores(0.5), "direct"), (scores(0.0, paraphrase_recall=0.5, paraphrase_rouge_l=0.5), "paraphrase")],
)
def test_what_the_evaluation_heard_counts_like_an_attack(forget: Scores, worst: str) -> None:
    tried = [came_back("direct", 0.0), came_back("paraphrase", 0.0), came_back("relearn", 0.1)]
    judgement = verdict(evaluation(forget=forget, retain=scores(0.98)), tried)
    assert not judgement.held
    assert (judgement.worst, judgement.worst_recall) == (worst, 0.5)
    assert sum(f"'{worst}'" in reason for reason in judgement.reasons) == 1


def test_a_reason_says_where_relearning_was_not_tried() -> None:
    said = [reason for reason in verdict(attacks=[came_back("prefix", 0.0)]).reasons if "Relearning" in reason]
    assert len(said) == 1
    for name in ("relearn", "relearn_half"):
        assert not any("Relearning" in reason for reason in verdict(attacks=[came_back(name, 0.0)]).reasons)


def by_target(attack: str, by: dict[str, float], control: dict[str, float]) -> AttackResult:
    return came_back(attack, 0.0).model_copy(update={"by_target": by, "control_by_target": control})


def test_targets_held_that_were_known_and_of_which_no_attack_recalls_more_than_the_control() -> None:
    known = scores(0.98).model_copy(update={"by_target": {"a": 1.0, "b": 0.9, "c": 0.5, "never": 0.0}})
    before = evaluation(forget=known, retain=scores(0.98))
    direct = by_target("direct", {"a": 0.0, "b": 0.4, "c": 0.0, "never": 0.0}, {"a": 0.0, "b": 0.3, "c": 0.1})
    few, half = by_target("relearn", {"a": 0.0}, {}), by_target("relearn_half", {"c": 0.5}, {"c": 0.2})
    assert held_targets(before, [direct, few], 0.1) == {"a", "b", "c"}
    assert held_targets(before, [direct, half], 0.1) == {"a", "b"}
    assert held_targets(before, [direct, half], 0.3) == {"a", "b", "c"}
    assert held_targets(before, [direct], 0.1) == frozenset()  # nobody relearned
    alone = by_target("direct", {"a": 0.11, "b": 0.1}, {})
    assert held_targets(before, [alone, few], 0.1) == {"b", "c"}
    assert held_targets(evaluation(forget=scores(0.98)), [direct, few], 0.1) == frozenset()


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
