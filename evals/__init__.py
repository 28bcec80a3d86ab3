"""Benchmarks, run through the public interface."""

from .attack_reports import AblationReport, AttackReport
from .attacks import run_ablation, run_attacks
from .cases import Case, read_cases, read_targets, read_templates
from .guard import run_guard
from .latency import run_latency
from .latency_report import LatencyReport
from .reports import GuardReport, Register

__all__ = [
    "AblationReport",
    "AttackReport",
    "Case",
    "GuardReport",
    "LatencyReport",
    "Register",
    "read_cases",
    "read_targets",
    "read_templates",
    "run_ablation",
    "run_attacks",
    "run_guard",
    "run_latency",
]
