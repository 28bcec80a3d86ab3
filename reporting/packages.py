"""Whether the packages that a report is made with are there."""

from collections.abc import Iterable
from importlib.util import find_spec

from ..errors import PrerequisiteError


def require_packages(packages: Iterable[str], *, work: str, extra: str) -> None:
    """See to it, before hours of work, that a report can be made at their end; nothing is imported.

    Args:
        packages: The names that they are imported by.
        work: What needs them, as it begins a sentence.
        extra: The extra of expunge that installs them.

    Raises:
        PrerequisiteError: A package is missing.
    """
    missing = [package for package in packages if find_spec(package) is None]
    if missing:
        raise PrerequisiteError(f"{work} needs {' and '.join(missing)}.", fix=f"Run: pip install 'expunge[{extra}]'")
