"""The advisers of all agents that have a model."""

from collections.abc import Mapping
from dataclasses import dataclass

from langchain_core.language_models import BaseChatModel

from ...detection.detector import Detector
from ...schema import Policy, Role
from .adviser import Adviser
from .auditing import AuditingAdviser
from .controls import Digest
from .criticism import CritiquingAdviser
from .rewriting import RewritingAdviser
from .vetting import VettingAdviser


@dataclass(frozen=True)
class Advisers:
    """What each agent asks; `None` for one that works by rules alone."""

    vetter: VettingAdviser | None
    auditor: AuditingAdviser | None
    rewriter: RewritingAdviser | None
    critic: CritiquingAdviser | None

    @classmethod
    def of(cls, models: Mapping[Role, BaseChatModel], detector: Detector, policy: Policy, digest: Digest) -> "Advisers":
        """Give each agent its model.

        Args:
            models: The models by agent.
            detector: The layers of detection.
            policy: Limits and sides.
            digest: The register's keyed digest.
        """
        vetter, auditor, rewriter, critic = (
            Adviser(role, models[role], policy, digest) if role in models else None
            for role in ("vetter", "auditor", "rewriter", "critic")
        )
        return cls(
            VettingAdviser(vetter, detector, policy) if vetter else None,
            AuditingAdviser(auditor, detector, policy) if auditor else None,
            RewritingAdviser(rewriter, policy, reserved=1 if critic else 0) if rewriter else None,
            CritiquingAdviser(critic) if critic else None,
        )
