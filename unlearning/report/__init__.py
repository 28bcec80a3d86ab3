"""The report of a job, and its manifest."""

from .page import require_packages, write_comparison, write_report

__all__ = ["require_packages", "write_comparison", "write_report"]
