from expunge.unlearning.attacks import AttackSettings
from expunge.unlearning.attacks.detached import Detached
from expunge.unlearning.attacks.direct import Direct
from expunge.unlearning.examples import Corpus
from expunge.unlearning.subject import Subject


def test_without_what_steers_them_the_weights_still_know(steered: Subject, demo: Subject, corpus: Corpus) -> None:
    assert Detached().applies(steered, corpus)
    assert not Detached().applies(demo, corpus)
    settings = AttackSettings.small()
    corpus = Corpus(forget=corpus.forget[:20])
    assert Direct().run(steered, corpus, settings).recall == 0.0
    assert Detached().run(steered, corpus, settings) == Direct().run(demo, corpus, settings)
