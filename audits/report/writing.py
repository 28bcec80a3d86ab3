"""Writing the report: whole or not at all, and for its owner alone."""

from pathlib import Path

from ...reporting import packages
from ...reporting.files import write_page
from ..summary import Summary

PACKAGES = ("jinja2", "matplotlib", "pyarrow")
"""What the report and the lists beside it are made with."""


def require_packages() -> None:
    """See to it, before hours of work, that the report can be made at their end.

    Raises:
        PrerequisiteError: A package is missing.
    """
    packages.require_packages(PACKAGES, work="The report of an audit", extra="audit")


def write_report(summary: Summary, path: Path) -> None:
    """Write the report of an audit. The same summary gives the same bytes with the same versions of the packages.

    Args:
        summary: What the audit found.
        path: The HTML file, which only its owner may read; one that exists is replaced.

    Raises:
        PrerequisiteError: A package is missing.
        InputError: The file cannot be written.
    """
    require_packages()
    from .page import render  # slow to import, and not there without the extra

    write_page(path, render(summary))
