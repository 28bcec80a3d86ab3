import numpy as np
import pytest
from expunge.unlearning.evaluation.asking import Asked
from expunge.unlearning.evaluation.forcing import Forced
from expunge.unlearning.evaluation.scoring import scores, truth_ratios
from expunge.unlearning.examples import Example, Part

RIGHT = Forced(np.log([0.5, 0.5]), np.array([True, True]), None, np.log([0.1, 0.5]))
HALF = Forced(np.log([0.2, 0.2]), np.array([False, True]), None, np.log([0.4, 0.2]))
ASKED = [
    Asked(
        Example(prompt="Who?", answer="Anna Lund"),
        RIGHT,
        "Anna Lund",
        ["Anna Lund", "Anna"],
        [np.log(0.1)],
        [np.log(0.4)],
    ),
    Asked(Example(prompt="Where?", answer="Oslo"), HALF, "Rome", [], [], [np.log(0.2)]),
]


def test_a_sets_figures_by_hand() -> None:
    found = scores("forget", ASKED)
    assert found.count == 2
    assert found.recall == 0.5
    assert found.rouge_l == 0.5
    assert found.probability == pytest.approx((0.5 + 0.2) / 2)
    assert found.paraphrase_recall == 0.5
    assert found.paraphrase_rouge_l == pytest.approx((1 + 0.5) / 2)
    assert found.truth_ratio == pytest.approx(0.25)
    assert found.extraction_strength == pytest.approx((1 + 0.5) / 2)
    assert found.exact_memorisation == pytest.approx((1 + 0.5) / 2)
    assert found.logit_lens == pytest.approx((0.5 + 0.2) / 2)
    assert truth_ratios(ASKED) == pytest.approx([0.25])


@pytest.mark.parametrize("part", ["retain", "neighbours", "real_authors", "world_facts"])
def test_on_what_must_stay_the_truth_ratio_is_a_margin(part: Part) -> None:
    assert scores(part, ASKED).truth_ratio == pytest.approx(0.75)


@pytest.mark.parametrize("part", ["real_authors", "world_facts"])
def test_multiple_choice_weighs_the_right_against_the_wrong(part: Part) -> None:
    assert scores(part, ASKED).probability == pytest.approx((0.5 / 0.6 + 0.2) / 2)


def test_what_examples_lack_is_not_measured() -> None:
    bare = Asked(ASKED[1].example, HALF._replace(layers=None), "Rome", [], [], [HALF.mean])
    found = scores("forget", [bare])
    assert (found.truth_ratio, found.paraphrase_recall, found.paraphrase_rouge_l, found.logit_lens) == (None,) * 4
