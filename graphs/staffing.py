"""Who works on an exchange: the four agents, by rules or with models, or a baseline in their place."""

from collections.abc import Mapping

from langchain_core.language_models import BaseChatModel

from ..agents.advisers import Advisers
from ..agents.advisers.controls import Digest
from ..detection.detector import Detector
from ..schema import Policy, Role
from .advised import AdvisedSteps
from .baselines import make_steps
from .steps import Steps


def staff(detector: Detector, policy: Policy, models: Mapping[Role, BaseChatModel], digest: Digest) -> Steps:
    """Return the steps that a policy asks for.

    Args:
        detector: The layers of detection.
        policy: Limits and sides.
        models: The agents' models.
        digest: The register's keyed digest.

    Raises:
        PrerequisiteError: The policy is a baseline that needs a model, and there is none.
    """
    if policy.baseline:
        return make_steps(detector, policy, policy.baseline, models.get("rewriter"))
    if not models or not policy.max_calls:
        return Steps(detector, policy)
    return AdvisedSteps(detector, policy, Advisers.of(models, detector, policy, digest))
