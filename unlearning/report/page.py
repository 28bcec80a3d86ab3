"""Writing the reports: whole or not at all, and for their owner alone."""

from collections.abc import Sequence
from pathlib import Path

from ...errors import InputError
from ...reporting import packages
from ...reporting.files import open_folder, write_lines, write_page
from ..results import Report

PACKAGES = ("jinja2", "matplotlib")
"""What the reports are made with."""


def require_packages() -> None:
    """See to it, before hours of work, that the report can be made at their end.

    Raises:
        PrerequisiteError: A package is missing.
    """
    packages.require_packages(PACKAGES, work="The report of a job", extra="unlearn")


def write_report(report: Report, folder: Path) -> Path:
    """Write `report.html` and `report.json`. The same report gives the same bytes with the same packages.

    Args:
        report: What the job has to show; its samples as `masking.masked` returns them.
        folder: Where to, made when it is missing; files that exist are replaced.

    Returns:
        The HTML file's path.

    Raises:
        PrerequisiteError: A package is missing.
        InputError: A file cannot be written.
    """
    require_packages()
    from .rendering import render  # slow to import, and not there without the extra

    open_folder(folder)
    page = render(report)
    write_lines(folder / "report.json", [report.model_dump_json(indent=2, ensure_ascii=True)])
    write_page(folder / "report.html", page)
    return folder / "report.html"


def write_comparison(reports: Sequence[Report], folder: Path) -> Path:
    """Write `comparison.html`: several methods on the same model and the same sets.

    Args:
        reports: One a method, in the order in which they are shown; at least one.
        folder: Where to, made when it is missing; a file that exists is replaced.

    Returns:
        Its path.

    Raises:
        PrerequisiteError: A package is missing.
        InputError: There is no report, or the file cannot be written.
    """
    if not reports:
        raise InputError("There is no report to compare.", fix="Give the reports of at least one job.")
    require_packages()
    from .rendering import render_comparison

    open_folder(folder)
    write_page(folder / "comparison.html", render_comparison(reports))
    return folder / "comparison.html"
