"""expunge keeps a language model from disclosing what it must not.

Two levels share one register of targets. At inference time four agents wrap any chat model and sanitise what it says:
*suppression*, immediate and reversible. Weight-level jobs change a local model: *removal*, as far as attacks were
tried.
"""

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING

from .errors import ExpungeError, PrerequisiteError
from .schema import Finding, Policy, Target, Verdict

if TYPE_CHECKING:
    from .audits.audit import AuditReport
    from .audits.auditing import aaudit, audit
    from .graphs.sanitize import Sanitizer
    from .jobs.creating import unlearn
    from .jobs.handle import Job
    from .stores.targets import TargetStore
    from .wrappers.chat import wrap
    from .wrappers.middleware import SanitizingMiddleware
    from .wrappers.openai.client import wrap_openai

__version__ = version("expunge")

__all__ = [
    "AuditReport",
    "ExpungeError",
    "Finding",
    "Job",
    "Policy",
    "Sanitizer",
    "SanitizingMiddleware",
    "Target",
    "TargetStore",
    "Verdict",
    "aaudit",
    "audit",
    "unlearn",
    "wrap",
    "wrap_openai",
]

# Loaded when first asked for: LangGraph and Chroma would make `import expunge` ten times as slow.
_LATER = {
    "AuditReport": ".audits.audit",
    "Job": ".jobs.handle",
    "Sanitizer": ".graphs.sanitize",
    "SanitizingMiddleware": ".wrappers.middleware",
    "TargetStore": ".stores.targets",
    "aaudit": ".audits.auditing",
    "audit": ".audits.auditing",
    "unlearn": ".jobs.creating",
    "wrap": ".wrappers.chat",
    "wrap_openai": ".wrappers.openai.client",
}


def __getattr__(name: str) -> object:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        value = getattr(import_module(_LATER[name], __name__), name)
    except ModuleNotFoundError as error:
        fix = f"Run: pip install 'expunge[{'unlearn' if name in ('Job', 'unlearn') else 'openai'}]'"
        raise PrerequisiteError(f"expunge.{name} needs a package: {error}.", fix=fix) from error
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
