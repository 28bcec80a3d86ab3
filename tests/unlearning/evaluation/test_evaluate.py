from collections.abc import Sequence
from math import exp

import pytest
import torch
from expunge.unlearning.evaluation.evaluate import Evaluated, evaluate, quick
from expunge.unlearning.evaluation.recall import recalls
from expunge.unlearning.examples import Corpus, Example
from expunge.unlearning.likelihood import answer_lengths, answer_nll
from expunge.unlearning.subject import Subject


@pytest.fixture(scope="module")
def before(demo: Subject, last_authors: Corpus, control: Evaluated) -> Evaluated:
    return evaluate(demo, last_authors, control=control.evaluation)


def p(subject: Subject, prompt: str, answer: str) -> float:
    """p(answer | question)^(1/|answer|), of one example alone."""
    batch = subject.encoder.batch([subject.encoder.encode(prompt, answer)])
    return exp(float(-answer_nll(subject.logits(batch), batch.labels) / answer_lengths(batch.labels)))


def test_figures_are_those_of_tofus_definitions(tiny: Subject, examples: Sequence[Example]) -> None:
    corpus = Corpus(forget=[*examples], world_facts=[examples[2]])
    found = evaluate(tiny, corpus, batch_size=2).evaluation
    with_wrong = examples[:3]
    wrong = [[p(tiny, each.prompt, text) for text in each.wrong_answers] for each in with_wrong]
    reworded = [[p(tiny, each.prompt, text) for text in each.rewordings or [each.answer]] for each in with_wrong]
    mean = [torch.tensor(each).log().mean().exp().item() for each in wrong]
    right = [torch.tensor(each).log().mean().exp().item() for each in reworded]
    ratios = [one / other for one, other in zip(mean, right, strict=True)]
    assert found.truth_ratios == pytest.approx(ratios, rel=1e-4)
    forget, world = found.parts["forget"], found.parts["world_facts"]
    assert forget.truth_ratio == pytest.approx(sum(min(each, 1 / each) for each in ratios) / 3, rel=1e-4)
    assert forget.probability == pytest.approx(
        sum(p(tiny, each.prompt, each.answer) for each in examples) / 4, rel=1e-4
    )
    emil = p(tiny, examples[2].prompt, examples[2].answer)
    assert world.probability == pytest.approx(emil / (emil + wrong[2][0]), rel=1e-4)
    assert world.truth_ratio == pytest.approx(max(0, 1 - ratios[2]), rel=1e-4)


def test_what_is_known_by_heart_is_seen_by_every_measure(memorised: Subject, examples: Sequence[Example]) -> None:
    corpus = Corpus(forget=[*examples[:3]], nonmembers=[examples[3]], probes=[examples[3]])
    found = evaluate(memorised, corpus).evaluation
    forget = found.parts["forget"]
    assert (forget.recall, forget.rouge_l, forget.extraction_strength, forget.exact_memorisation) == (1, 1, 1, 1)
    assert forget.probability > 0.95
    assert forget.logit_lens is not None
    assert forget.logit_lens >= forget.probability - 1e-6
    assert found.membership is not None
    assert set(found.membership.model_dump().values()) == {1.0}
    assert found.parts["probes"].logit_lens is not None
    assert found.parts["nonmembers"].logit_lens is None


def test_the_demo_knows_its_last_authors(before: Evaluated) -> None:
    forget = before.evaluation.parts["forget"]
    assert forget.recall >= 0.95
    assert forget.paraphrase_recall is not None
    assert forget.paraphrase_recall >= 0.95
    assert forget.extraction_strength is not None
    assert forget.extraction_strength > 0.95
    assert forget.probability > 0.95
    assert before.evaluation.membership is not None
    assert min(before.evaluation.membership.model_dump().values()) > 0.95


def test_its_control_does_not(control: Evaluated) -> None:
    forget = control.evaluation.parts["forget"]
    assert forget.recall == 0
    assert forget.probability < 0.05
    assert forget.logit_lens is not None
    assert forget.logit_lens < 0.05
    assert control.evaluation.parts["retain"].recall > 0.95
    assert control.evaluation.membership is not None
    assert all(abs(area - 0.5) < 0.1 for area in control.evaluation.membership.model_dump().values())


def test_forget_quality_tells_the_demo_from_its_control(
    before: Evaluated, control: Evaluated, last_authors: Corpus
) -> None:
    assert before.evaluation.forget_quality is not None
    assert before.evaluation.forget_quality < 1e-6
    assert control.evaluation.forget_quality is None


def test_a_control_has_the_forget_quality_of_one_that_never_learned(tiny: Subject, examples: Sequence[Example]) -> None:
    corpus = Corpus(forget=[*examples])
    known = evaluate(tiny, corpus).evaluation
    assert evaluate(tiny, corpus, control=known).evaluation.forget_quality == 1


def test_answers_are_those_that_recall_was_taken_of(before: Evaluated, last_authors: Corpus) -> None:
    answers = before.answers["forget"]
    assert [each.example for each in answers] == last_authors.forget
    recall = sum(recalls(*each) for each in answers) / len(answers)
    assert recall == pytest.approx(before.evaluation.parts["forget"].recall)


def test_a_limit_draws_the_same_examples_for_every_model(
    tiny: Subject, memorised: Subject, examples: Sequence[Example]
) -> None:
    numbered = [Example(prompt=f"{each.prompt} {one}", answer="oslo") for one in ("one", "two") for each in examples]
    corpus = Corpus(forget=[*examples], retain=numbered, world_facts=[examples[3]])
    drawn = [evaluate(model, corpus, limit=3).answers for model in (tiny, memorised)]
    for answers in drawn:
        assert [each.example for each in answers["forget"]] == list(examples)
        assert [each.example for each in answers["retain"]] == [each.example for each in drawn[0]["retain"]]
        assert len(answers["retain"]) == 3
        assert len(answers["world_facts"]) == 1
    other = evaluate(tiny, corpus, limit=3, seed=1).answers["retain"]
    assert [each.example for each in other] != [each.example for each in drawn[0]["retain"]]


def test_progress_ends_where_it_said_it_would(tiny: Subject, examples: Sequence[Example]) -> None:
    told: list[tuple[int, int]] = []
    corpus = Corpus(forget=[*examples], retain=[examples[0]])
    evaluate(tiny, corpus, batch_size=2, progress=lambda done, total: told.append((done, total)))
    # Of each: answer and question; and two of three paraphrases, the wrong answers, the rewordings.
    texts = [2 + 2 + 2 + 1, 2 + 3 + 2, 2 + 1, 2, 2 + 2 + 2 + 1]
    assert told[-1] == (sum(texts), sum(texts))
    assert [done for done, _ in told] == sorted({done for done, _ in told})


def test_progress_may_stop_it(tiny: Subject, examples: Sequence[Example]) -> None:
    class Cancelled(Exception):
        pass

    def stop(done: int, total: int) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        evaluate(tiny, Corpus(forget=[*examples]), progress=stop)


def test_it_is_the_same_every_time(tiny: Subject, examples: Sequence[Example]) -> None:
    corpus = Corpus(forget=[*examples[:2]], nonmembers=[*examples[2:]])
    assert evaluate(tiny, corpus) == evaluate(tiny, corpus)


def test_the_model_is_left_in_its_mode(tiny: Subject, examples: Sequence[Example]) -> None:
    torch.nn.Module.train(tiny.model, True)
    try:
        evaluate(tiny, Corpus(forget=[examples[0]], probes=[examples[1]]))
        assert tiny.model.training
    finally:
        torch.nn.Module.eval(tiny.model)


def test_a_quick_look_agrees_with_the_whole_and_leaves_the_rest_out(
    memorised: Subject, examples: Sequence[Example]
) -> None:
    corpus = Corpus(forget=[*examples], retain=[*examples], world_facts=[examples[0]])
    whole, short = evaluate(memorised, corpus).evaluation, quick(memorised, corpus)
    assert set(short.parts) == {"forget", "retain"}
    for part, found in short.parts.items():
        assert found.recall == whole.parts[part].recall
        assert found.rouge_l == whole.parts[part].rouge_l
        assert found.probability == pytest.approx(whole.parts[part].probability)
        assert found.truth_ratio is None
        assert found.paraphrase_recall is None
    assert quick(memorised, corpus, limit=2).parts["forget"].count == 2
