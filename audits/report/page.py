"""The page: the template, and what it is filled with."""

from collections.abc import Mapping

from ...reporting.page import environment, style
from ...reporting.shares import Share
from ..summary import SEVERITIES, Summary
from . import advice, headline, plots, words
from .timeline import stretches, timeline
from .trend import course, trend

SHOWN = 50
"""Rows of a table; of more, the page says how many there are, and that `summary.json` holds them."""


def render(summary: Summary) -> str:
    """Return the report as HTML."""
    made = environment(__package__)
    made.globals |= {"Share": Share, "SEVERITIES": SEVERITIES, "SHOWN": SHOWN, "words": words, "plots": plots}
    return made.get_template("report.html").render(summary=summary, style=style(__package__), **_content(summary))


def _content(summary: Summary) -> Mapping[str, object]:
    drawn = course(summary)
    return {
        "verdict": headline.verdict(summary),
        "lead": list(headline.lead(summary, trend(drawn))),
        "caveats": list(headline.caveats(summary)),
        "figures": headline.figures(summary),
        "steps": list(advice.steps(summary)),
        "course": drawn,
        "stretches": stretches(drawn),
        "trend": trend(drawn),
        "timeline": timeline(drawn),
        "by_target": plots.targets(summary),
        "by_layer": plots.layers(summary),
        "found": {each.layer: each.counts.total for each in summary.by_layer},
        "near": plots.near_misses(summary),
    }
