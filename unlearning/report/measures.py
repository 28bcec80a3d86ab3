"""Figures as the report writes them: by set, before, after and of the control."""

from collections.abc import Callable, Iterator
from math import isfinite
from typing import NamedTuple

from ...reporting.shares import percent
from ..examples import Part
from ..results import Evaluation, Membership, Report, Scores
from .words import PARTS, Term

NONE = "–"
"""What stands for what was not measured."""


class Row(NamedTuple):
    """One measure of three models, as it is written."""

    name: str
    before: str
    after: str
    control: str


class Group(NamedTuple):
    """What was measured of one set."""

    term: Term
    """The set."""

    asked: int
    """Examples that were asked of the result."""

    rows: list[Row]


class _Measure(NamedTuple):
    name: str
    field: str
    write: Callable[[float | None], str]


def share(value: float | None) -> str:
    """Write a share from 0 to 1 as percent."""
    return _finite(value) or percent(value or 0.0)


def decimal(value: float | None) -> str:
    """Write a figure from 0 to 1 with two decimals."""
    return _finite(value) or f"{value:.2f}"


def p_value(value: float | None) -> str:
    """Write a p-value in two digits, however small it is."""
    return _finite(value) or f"{value:.2g}"


def difference(value: float | None) -> str:
    """Write a difference of two shares in points of percent, with its sign."""
    sign = "" if not value else "+" if value > 0 else "−"
    return _finite(value) or sign + percent(round(abs(value or 0.0), 9))


def hundredths(value: float | None) -> str:
    """Write a share in hundredths without the sign, for tables of many."""
    if value is None or not isfinite(value):
        return _finite(value)
    if 0 < value < 0.0005 or 0.995 <= value < 1:
        return ">99" if value > 0.5 else "<0.1"
    return f"{100 * value:.{0 if value == 0 or value >= 0.0995 else 1}f}"


_SCORES = (
    _Measure("Recall", "recall", share),
    _Measure("Recall, asked in other words", "paraphrase_recall", share),
    _Measure("ROUGE-L", "rouge_l", decimal),
    _Measure("ROUGE-L, asked in other words", "paraphrase_rouge_l", decimal),
    _Measure("Probability", "probability", decimal),
    _Measure("Truth ratio", "truth_ratio", decimal),
    _Measure("Extraction strength", "extraction_strength", decimal),
    _Measure("Exact memorisation", "exact_memorisation", decimal),
    _Measure("Logit lens", "logit_lens", decimal),
)
_OVERALL = (_Measure("Model utility", "utility", decimal), _Measure("Forget quality (p)", "forget_quality", p_value))
_MEMBERSHIP = (
    _Measure("Membership by loss", "loss", decimal),
    _Measure("Membership by zlib", "zlib", decimal),
    _Measure("Membership by min-k", "min_k", decimal),
    _Measure("Membership by min-k++", "min_k_plus_plus", decimal),
)


def groups(report: Report) -> Iterator[Group]:
    """Yield what was measured of each set that any of the models was asked."""
    for part, term in PARTS.items():
        three = [_scores(each, part) for each in _models(report)]
        if any(three):
            count = next(each.count for each in (three[1], three[0], three[2]) if each)
            yield Group(term, count, _rows(_SCORES, three))


def overall(report: Report) -> list[Row]:
    """Return what was measured of the models as a whole."""
    models = _models(report)
    members: list[Membership | None] = [each.membership if each else None for each in models]
    return _rows(_OVERALL, models) + _rows(_MEMBERSHIP, members)


def _finite(value: float | None) -> str:
    """Return what stands in a figure's place where there is none; else nothing."""
    if value is None:
        return NONE
    return "" if isfinite(value) else "not a number"


def _models(report: Report) -> list[Evaluation | None]:
    return [report.before, report.after, report.control]


def _scores(evaluation: Evaluation | None, part: Part) -> Scores | None:
    return evaluation.parts.get(part) if evaluation else None


def _rows(
    measures: tuple[_Measure, ...], records: list[Evaluation | None] | list[Scores | None] | list[Membership | None]
) -> list[Row]:
    rows = []
    for measure in measures:
        values = [getattr(record, measure.field) if record else None for record in records]
        if any(value is not None for value in values):
            rows.append(Row(measure.name, *(measure.write(value) for value in values)))
    return rows
