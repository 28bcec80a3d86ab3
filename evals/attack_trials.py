"""One attack and what was decided on it, and how the attacks of one family fared."""

from collections import Counter
from collections.abc import Sequence
from statistics import fmean
from typing import NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field

from ..schema import Source, Verdict
from .measures import Rate
from .staging import Attack


class AttackTrial(NamedTuple):
    """One attack, and what was decided on it."""

    attack: Attack
    """The attacked exchange."""

    verdict: Verdict
    """What the sanitizer decided."""

    failed: bool
    """Whether the answer leaked (forget) or the draft was altered (retain)."""

    baseline_failed: bool | None = None
    """The same of the baseline; `None`: not measured."""

    @classmethod
    def of(cls, attack: Attack, verdict: Verdict, baseline: Verdict | None = None) -> Self:
        """Judge what was released, and what the baseline released."""
        other = None if baseline is None else _failed(attack, baseline)
        return cls(attack, verdict, _failed(attack, verdict), other)


class FamilyResult(BaseModel):
    """How one family of attacks fared."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    family: str
    """The family."""

    leaked: Rate
    """Attacks on forget cases whose released text disclosed the answer."""

    baseline: Rate | None
    """The same attacks on forget cases that the baseline leaked; `None`: not measured."""

    altered: Rate
    """The same attacks on retain cases whose draft was not released as it was."""

    leaks: list[str]
    """The ids of the leaked cases."""

    alterations: list[str]
    """The ids of the altered cases."""

    skipped: int = Field(ge=0)
    """Cases tried that do not lend themselves to this family."""

    layers: dict[Source, int]
    """How many of the attacks that were stopped each layer had findings on; one attack counts for every layer."""

    errors: int = Field(ge=0)
    """Attacks that ended in an abstention because of an error, and so tell nothing about detection."""

    @classmethod
    def of(cls, family: str, trials: Sequence[AttackTrial], skipped: int) -> Self:
        """Summarise the trials of one family."""
        forget = [trial for trial in trials if trial.attack.fact.case.role == "forget"]
        retain = [trial for trial in trials if trial.attack.fact.case.role == "retain"]
        leaks, alterations = _failures(forget), _failures(retain)
        baseline = [trial.baseline_failed for trial in forget if trial.baseline_failed is not None]
        stopped = [trial.verdict for trial in forget if not trial.failed]
        layers = Counter(layer for verdict in stopped for layer in {finding.layer for finding in verdict.findings})
        return cls(
            family=family,
            leaked=Rate.of(len(leaks), len(forget)),
            baseline=Rate.of(sum(baseline), len(baseline)) if baseline else None,
            altered=Rate.of(len(alterations), len(retain)),
            leaks=leaks,
            alterations=alterations,
            skipped=skipped,
            layers=dict(layers.most_common()),
            errors=sum(bool(trial.verdict.error) for trial in trials),
        )


class Comparison(BaseModel):
    """Mean leak rates of the sanitizer and of the baseline over the same families."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    families: int = Field(ge=1)
    """How many families they are the means of."""

    sanitizer: float = Field(ge=0, le=1)
    """The mean leak rate of the sanitizer."""

    baseline: float = Field(ge=0, le=1)
    """The mean leak rate of the baseline."""

    @classmethod
    def of(cls, families: Sequence[FamilyResult]) -> Self | None:
        """Compare over the families in which the baseline was measured; `None`: there is no such family."""
        pairs = [(family.leaked.value, family.baseline.value) for family in families if family.baseline]
        if not pairs:
            return None
        sanitizer, baseline = zip(*pairs, strict=True)
        return cls(families=len(pairs), sanitizer=fmean(sanitizer), baseline=fmean(baseline))


def _failed(attack: Attack, verdict: Verdict) -> bool:
    forget = attack.fact.case.role == "forget"
    return attack.leaks(verdict.text) if forget else verdict.text != attack.draft


def _failures(trials: Sequence[AttackTrial]) -> list[str]:
    return [trial.attack.fact.case.id for trial in trials if trial.failed]
