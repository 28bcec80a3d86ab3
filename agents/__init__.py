"""The four agents, by rules: each reads evidence of the detection and decides one thing."""

from .auditor import Auditor
from .critic import Critic
from .rewriter import Rewriter
from .vetter import Vetter

__all__ = ["Auditor", "Critic", "Rewriter", "Vetter"]
