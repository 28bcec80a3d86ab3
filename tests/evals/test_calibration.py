"""Calibration: the level holds for cases that were left out, and what cannot be promised is refused."""

import json
import math
from collections.abc import Callable, Sequence

import pytest
from expunge.detection.calibration import conformal_threshold
from expunge.errors import InputError, StoreBusy
from expunge.evals import CalibrationReport, Case, calibrate, calibrate_register
from expunge.evals.calibration import settles_at
from expunge.schema import Target, Thresholds, Verdict
from expunge.stores import TargetStore
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

GRID = (0.5, 1.0, 2.0, 4.0)
Curve = tuple[bool, ...]


def case(name: str, curve: Sequence[bool], role: str = "retain") -> Case:
    """A case that is altered, or withheld, at the factors of the grid that its question lists."""
    listed = [factor for factor, bad in zip(GRID, curve, strict=True) if bad]
    return Case.model_validate(
        {"id": name, "set": "made-up", "role": role, "question": json.dumps(listed), "answer": "The harbour of Brest."}
    )


class Listed:
    """Withholds an answer at the factors that its prompt lists."""

    def __init__(self, thresholds: Thresholds) -> None:
        self.factor = thresholds.discloses / Thresholds().discloses

    def check(self, prompt: str, response: str, /) -> Verdict:
        withheld = any(math.isclose(self.factor, factor) for factor in json.loads(prompt))
        return Verdict(action="abstain" if withheld else "release", text="" if withheld else response)


def from_scores(curves: Sequence[Curve], level: float, forget: Sequence[Curve] = ()) -> CalibrationReport:
    cases = [case(f"r{number}", curve) for number, curve in enumerate(curves)]
    cases += [case(f"f{number}", curve, "forget") for number, curve in enumerate(forget)]
    return calibrate(Listed, cases, level=level, grid=GRID)


NEVER: Curve = (False,) * 4
UP_TO_1: Curve = (True, True, False, False)
ALWAYS: Curve = (True,) * 4
UNEVEN: Curve = (False, False, True, False)
curves = st.sampled_from([NEVER, UP_TO_1, ALWAYS, UNEVEN, (True, False, False, False), (True, False, True, False)])


@given(st.lists(curves, min_size=2, max_size=40), st.sampled_from([0.1, 0.2, 0.3]))
def test_the_level_holds_over_whichever_case_is_the_new_one(population: list[Curve], level: float) -> None:
    """Exchangeable means that each of n + 1 cases is as likely as any other to be the new one: so each is, in turn."""
    scores = [settles_at(curve, GRID) for curve in population]
    altered = 0
    for number, new in enumerate(population):
        factor = conformal_threshold([*scores[:number], *scores[number + 1 :]], level)
        altered += factor in GRID and new[GRID.index(factor)]  # an infinite one is refused
    assert altered <= level * len(population) + 1e-9


@given(st.lists(curves, min_size=4, max_size=20), st.sampled_from([0.2, 0.3, 0.5]))
def test_the_choice_is_that_of_conformal_risk_control(population: list[Curve], level: float) -> None:
    n = len(population)
    worst = [sum(any(curve[index:]) for curve in population) for index in range(len(GRID))]
    allowed = [factor for factor, count in zip(GRID, worst, strict=True) if (count + 1) / (n + 1) <= level + 1e-9]
    if not allowed:
        with pytest.raises(InputError):
            from_scores(population, level)
        return
    report = from_scores(population, level)
    assert report.factor == max(allowed[0], 1)
    assert [point.bound for point in report.points] == [(count + 1) / (n + 1) for count in worst]


@given(st.lists(st.booleans(), min_size=1, max_size=8))
def test_a_case_settles_where_it_is_left_alone_for_good(altered: list[bool]) -> None:
    factors = [float(2**index) for index in range(len(altered))]
    settled = settles_at(altered, factors)
    assert not any(bad for bad, factor in zip(altered, factors, strict=True) if factor >= settled)
    below = [bad for bad, factor in zip(altered, factors, strict=True) if factor < settled]
    assert not below or below[-1]


def test_a_risk_that_rises_again_is_not_taken_for_low() -> None:
    report = from_scores([NEVER] * 8 + [UNEVEN], 0.1)
    assert report.factor == 4
    assert [point.altered.count for point in report.points] == [0, 0, 1, 0]
    assert [point.bound for point in report.points] == [0.2, 0.2, 0.2, 0.1]


@pytest.mark.parametrize(("forget", "factor"), [(UP_TO_1, 1), (NEVER, 1), ((True, False, False, False), 0.5)])
def test_less_than_the_default_evidence_is_taken_where_it_leaks_less(forget: Curve, factor: float) -> None:
    assert from_scores([NEVER] * 9, 0.1, forget=[forget]).factor == factor


def test_leaks_above_the_default_are_reported_and_have_no_part_in_the_choice() -> None:
    report = from_scores([NEVER] * 8 + [UP_TO_1], 0.1, forget=[UP_TO_1, ALWAYS, ALWAYS])
    assert (report.factor, report.thresholds) == (2, Thresholds().scaled(2))
    assert (report.chosen.leaked.count, report.chosen.leaked.total, report.at(1.0).leaked.count) == (1, 3, 0)
    assert report.alterations == []
    assert from_scores([NEVER] * 8 + [UP_TO_1], 0.1).chosen.leaked.high == 1


@pytest.mark.parametrize(("level", "needed"), [(0.1, 9), (0.05, 19), (0.005, 199)])
def test_too_few_cases_are_refused_and_the_number_needed_is_said(level: float, needed: int) -> None:
    with pytest.raises(InputError, match=f"needs {needed} retain cases or more, and there are {needed - 1}"):
        from_scores([NEVER] * (needed - 1), level, forget=[NEVER] * 5)
    assert from_scores([NEVER] * needed, level).factor == 1


def test_what_no_factor_reaches_is_refused_with_the_ids_of_some() -> None:
    with pytest.raises(InputError, match=r"Even at 4 times .* 7 of 20 .*'r0', 'r1', 'r2', 'r3', 'r4', …") as caught:
        from_scores([ALWAYS] * 7 + [NEVER] * 13, 0.1)
    assert caught.value.fix
    assert "Brest" not in str(caught.value)


@pytest.mark.parametrize("level", [0.0, 1.0, -1.0, math.nan])
def test_a_level_is_a_share(level: float) -> None:
    with pytest.raises(InputError, match="level"):
        from_scores([NEVER] * 20, level)


@pytest.mark.parametrize("factor", [0.0, -1.0, math.inf, math.nan])
def test_factors_are_positive(factor: float) -> None:
    with pytest.raises(InputError, match="factors"):
        calibrate(Listed, [case(str(number), NEVER) for number in range(9)], level=0.1, grid=[factor])


def test_the_defaults_are_always_tried() -> None:
    report = calibrate(Listed, [case(str(number), NEVER) for number in range(9)], level=0.1, grid=[2.0])
    assert [point.factor for point in report.points] == [1, 2]


def test_the_report_is_drawn_and_dumped() -> None:
    report = from_scores([NEVER] * 8 + [UP_TO_1], 0.1, forget=[ALWAYS])
    console = Console(width=80)
    with console.capture() as capture:
        console.print(report.table())
    rows = [" ".join(row.split()) for row in capture.get().splitlines()]
    assert "1 1 of 9 11.1 20.00 0 of 1 0.0 0.0 to 79.3 default" in rows
    assert "2 0 of 9 0.0 10.00 0 of 1 0.0 0.0 to 79.3 chosen" in rows
    assert CalibrationReport.model_validate_json(report.model_dump_json()) == report
    for said in ("<= 10 %", "9", "exchangeable", "an average", "On leaks nothing is guaranteed"):
        assert said in report.guarantee


def harmless(count: int) -> list[Case]:
    return [
        Case(
            id=str(number), set="s", role="retain", question=f"What is {number} plus {number}?", answer=f"{2 * number}."
        )
        for number in range(count)
    ]


def test_a_register_is_measured_and_left_as_it_is(store: TargetStore, hina: Target) -> None:
    store.add(hina)
    store.set_thresholds(Thresholds().scaled(4))
    report = calibrate_register(store, harmless(9), level=0.1, grid=[1.0])
    assert report.thresholds == Thresholds()
    assert store.thresholds == Thresholds().scaled(4)
    assert report.versions["register"] == str(store.revision)
    assert store.ledger.verify().entries == 0


def test_an_empty_register_is_refused(store: TargetStore) -> None:
    with pytest.raises(InputError, match="empty"):
        calibrate_register(store, harmless(9), level=0.1)


def test_a_register_that_changes_meanwhile_is_refused(
    store: TargetStore, hina: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.add(hina)
    measure: Callable[..., CalibrationReport] = calibrate

    def meanwhile(*args: object, **options: object) -> CalibrationReport:
        store.add(Target(name="Ann Orr"))
        return measure(*args, **options)

    monkeypatch.setattr("expunge.evals.calibration.calibrate", meanwhile)
    with pytest.raises(StoreBusy, match="was changed"):
        calibrate_register(store, harmless(9), level=0.1, grid=[1.0])
