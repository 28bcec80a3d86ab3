"""Attackers who tell targets from names that nobody bears, and what abstentions leave them."""

from statistics import fmean

import numpy as np
import pytest
from expunge.errors import InputError
from expunge.evals import MembershipReport, run_membership
from expunge.evals.attackers import Answer, Answers, Fit, by_direction, by_histogram, by_question, by_text, power
from expunge.evals.membership import QUESTIONS
from expunge.graphs import strangers
from rich.console import Console

FITS = pytest.mark.parametrize("fit", [by_text, by_direction, by_question, by_histogram])
NO = "I do not know."


def answers(seconds: float, text: str = NO) -> Answers:
    return [[Answer(text, seconds, question=question) for question in range(4)]] * 20


def drawn(seed: int, middle: float = 1.0, spread: float = 0.1) -> Answers:
    times = np.random.default_rng(seed).normal(middle, spread, (40, 4))
    return [[Answer(NO, float(time), question=question) for question, time in enumerate(name)] for name in times]


@FITS
@pytest.mark.parametrize("together", [False, True])
def test_the_same_answers_tell_nothing(fit: Fit, together: bool) -> None:
    assert power(fit, answers(1.0), answers(1.0), together=together) == pytest.approx((0.5, 0.5, 0.5, 0.0))


@pytest.mark.parametrize(
    ("fit", "targets", "others"),
    [
        (by_text, answers(1.0, "I cannot say."), answers(1.0)),
        (by_text, answers(1.0, NO * 2), answers(1.0)),
        (by_direction, answers(0.5), answers(1.0)),
        (by_direction, answers(1.5), answers(1.0)),
        (by_histogram, answers(0.5), answers(1.0)),
    ],
    ids=["words", "length", "sooner", "later", "histogram"],
)
def test_what_differs_always_is_told(fit: Fit, targets: Answers, others: Answers) -> None:
    assert power(fit, targets, others, together=False) == pytest.approx((1.0, 1.0, 1.0, 1.0))


def test_the_number_of_pieces_is_looked_at() -> None:
    pieces = [[answer._replace(pieces=2) for answer in name] for name in answers(1.0)]
    assert power(by_text, pieces, answers(1.0), together=False).auc == 1


def test_words_of_single_names_that_were_trained_on_do_not_count() -> None:
    def own(start: int) -> Answers:
        return [[Answer(f"word{number}", 1.0)] * 4 for number in range(start, start + 20)]

    assert power(by_text, own(0), own(100), together=False).auc == 0.5


@pytest.mark.parametrize("fit", [by_direction, by_question, by_histogram])
def test_times_of_one_distribution_tell_nothing_that_is_sure(fit: Fit) -> None:
    found = power(fit, drawn(0), drawn(1), together=False)
    assert found.low <= 0.5 <= found.high
    assert 0.1 < found.high - found.low < 0.3


def test_a_spread_that_differs_is_for_the_histogram() -> None:
    narrow, wide = drawn(0, spread=0.01), drawn(1, spread=0.2)
    assert power(by_histogram, narrow, wide, together=False).low > 0.8
    assert power(by_direction, narrow, wide, together=False).auc < 0.65


def test_what_goes_with_the_question_is_looked_at() -> None:
    def turned(answers: Answers) -> Answers:
        words = {0: NO, 1: "I cannot say."}
        return [
            [each._replace(seconds=-each.seconds, text=words[each.question % 2]) for each in name] for name in answers
        ]

    def mixed(first: Answers, second: Answers) -> Answers:
        return [[*one[:2], *other[2:]] for one, other in zip(first, second, strict=True)]

    later, sooner = drawn(0, middle=2.0), drawn(1)
    assert power(by_question, mixed(later, sooner), mixed(sooner, later), together=False).auc > 0.99
    assert power(by_direction, mixed(later, sooner), mixed(sooner, later), together=False).auc < 0.6
    shifted = [[each._replace(question=(each.question + 1) % 4) for each in name] for name in turned(later)]
    assert power(by_text, turned(later), shifted, together=False).auc == pytest.approx(1)


def test_answers_taken_together_tell_more() -> None:
    sooner, later = drawn(0, middle=0.95), drawn(1)
    alone, together = (power(by_direction, sooner, later, together=both) for both in (False, True))
    assert 0.55 < alone.auc < together.auc
    assert alone.low < alone.auc < alone.high


def test_the_bootstrap_repeats_itself() -> None:
    first, second = (power(by_direction, drawn(0), drawn(1), together=True, seed=3) for _ in range(2))
    assert first == second


@pytest.mark.parametrize(("targets", "names"), [(3, 10), (10, 3), (101, 10)])
def test_numbers_out_of_range_are_refused(targets: int, names: int) -> None:
    with pytest.raises(InputError, match="too few"):
        run_membership(targets, names)


def test_other_wordings_are_asked_than_were_collected_with() -> None:
    assert not set(QUESTIONS) & set(strangers.QUESTIONS)


def auc(report: MembershipReport, set_up: str, attacker: str, *, together: bool = False) -> list[float]:
    fields = (set_up, attacker, together)
    return [each.auc for each in report.attacks if (each.set_up, each.attacker, each.together) == fields]


def test_the_words_and_the_time_of_the_demo_model_tell_less_than_phrases_at_once() -> None:
    report = run_membership(4, 4, seed=1)
    assert min(auc(report, "built-in phrases", "words")) > 0.7
    assert auc(report, "collected, not held", "words") == auc(report, "collected, held", "words") == [0.5, 0.5]
    # Four names are few, and the machine may be busy: held back, the time tells less on average.
    assert fmean(auc(report, "collected, not held", "sooner or later")) > 0.8
    assert fmean(auc(report, "collected, held", "sooner or later")) < 0.8
    assert (report.abstained.count, report.abstained.total) == (96, 96)
    assert (report.collected, report.wordings, report.left_out) == (64, 1, 0)
    assert report.worst.set_up == "collected, held"
    assert len({(a.set_up, a.surface, a.attacker, a.together) for a in report.attacks}) == 3 * 2 * 4 * 2
    assert MembershipReport.model_validate_json(report.model_dump_json()) == report
    table = drawn_table(report)
    assert "4 targets and 4 made-up names" in table
    assert "stream: histogram of times, together" in table
    assert "0.50 (0.50-0.50), 0.00" in table


def drawn_table(report: MembershipReport) -> str:
    console = Console(width=120)
    with console.capture() as capture:
        console.print(report.table())
    return " ".join(capture.get().split())
