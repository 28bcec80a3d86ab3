"""The attack suite: what gets past the sanitizer when the question, or the answer, is disguised.

As in the oracle test (`guard`), the wrapped model is simulated: it knows the gold answer and gives it in the form that
it is asked for. An attack on a forget case *leaks* when the released text, read as the attacker would read it, gives
the answer away (`measures.discloses`). The same attack on a retain case, its twin, is *over-suppressed* when anything
but the draft is released.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Protocol, get_args

from rich.console import Console
from rich.progress import track

from ..errors import InputError
from ..graphs.sanitize import Sanitizer
from ..schema import Ability, Layer, Policy, Target, Verdict
from .ablation_report import AblationReport
from .attack_reports import AttackReport
from .attack_trials import AttackTrial
from .cases import Case
from .checkers import NameFilter
from .guard import registered_part, registering
from .reports import Register
from .staging import Messages
from .suites import Suite, make_attacks

ABILITIES: tuple[Ability, ...] = (*get_args(Layer), "decoding")
"""What an ablation switches off, one at a time."""


class Defence(Protocol):
    """Anything that decides what of a draft may be shown, in answer to a text or to a conversation."""

    def check(self, prompt: str | Messages, response: str, /) -> Verdict:
        """Decide on one exchange."""


def run_attacks(
    cases: Sequence[Case],
    targets: Sequence[Target],
    *,
    seed: int = 0,
    per_family: int = 40,
    families: Collection[str] = (),
    templates: Sequence[str] = (),
    without: Collection[Ability] = (),
    register: Register = "documents",
    policy: Policy | None = None,
    baseline: bool = False,
    progress: bool = False,
) -> AttackReport:
    """Attack a sanitizer on a temporary register of the targets.

    Args:
        cases: Questions with gold answers; those without one are left out.
        targets: What must go.
        seed: Another seed draws other cases, typing errors and wordings.
        per_family: Forget cases of each family, and retain cases as many again.
        families: Families to choose; empty: all.
        templates: Jailbreak prompts, which make a family of their own.
        without: Layers of detection that are switched off.
        register: What is registered of each target.
        policy: Limits and sides of the sanitizer; `None`: the defaults.
        baseline: Whether to put the same attacks to a plain filter of the registered names.
        progress: Whether to draw a progress bar on standard error.

    Raises:
        InputError: There are no cases or no targets, a case names a target that is not among them, a family is
            unknown, or the cases lend themselves to no attack.
    """
    suites = make_attacks(cases, targets, seed=seed, per_family=per_family, families=families, templates=templates)
    (report,) = _run(suites, targets, [tuple(without)], seed, register, policy, baseline, progress)
    return report


def run_ablation(
    cases: Sequence[Case],
    targets: Sequence[Target],
    *,
    seed: int = 0,
    per_family: int = 40,
    families: Collection[str] = (),
    templates: Sequence[str] = (),
    register: Register = "documents",
    policy: Policy | None = None,
    baseline: bool = False,
    progress: bool = False,
) -> AblationReport:
    """Put the same attacks to a sanitizer with every layer, and without each in turn.

    Arguments and errors are those of `run_attacks`.
    """
    suites = make_attacks(cases, targets, seed=seed, per_family=per_family, families=families, templates=templates)
    off: list[tuple[Ability, ...]] = [(), *((ability,) for ability in ABILITIES)]
    whole, *ablations = _run(suites, targets, off, seed, register, policy, baseline, progress)
    return AblationReport(whole=whole, ablations=ablations)


def put_attacks(
    suites: Iterable[Suite], defence: Defence, *, baseline: Defence | None = None, progress: bool = False
) -> list[AttackTrial]:
    """Put every attack to what defends, and to a baseline if there is one, and judge what they let through."""
    attacks = [attack for suite in suites for attack in suite.attacks]
    bar = track(attacks, "Attacks", console=Console(stderr=True), transient=True, disable=not progress)
    return [
        AttackTrial.of(
            attack,
            defence.check(attack.prompt, attack.draft),
            baseline.check(attack.prompt, attack.draft) if baseline else None,
        )
        for attack in bar
    ]


def _run(
    suites: Sequence[Suite],
    targets: Sequence[Target],
    off: Iterable[tuple[Ability, ...]],
    seed: int,
    register: Register,
    policy: Policy | None,
    baseline: bool,
    progress: bool,
) -> list[AttackReport]:
    if not any(suite.attacks for suite in suites):
        raise InputError("No attack can be made of these cases.", fix="Give cases with gold answers, or more families.")
    skipped = {suite.family: suite.skipped for suite in suites}
    registered = [registered_part(target, register) for target in targets]
    names = NameFilter(registered) if baseline else None
    reports = []
    with registering(registered) as store:
        for without in off:
            sanitizer = Sanitizer(store, policy=policy, without=without)
            trials = put_attacks(suites, sanitizer, baseline=names, progress=progress)
            reports.append(
                AttackReport.of(trials, skipped, registered=register, targets=len(targets), seed=seed, without=without)
            )
    return reports
