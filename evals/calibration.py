"""Calibration: how much evidence it must take so that few new retain cases are altered, by conformal risk control."""

import math
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.progress import track

from ..detection.calibration import conformal_threshold
from ..errors import InputError, StoreBusy
from ..graphs.sanitize import Sanitizer
from ..schema import Policy, Thresholds
from ..stores.ledger import Ledger
from ..stores.targets import TargetStore
from .calibration_report import CalibrationPoint, CalibrationReport
from .cases import Case
from .checkers import Checker
from .guard import put_cases
from .measures import Rate
from .reports import Trial

LEVEL = 0.005
"""The share of new retain cases that may be altered."""

GRID = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.25, 1.5, 2.0, 3.0, 4.0)
"""The factors of the default thresholds that are tried."""

_MOST_NAMED = 5


def calibrate_register(
    store: TargetStore,
    cases: Sequence[Case],
    *,
    level: float = LEVEL,
    grid: Sequence[float] = GRID,
    progress: bool = False,
) -> CalibrationReport:
    """Choose thresholds for a register; sets nothing (`store.set_thresholds`), and writes nothing into its ledger.

    Arguments are those of `calibrate`; sides are those of the default policy.

    Raises:
        InputError: The register is empty, or an error of `calibrate`.
        StoreBusy: The register was changed meanwhile, or another process owns its index.
    """
    if not len(store):
        raise InputError("The register is empty: nothing is altered.", fix="Register targets first.")
    revision = store.revision
    with (
        TemporaryDirectory(prefix="expunge-") as folder,
        closing(Ledger(Path(folder) / "ledger", store.keys)) as trials,
    ):
        sanitizer = Sanitizer(store, policy=Policy(thresholds=Thresholds()), ledger=trials)
        report = calibrate(
            lambda thresholds: sanitizer.with_policy(Policy(thresholds=thresholds)),
            cases,
            level=level,
            grid=grid,
            progress=progress,
        )
    if store.revision != revision:
        raise StoreBusy("The register was changed while it was calibrated.", fix="Calibrate again.")
    return report


def calibrate(
    checker_with: Callable[[Thresholds], Checker],
    cases: Sequence[Case],
    *,
    level: float = LEVEL,
    grid: Sequence[float] = GRID,
    progress: bool = False,
) -> CalibrationReport:
    """Choose the least factor of the default thresholds at which few enough retain cases are altered.

    The least factor leaks least. Where it is below 1 and the forget cases leak no less for it, it is 1 instead: the
    bound never rises with the factor, so that the guarantee holds whatever the forget cases say.

    Args:
        checker_with: Makes what is calibrated, with given thresholds.
        cases: Questions with gold answers, as for `run_guard`; of the retain cases at least 1 / level - 1.
        level: The share of new retain cases that may be altered, between 0 and 1.
        grid: Positive factors to try; 1 is always tried.
        progress: Whether to draw a progress bar on standard error.

    Raises:
        InputError: Level or grid are out of range, the retain cases are too few for the level, or too many of them
            are altered at every factor.
    """
    factors = sorted({1.0, *grid})
    retain = [case for case in cases if case.role == "retain"]
    forget = [case for case in cases if case.role == "forget"]
    _require(level, factors, len(retain))
    altered: list[list[Trial]] = []
    leaked: list[list[Trial]] = []
    for factor in track(factors, "Factors", console=Console(stderr=True), transient=True, disable=not progress):
        checker = checker_with(Thresholds().scaled(factor))
        altered.append(put_cases(retain, checker))
        leaked.append(put_cases(forget, checker))
    scores = [settles_at([trial.failed for trial in trials], factors) for trials in zip(*altered, strict=True)]
    chosen = conformal_threshold(scores, level)
    if math.isinf(chosen):
        raise _unreachable(factors[-1], altered[-1], level)
    leaks = {factor: len(_failures(trials)) for factor, trials in zip(factors, leaked, strict=True)}
    if chosen < 1 and leaks[1.0] <= leaks[chosen]:
        chosen = 1.0
    return CalibrationReport.of(
        [
            CalibrationPoint(
                factor=factor,
                altered=_rate(kept),
                bound=(sum(score > factor for score in scores) + 1) / (len(scores) + 1),
                leaked=_rate(gone),
            )
            for factor, kept, gone in zip(factors, altered, leaked, strict=True)
        ],
        level=level,
        factor=chosen,
        alterations=_failures(altered[factors.index(chosen)]),
        versions=altered[0][0].verdict.versions,
    )


def settles_at(altered: Sequence[bool], factors: Sequence[float]) -> float:
    """Return the least factor from which on a case is left alone: at this one and all above it.

    More evidence asked for may, now and then, alter a case that less left alone. Looking at all factors above makes the
    loss of each case monotone, which conformal risk control needs. Its choice, the least factor with
    (n risk + 1) / (n + 1) <= level (Angelopoulos, Bates, Fisch, Lei and Schuster 2022, "Conformal risk control",
    equation 4), is for a loss of 0 or 1 the split conformal threshold of these scores.

    Args:
        altered: Whether the case was altered at each factor.
        factors: The factors, ascending.

    Returns:
        One of the factors; infinite when the case is altered at the largest.
    """
    last = max((index for index, bad in enumerate(altered) if bad), default=-1)
    return [*factors, math.inf][last + 1]


def _require(level: float, factors: Sequence[float], retain: int) -> None:
    if not 0 < level < 1:
        raise InputError(f"The level {level!r} is no share between 0 and 1.", fix="Take 0.005 for 0.5 %.")
    if not all(0 < factor < math.inf for factor in factors):
        raise InputError(f"The factors {factors!r} are not all positive.", fix="Take factors around 1.")
    needed = math.ceil(1 / level - 1e-9) - 1
    if retain < needed:
        raise InputError(
            f"A level of {100 * level:g} % needs {needed} retain cases or more, and there are {retain}.",
            fix="Give more cases, or take a higher level.",
        )


def _unreachable(factor: float, trials: Sequence[Trial], level: float) -> InputError:
    altered = _failures(trials)
    named = ", ".join(map(repr, altered[:_MOST_NAMED])) + (", …" if len(altered) > _MOST_NAMED else "")
    return InputError(
        f"Even at {factor:g} times the evidence {len(altered)} of {len(trials)} retain cases are altered ({named}), too"
        f" many for a level of {100 * level:g} %. Nothing was set.",
        fix="Whole names and topics do not depend on it: take a higher level and other cases, narrow what is"
        " registered, or register what stays as `keep` and calibrate on other cases.",
    )


def _failures(trials: Sequence[Trial]) -> list[str]:
    return [trial.case.id for trial in trials if trial.failed]


def _rate(trials: Sequence[Trial]) -> Rate:
    return Rate.of(len(_failures(trials)), len(trials))
