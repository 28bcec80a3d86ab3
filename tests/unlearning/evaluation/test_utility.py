import pytest
from expunge.unlearning.evaluation.utility import utility
from expunge.unlearning.examples import Part
from expunge.unlearning.results import Scores


def scores(probability: float, rouge_l: float, truth_ratio: float | None) -> Scores:
    return Scores(count=1, recall=0.1, rouge_l=rouge_l, probability=probability, truth_ratio=truth_ratio)


def test_it_is_the_harmonic_mean_of_nine() -> None:
    parts: dict[Part, Scores] = {
        "forget": scores(0.01, 0.01, 0.01),
        "retain": scores(0.9, 0.8, 0.7),
        "neighbours": scores(0.02, 0.02, 0.02),
        "real_authors": scores(0.6, 0.5, 0.4),
        "world_facts": scores(0.9, 0.3, 0.2),
    }
    values = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.9, 0.3, 0.2]
    assert utility(parts) == pytest.approx(9 / sum(1 / value for value in values))


def test_with_fewer_it_is_of_those_there_are() -> None:
    parts: dict[Part, Scores] = {"neighbours": scores(0.5, 0.25, None)}
    assert utility(parts) == pytest.approx(2 / (1 / 0.5 + 1 / 0.25))


def test_one_that_is_lost_altogether_is_enough() -> None:
    assert utility({"retain": scores(0.9, 0.0, 0.9)}) == 0


def test_without_any_there_is_none() -> None:
    assert utility({"forget": scores(1, 1, 1)}) is None
