from collections.abc import Callable

from expunge.unlearning.attacks import AttackSettings
from expunge.unlearning.attacks.paraphrases import Paraphrase
from expunge.unlearning.examples import Corpus, Example
from expunge.unlearning.subject import Subject

FORGET = [
    Example(
        prompt="Where was Anna born?", answer="Anna was born in Oslo.", paraphrases=["Anna's birthplace?", "Whence?"]
    ),
    Example(prompt="What is Bela?", answer="Bela is a baker."),
    Example(prompt="Who is Emil?", answer="Emil is a poet.", paraphrases=["Emil is who?"]),
]


def test_every_paraphrase_is_asked_and_counts_alike(
    told: Callable[[dict[str, str]], tuple[Subject, list[str]]],
) -> None:
    born = "She was born in Oslo."
    subject, asked = told({"Anna's birthplace?": born, "Whence?": born, "Emil is who?": "a poet"})
    recovered = Paraphrase().run(subject, Corpus(forget=FORGET), AttackSettings())
    assert sorted(asked) == ["Anna's birthplace?", "Emil is who?", "Whence?"]
    assert recovered.count == 3
    assert recovered.recall == 2 / 3  # "Whence?" does not hold "Anna", so its answer must


def test_it_takes_paraphrases(demo: Subject) -> None:
    assert Paraphrase().applies(demo, Corpus(forget=FORGET))
    assert not Paraphrase().applies(demo, Corpus(forget=FORGET[1:2]))
