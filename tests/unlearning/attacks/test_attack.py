from collections.abc import Callable, Sequence

import pytest
from expunge.errors import InputError
from expunge.unlearning import attacks
from expunge.unlearning.attacks import ATTACKS, Attack, AttackSettings, Recovered, check_names
from expunge.unlearning.attacks.attack import by_length, compare
from expunge.unlearning.attacks.direct import Direct
from expunge.unlearning.examples import Corpus, Example
from expunge.unlearning.subject import Subject
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


def test_figures_are_told_by_target_where_there_are_any() -> None:
    right = Example(prompt="Who?", answer="Anna", target="tgt_1")
    wrong = right.model_copy(update={"answer": "Bela"})
    other = right.model_copy(update={"target": "tgt_2"})
    none = right.model_copy(update={"target": ""})
    found = compare([right, wrong, other, none], ["Anna"] * 4)
    assert found.by_target == {"tgt_1": 0.5, "tgt_2": 1.0}
    assert compare([right, wrong], ["Anna"] * 2, [False, True]).by_target == {"tgt_1": 0.5}


def test_a_long_answer_is_not_cut_before_its_end(told: Callable[[dict[str, str]], tuple[Subject, list[str]]]) -> None:
    long = Example(prompt="Go on: It", answer=" ".join(f"word{number}" for number in range(73)))
    short = Example(prompt="Who?", answer="Anna")
    subject, _ = told({long.prompt: long.answer, short.prompt: short.answer})
    found = Direct().run(subject, Corpus(forget=[long, short]), AttackSettings(max_new_tokens=40))
    assert (found.recall, found.rouge_l) == (1.0, 1.0)


def test_answers_of_like_length_are_asked_for_together_and_come_back_in_order() -> None:
    seen: list[tuple[list[int], int]] = []

    def say(rows: Sequence[int], limit: int) -> list[str]:
        seen.append((list(rows), limit))
        return [str(row) for row in rows]

    lengths = [90, 3, 70, 5, 4]
    assert by_length(lengths, AttackSettings(batch_size=3), say) == ["0", "1", "2", "3", "4"]
    assert seen == [([1, 4, 3], 90), ([2, 0], 90)]
    seen.clear()
    by_length([3], AttackSettings(max_new_tokens=40), say)
    assert seen == [([0], 40)]


def test_names_that_are_none_are_refused() -> None:
    check_names(ATTACKS)
    check_names([])
    with pytest.raises(InputError, match="'relern'") as caught:
        check_names(["direct", "relern"])
    assert "relearn_half" in caught.value.fix


@pytest.mark.parametrize(
    "wrong", [{"share": 0.0}, {"share": 0.6}, {"steps": 0}, {"learning_rate": 0.0}, {"shots": 0}, {"stepz": 3}]
)
def test_settings_that_cannot_be_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        AttackSettings.model_validate(wrong)
