"""The pages: their templates, and what they are filled with."""

from collections.abc import Mapping, Sequence

from jinja2 import Environment

from ...reporting.page import environment, style
from ..results import Report
from . import comparing, headline, measures, plots, words
from .masking import HIDDEN, MASK
from .tradeoff import compared, tradeoff


def render(report: Report) -> str:
    """Return the report of a job as HTML."""
    template = _environment().get_template("report.html")
    return template.render(report=report, style=style(__package__), **_content(report))


def render_comparison(reports: Sequence[Report]) -> str:
    """Return the comparison of several jobs as HTML."""
    template = _environment().get_template("comparison.html")
    return template.render(
        reports=reports,
        style=style(__package__),
        held=sum(report.judgement.held for report in reports),
        plot=compared(reports),
        figures=comparing.FIGURES,
        attacks=comparing.columns(reports),
        titles={each.attack: each.title for report in reports for each in report.attacks},
        lines=list(comparing.lines(reports)),
    )


def _content(report: Report) -> Mapping[str, object]:
    return {
        "verdict": headline.verdict(report),
        "claim": headline.claim(report),
        "lead": headline.lead(report),
        "caveats": list(headline.caveats(report)),
        "figures": list(headline.figures(report)),
        "groups": list(measures.groups(report)),
        "overall": measures.overall(report),
        "tradeoff": tradeoff(report),
        "attacks": plots.attacks(report),
        "losses": plots.losses(report),
        "revealed": _revealed(report),
    }


def _revealed(report: Report) -> bool:
    """Return whether samples show what must go: none of them is masked."""
    samples = [each for each in report.samples if each.part in HIDDEN]
    return bool(samples) and not any(MASK in text for each in samples for text in (each.prompt, each.answer))


def _environment() -> Environment:
    made = environment(__package__)
    made.filters |= {
        "share": measures.share,
        "decimal": measures.decimal,
        "difference": measures.difference,
    }
    made.globals |= {"words": words, "MASK": MASK}
    return made
