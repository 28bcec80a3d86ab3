import pytest
from expunge.unlearning import attacks
from expunge.unlearning.attacks import ATTACKS, Attack, AttackSettings, Recovered
from expunge.unlearning.attacks.attack import compare
from expunge.unlearning.examples import Example
from pydantic import ValidationError


def test_every_attack_is_named_and_says_what_it_does() -> None:
    assert next(iter(ATTACKS)) == "direct"
    for name, kind in ATTACKS.items():
        assert issubclass(kind, Attack)
        assert kind.name == name
        assert 0 < len(kind.title.split()) < 12
    assert len({kind.title for kind in ATTACKS.values()}) == len(ATTACKS)
    assert sorted(attacks.__all__) == attacks.__all__


def test_figures_are_means_over_questions() -> None:
    examples = [Example(prompt="Where?", answer="in old Oslo"), Example(prompt="Who?", answer="Anna")]
    found = compare(examples, ["old Oslo, in", "Bela"])
    assert found == Recovered(2, 0.5, found.rouge_l)
    assert found.rouge_l == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    "wrong", [{"share": 0.0}, {"share": 0.6}, {"steps": 0}, {"learning_rate": 0.0}, {"shots": 0}, {"stepz": 3}]
)
def test_settings_that_cannot_be_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        AttackSettings.model_validate(wrong)
