"""Benchmarks, run through the public interface."""

from typing import TYPE_CHECKING

from ..errors import PrerequisiteError
from .ablation_report import AblationReport
from .agent_report import AgentReport
from .agents import run_agents
from .attack_reports import AttackReport
from .attacks import run_ablation, run_attacks
from .audit_bench_report import AuditBenchReport
from .audits import run_audits
from .calibration import calibrate, calibrate_register
from .calibration_report import CalibrationReport
from .cases import Case, read_cases, read_targets, read_templates
from .guard import run_guard
from .heldout import HeldOutReport, heldout_tofu, require_benchmarks, run_heldout
from .latency import run_latency
from .latency_report import LatencyReport
from .membership import run_membership
from .membership_report import MembershipReport
from .reports import GuardReport, Register
from .stream_report import StreamReport

if TYPE_CHECKING:
    from .streams import run_streams

__all__ = [
    "AblationReport",
    "AgentReport",
    "AttackReport",
    "AuditBenchReport",
    "CalibrationReport",
    "Case",
    "GuardReport",
    "HeldOutReport",
    "LatencyReport",
    "MembershipReport",
    "Register",
    "StreamReport",
    "calibrate",
    "calibrate_register",
    "heldout_tofu",
    "read_cases",
    "read_targets",
    "read_templates",
    "require_benchmarks",
    "run_ablation",
    "run_agents",
    "run_attacks",
    "run_audits",
    "run_guard",
    "run_heldout",
    "run_latency",
    "run_membership",
    "run_streams",
]


def __getattr__(name: str) -> object:
    # Put off, for it needs the packages of the server.
    if name != "run_streams":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        from .streams import run_streams
    except ModuleNotFoundError as error:
        fix = "Run: pip install 'expunge[serve]'"
        raise PrerequisiteError(f"expunge eval streams needs a package: {error}.", fix=fix) from error
    return run_streams
