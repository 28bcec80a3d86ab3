"""Attacks on a model and, beside it, on a control that never learned what must go."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..examples import Corpus
from ..results import AttackResult
from ..subject import Subject
from . import ATTACKS, check_names
from .attack import Attack, AttackSettings, Recovered
from .direct import Direct


def attack(
    subject: Subject,
    control: Subject | None,
    corpus: Corpus,
    settings: AttackSettings,
    names: Sequence[str] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[AttackResult]:
    """Attack a model, and its control in the same way with the same seed.

    Args:
        subject: The model, which is left as it is.
        control: One that never learned the forget set, which is left as it is too; `None`: there is none, and attacks
            that say nothing without one are left out.
        corpus: The sets.
        settings: How hard to try.
        names: Which attacks; `None`: all. The plain question is always asked.
        progress: Is told the attacks done and their number; raises where the job is cancelled.

    Returns:
        The plain question first, then the attacks in the order of `ATTACKS`, without those that do not apply.

    Raises:
        InputError: A name is not that of an attack.
    """
    chosen = [each for each in _named(names) if _applies(each, subject, control, corpus)]
    results = []
    for done, each in enumerate(chosen):
        if progress:
            progress(done, len(chosen))
        results.append(_result(each, subject, control, corpus, settings))
    if progress:
        progress(len(chosen), len(chosen))
    return results


def _named(names: Sequence[str] | None) -> list[Attack]:
    check_names(names or ())
    return [kind() for name, kind in ATTACKS.items() if names is None or name in names or kind is Direct]


def _applies(attack: Attack, subject: Subject, control: Subject | None, corpus: Corpus) -> bool:
    return attack.applies(subject, corpus) and not (attack.needs_control and control is None)


def _result(
    attack: Attack, subject: Subject, control: Subject | None, corpus: Corpus, settings: AttackSettings
) -> AttackResult:
    recovered = attack.run(subject, corpus, settings)
    known = attack.run(control, corpus, settings) if control else None
    return AttackResult(
        attack=attack.name,
        title=attack.title,
        count=recovered.count,
        recall=recovered.recall,
        rouge_l=recovered.rouge_l,
        control_recall=known.recall if known else None,
        control_rouge_l=known.rouge_l if known else None,
        by_target=_forgotten(recovered, corpus),
        control_by_target=_forgotten(known, corpus) if known else {},
    )


def _forgotten(recovered: Recovered, corpus: Corpus) -> dict[str, float]:
    """Return recall by target, of the targets that must go: a probe may name others."""
    gone = {example.target for example in corpus.forget}
    return {target: recall for target, recall in recovered.by_target.items() if target in gone}
