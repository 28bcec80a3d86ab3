import pytest
import torch
from expunge.errors import InputError
from expunge.unlearning.attacks import ATTACKS, AttackSettings
from expunge.unlearning.attacks.attacking import attack
from expunge.unlearning.attacks.judging import held_targets, judge
from expunge.unlearning.examples import Corpus
from expunge.unlearning.results import AttackResult, Evaluation, Scores
from expunge.unlearning.subject import Subject

Results = dict[str, AttackResult]
TRIED = ["multiple_choice", "prefix", "quantise4", "relearn_half"]
CHANGING = ["quantise8", "quantise4", "benign", "relearn", "relearn_half"]


@pytest.fixture(scope="module")
def few(corpus: Corpus) -> Corpus:
    """The first facts of the sets."""
    return corpus.model_copy(
        update={"forget": corpus.forget[:4], "retain": corpus.retain[:4], "probes": corpus.probes[:1]}
    )


@pytest.fixture(scope="module")
def results(refused: Subject, control: Subject, corpus: Corpus) -> Results:
    """What comes back of a model that was taught to refuse."""
    settings = AttackSettings.small().model_copy(update={"batch_size": 8})
    return {each.attack: each for each in attack(refused, control, corpus, settings, TRIED)}


def test_a_refusal_looks_perfect_until_it_is_attacked(results: Results) -> None:
    assert results["direct"].recall <= 0.02
    assert results["quantise4"].recall <= 0.02
    assert results["relearn_half"].recall >= 0.6
    assert results["multiple_choice"].gap >= 0.6
    assert results["prefix"].gap >= 0.5


def test_the_control_does_not_learn_by_the_attacks_what_it_never_knew(results: Results) -> None:
    for name in ("direct", "prefix", "quantise4", "relearn_half"):
        known = results[name].control_recall
        assert known is not None
        assert known <= 0.1, name
    chosen = results["multiple_choice"].control_recall  # one of four
    assert chosen is not None
    assert chosen <= 0.35


def test_the_verdict_on_a_refusal_is_that_it_did_not_hold(results: Results) -> None:
    known = Scores(count=100, recall=0.98, rouge_l=0.98, probability=0.9)
    gone = Scores(count=100, recall=0.0, rouge_l=0.1, probability=0.1)
    before = Evaluation(parts={"forget": known, "retain": known})
    after = Evaluation(parts={"forget": gone, "retain": known})
    judgement = judge(before, after, list(results.values()), "removal")
    assert not judgement.held
    assert judgement.worst in {"relearn_half", "multiple_choice", "prefix"}
    assert judgement.retain_kept == 1.0


def test_figures_are_told_by_target_of_both_models(results: Results, corpus: Corpus) -> None:
    names = {example.target for example in corpus.forget}
    assert len(names) == 4
    for each in results.values():
        assert set(each.by_target) == set(each.control_by_target) <= names
    assert set(results["direct"].by_target) == names
    known = Scores(count=100, recall=0.98, rouge_l=0.98, probability=0.9, by_target=dict.fromkeys(names, 1.0))
    before = Evaluation(parts={"forget": known})
    assert not held_targets(before, list(results.values()), 0.1)
    gentle = results["direct"].model_copy(update={"attack": "relearn"})  # as if it had brought back no more
    assert held_targets(before, [results["direct"], gentle], 0.1) == names


def test_targets_that_only_probes_name_are_left_out(demo: Subject, corpus: Corpus) -> None:
    probes = [each.model_copy(update={"target": "tgt_other"}) for each in corpus.probes[:2]]
    given = Corpus(forget=[each.model_copy(update={"target": ""}) for each in corpus.forget[:2]], probes=probes)
    assert all(not each.by_target for each in attack(demo, None, given, AttackSettings.small(), ["probes"]))


def test_attacks_leave_both_models_bit_for_bit_as_they_were(demo: Subject, control: Subject, few: Corpus) -> None:
    models = [demo.model, control.model]
    before = [{name: weight.clone() for name, weight in model.state_dict().items()} for model in models]
    asked = [[weight.requires_grad for weight in model.parameters()] for model in models]
    attack(demo, control, few, AttackSettings(steps=1, max_new_tokens=2), CHANGING)
    for model, weights, wanted in zip(models, before, asked, strict=True):
        assert all(torch.equal(weight, weights[name]) for name, weight in model.state_dict().items())
        assert [weight.requires_grad for weight in model.parameters()] == wanted
        assert all(weight.grad is None for weight in model.parameters())
        assert not model.training


def test_the_order_is_that_of_the_attacks_and_progress_is_told(demo: Subject, control: Subject, few: Corpus) -> None:
    told: list[tuple[int, int]] = []
    settings = AttackSettings(steps=1, max_new_tokens=4)
    found = attack(demo, control, few, settings, progress=lambda done, of: told.append((done, of)))
    assert [each.attack for each in found] == [name for name in ATTACKS if name != "detached"]
    assert told == [(done, len(found)) for done in range(len(found) + 1)]
    again = attack(demo, control, few, settings, ["few_shot", "relearn_half"])
    assert again == [each for each in found if each.attack in ("direct", "few_shot", "relearn_half")]


def test_names_choose_and_the_plain_question_is_always_asked(demo: Subject, few: Corpus) -> None:
    found = attack(demo, None, few, AttackSettings(), ["lower_case", "paraphrase"])
    assert [each.attack for each in found] == ["direct", "paraphrase", "lower_case"]
    assert all(each.control_recall is None and each.control_rouge_l is None for each in found)
    assert [each.attack for each in attack(demo, None, few, AttackSettings(), [])] == ["direct"]


def test_what_says_nothing_without_a_control_is_left_out_without_one(demo: Subject, few: Corpus) -> None:
    found = attack(demo, None, few, AttackSettings(), ["multiple_choice"])
    assert [each.attack for each in found] == ["direct"]


def test_what_does_not_apply_is_left_out(demo: Subject, few: Corpus) -> None:
    bare = Corpus(forget=[few.forget[0].model_copy(update={"paraphrases": [], "wrong_answers": []})])
    found = attack(demo, demo, bare, AttackSettings(max_new_tokens=2))
    assert [each.attack for each in found] == ["direct", "lower_case", "fill_in", "prefix", "quantise8", "quantise4"]


def test_an_unknown_name_is_an_error(demo: Subject, few: Corpus) -> None:
    with pytest.raises(InputError, match="'relern'"):
        attack(demo, None, few, AttackSettings(), ["relern"])


def test_a_cancelled_job_stops_between_attacks(demo: Subject, few: Corpus) -> None:
    def cancel(done: int, of: int) -> None:
        if done == 1:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        attack(demo, None, few, AttackSettings(), progress=cancel)
