"""The page: the template, what it is filled with, and how every text of others is made harmless."""

from collections.abc import Mapping
from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from ..summary import SEVERITIES, Summary
from . import advice, headline, plots, texts, words
from .shares import Share, percent
from .timeline import stretches, timeline
from .trend import course, trend

SHOWN = 50
"""Rows of a table; of more, the page says how many there are, and that `summary.json` holds them."""


def render(summary: Summary) -> str:
    """Return the report as HTML."""
    template = _environment().get_template("report.html")
    return template.render(summary=summary, style=Markup(_asset("report.css")), **_content(summary))  # noqa: S704 - ours


def _asset(name: str) -> str:
    return files(__package__).joinpath(name).read_text("utf-8")


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


def _environment() -> Environment:
    environment = Environment(
        loader=FunctionLoader(_asset),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_showable,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "count": texts.number,
        "cut": texts.cut,
        "cut_path": texts.cut_path,
        "day": texts.day,
        "duration": texts.duration,
        "moment": texts.moment,
        "percent": percent,
    }
    environment.globals |= {"Share": Share, "SEVERITIES": SEVERITIES, "SHOWN": SHOWN, "words": words, "plots": plots}
    return environment


def _showable(value: object) -> object:
    """Make harmless, last of all, whatever is put into the page and is not markup of ours."""
    return texts.plain(value) if isinstance(value, str) and not isinstance(value, Markup) else value
