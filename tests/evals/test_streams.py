"""Many streams through the server: the measurement tells what happened."""

from expunge.evals import run_streams
from expunge.evals.paced import SECRET, _words
from expunge.evals.timing import Times


def test_a_small_measurement_is_whole() -> None:
    report = run_streams(8, 120, 400.0, ramp_s=0.5, targets=5)
    assert (report.finished, report.withheld, report.leaked) == (8, 2, 0)
    assert report.elapsed_s > 0.3
    for times in (report.direct, report.guarded, report.added, report.check, report.whole_direct, report.whole_guarded):
        assert isinstance(times, Times)
    assert report.guarded.p50 > report.added.p50
    assert report.overhead > 0
    assert "8 of 8" in report._rows()["streams that came to their end"]


def test_a_late_answer_names_the_target_in_its_middle_alone() -> None:
    clean, late = "".join(_words("clean", 100, 1)), "".join(_words("late", 100, 1))
    assert SECRET not in clean
    assert 0.3 < late.index(SECRET) / len(late) < 0.7
