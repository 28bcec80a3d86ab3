from expunge.unlearning.attacks import AttackSettings
from expunge.unlearning.attacks.probing import Probes
from expunge.unlearning.examples import Corpus
from expunge.unlearning.subject import Subject


def test_the_probes_are_asked_and_nothing_else(demo: Subject, control: Subject, corpus: Corpus) -> None:
    known, unknown = (Probes().run(each, corpus, AttackSettings.small()) for each in (demo, control))
    assert known.count == len(corpus.probes) == 8
    assert known.recall > 0.9
    assert unknown.recall < 0.1
    assert not Probes().applies(demo, Corpus(forget=corpus.forget))
