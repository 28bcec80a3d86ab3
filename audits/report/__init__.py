"""The report of an audit: one HTML file that explains itself and asks nothing of any other host."""

from .writing import require_packages, write_report

__all__ = ["require_packages", "write_report"]
