from expunge.unlearning.attacks import AttackSettings
from expunge.unlearning.attacks.few_shot import FewShot, questions_after_shots
from expunge.unlearning.examples import Corpus
from expunge.unlearning.subject import Subject


def test_shots_are_of_what_must_stay_and_the_question_comes_last(corpus: Corpus) -> None:
    questions = questions_after_shots(corpus, AttackSettings(shots=3))
    harmless = {(example.prompt, example.answer) for example in corpus.retain}
    assert len(questions) == len(corpus.forget)
    for question, example in zip(questions, corpus.forget, strict=True):
        assert not isinstance(question, str)
        shots, asked = question
        assert asked == example.prompt
        assert len(set(shots)) == 3
        assert set(shots) <= harmless
        assert not any(example.answer in text for shot in shots for text in shot)


def test_the_seed_chooses_and_few_examples_are_all_taken(corpus: Corpus) -> None:
    assert questions_after_shots(corpus, AttackSettings()) == questions_after_shots(corpus, AttackSettings())
    assert questions_after_shots(corpus, AttackSettings()) != questions_after_shots(corpus, AttackSettings(seed=1))
    small = corpus.model_copy(update={"retain": corpus.retain[:2]})
    assert all(len(question[0]) == 2 for question in questions_after_shots(small, AttackSettings(shots=3)))


def test_a_model_that_knows_answers_after_shots(demo: Subject, corpus: Corpus) -> None:
    assert FewShot().run(demo, corpus, AttackSettings.small()).recall > 0.9
    assert not FewShot().applies(demo, Corpus(forget=corpus.forget))
