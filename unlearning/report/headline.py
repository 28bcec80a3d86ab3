"""What the report says first: the verdict, the worst case, the key figures, and what they do not cover."""

from collections.abc import Iterator
from typing import NamedTuple

from ...reporting.shares import Share, percent
from ...reporting.texts import cut, number
from ..results import PLAIN, RELEARNING, AttackResult, Report
from .measures import decimal, p_value, share
from .words import LEVELS

FEW = 100
"""Questions of the forget set below which chance is spoken of."""


class Figure(NamedTuple):
    """A key figure."""

    name: str
    """What it counts."""

    value: str
    """The figure."""

    meaning: str
    """What that says."""


def verdict(report: Report) -> str:
    """Say in one sentence what may be claimed; that it did not hold comes before all else."""
    if not report.judgement.held:
        return "This job did not hold."
    if report.judgement.level == "suppression":
        return "Suppressed while the adapter is in use. The model itself still knows it."
    if not _attacked(report):
        return "Not said when asked plainly. No attack was tried."
    return "Removed, as far as these attacks were tried."


def claim(report: Report) -> str:
    """Say what kind of job it was, and what that means."""
    if report.judgement.level == "suppression":
        return LEVELS["suppression"].meaning
    return LEVELS["removal"].meaning


def lead(report: Report) -> str:
    """Say what the worst case is, and what was kept."""
    judged = report.judgement
    said = f"The worst case is {_title(report)}: it brings back {share(judged.worst_recall)} of what was asked"
    beside = "" if judged.control_recall is None else f", and a model that never learned it says {_control(report)}"
    return f"{said}{beside}. Of what must stay, {share(judged.retain_kept)} was kept."


def caveats(report: Report) -> Iterator[str]:
    """Yield what the verdict does not cover."""
    forget = report.after.parts.get("forget")
    if report.control is None:
        yield (
            "There was no control, a model that never learned what must go: whatever an attack brings back counts, "
            "even what any model would guess, and forget quality could not be measured."
        )
    if not _attacked(report):
        yield "No attack was tried. What is said here is only what plain questions show."
    elif not any(each.attack in RELEARNING for each in report.attacks):
        yield (
            "Relearning was not tried (it takes two facts, and may have been left out): whether the rest comes back "
            "when the model is trained on a part of what must go is not known."
        )
    if forget and forget.count < FEW:
        low, high = map(percent, Share(round(forget.recall * forget.count), forget.count).interval())
        yield (
            f"The forget set has {number(forget.count, 'question')}: if they stand for many more, between {low} and "
            f"{high} of those are recalled when asked plainly (in 95 of 100 such samples)."
        )
    if forget and forget.paraphrase_recall is None:
        yield "What must go was not asked for in other words, for its examples hold none."
    if "probes" not in report.after.parts:
        yield "There were no probes: questions that reach what must go by a detour were not asked."
    if report.after.membership is None:
        yield "There were no examples that were never learned: membership inference was not tried."
    if failed := sum(bool(point.error) for point in report.sweep):
        yield f"{number(failed, 'try', 'tries')} of the sweep came to nothing; the table says why."


def figures(report: Report) -> Iterator[Figure]:
    """Yield the key figures."""
    judged, before, after = report.judgement, report.before.parts.get("forget"), report.after.parts.get("forget")
    beside = "there was no control" if judged.control_recall is None else f"control {_control(report)}"
    yield Figure("Worst case", share(judged.worst_recall), f"brought back by {_title(report)}; {beside}")
    if before and after:
        yield Figure(
            "What must go", share(after.recall), f"recalled when asked plainly; {share(before.recall)} before the job"
        )
    yield Figure("What must stay", share(judged.retain_kept), "of recall or ROUGE-L was kept, whichever fell most")
    if report.after.utility is not None:
        yield Figure(
            "Model utility", decimal(report.after.utility), f"of 1; {decimal(report.before.utility)} before the job"
        )
    if report.after.forget_quality is not None:
        yield Figure(
            "Forget quality",
            p_value(report.after.forget_quality),
            "p-value: near 0, the model can be told from one that never learned it",
        )
    if report.after.membership is not None:
        yield Figure(
            "Membership", decimal(report.after.membership.min_k), "by min-k: 0.5 is guessing, 1 is always right"
        )


def _attacked(report: Report) -> bool:
    """Return whether more was tried than the plain question, which is listed among the attacks as the first."""
    return any(each.attack != PLAIN for each in report.attacks)


def _control(report: Report) -> str:
    return share(report.judgement.control_recall)


def _title(report: Report) -> str:
    """Return what the worst attack does, or its name where it is not among the attacks."""
    name = report.judgement.worst
    return next((_said(each) for each in report.attacks if each.attack == name), cut(name, 40))


def _said(attack: AttackResult) -> str:
    return f"“{cut(attack.title, 80)}” ({cut(attack.attack, 40)})"
