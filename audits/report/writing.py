"""Writing the report: whole or not at all, and for its owner alone."""

from importlib.util import find_spec
from pathlib import Path

from ...errors import InputError, PrerequisiteError
from ..files import drafted
from ..summary import Summary

PACKAGES = ("jinja2", "matplotlib", "pyarrow")
"""What the report and the lists beside it are made with."""


def require_packages() -> None:
    """See to it, before hours of work, that the report can be made at their end.

    Raises:
        PrerequisiteError: A package is missing.
    """
    missing = [package for package in PACKAGES if find_spec(package) is None]
    if missing:
        raise PrerequisiteError(
            f"The report of an audit needs {' and '.join(missing)}.", fix="Run: pip install 'expunge[audit]'"
        )


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

    # What is shown was made encodable; should a text have slipped through, a sign is better lost than the report.
    content = render(summary).encode("utf-8", "replace")
    try:
        with drafted(path) as draft:
            draft.write_bytes(content)
    except OSError as error:
        raise InputError(
            f"{str(path)!r} cannot be written ({type(error).__name__}).", fix="Give another path."
        ) from error
