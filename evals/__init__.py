"""Benchmarks, run through the public interface."""

from .cases import Case, read_cases, read_targets
from .guard import run_guard
from .latency import run_latency
from .reports import GuardReport, Register
from .timing import LatencyReport

__all__ = ["Case", "GuardReport", "LatencyReport", "Register", "read_cases", "read_targets", "run_guard", "run_latency"]
