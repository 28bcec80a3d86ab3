"""SatImp: gradient ascent on tokens that are likely still, and not yet certain."""

from typing import ClassVar

from pydantic import Field
from torch import Tensor
from transformers import PreTrainedModel

from ..likelihood import token_log_probs
from .loss import Loss, LossOptions, Step, logits_of
from .wga import weighted_ascent


class SatImpOptions(LossOptions):
    """Options of SatImp."""

    beta1: float = Field(default=5.0, ge=0)
    """β₁, saturation: power of p; tokens that are unlikely already are left alone."""

    beta2: float = Field(default=1.0, ge=0)
    """β₂, importance: power of 1 − p; tokens that are certain, as the grammar's are, are left alone."""


class SatImp(Loss[SatImpOptions]):
    """−mean(p^β₁·(1 − p)^β₂·NLL) over all answer tokens of the batch (Yang et al., 2025).

    Weights are without gradient, as in WGA, which is the case β₂ = 0.
    """

    name: ClassVar[str] = "satimp"
    title: ClassVar[str] = "SatImp"
    source: ClassVar[str] = "Yang et al., 2025, Exploring Criteria of Loss Reweighting to Enhance LLM Unlearning"
    options_type: ClassVar[type[LossOptions]] = SatImpOptions

    def forget(self, model: PreTrainedModel, step: Step) -> Tensor:
        """Return the mean over the batch's answer tokens."""
        log_p = token_log_probs(logits_of(model, step.forget), step.forget.labels)
        weight = (self.options.beta1 * log_p).exp() * (-log_p.expm1()) ** self.options.beta2
        return weighted_ascent(log_p, weight, step.forget.labels)
