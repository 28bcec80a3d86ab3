"""WGA: gradient ascent that weighs a token by how likely it still is."""

from typing import ClassVar

from pydantic import Field
from torch import Tensor
from transformers import PreTrainedModel

from ..likelihood import counted, token_log_probs
from .loss import Loss, LossOptions, Step, logits_of


class WGAOptions(LossOptions):
    """Options of WGA."""

    beta: float = Field(default=1.0, ge=0)
    """β: power of a token's probability in its weight; 0 is gradient ascent."""


class WGA(Loss[WGAOptions]):
    """Mean of p^β·log p over all answer tokens of the batch: −mean(p^β·NLL) (Wang et al., 2025).

    The weight p^β is a number without gradient. It has to be: the gradient of p^β·log p as a whole is
    p^β·(1 + β·log p)·∇log p, which turns round where p < exp(−1/β), so that descent would hold every token at that
    probability. With the weight detached it is p^β·∇log p: always ascent on the cross entropy, and less of it the less
    likely a token is.
    """

    name: ClassVar[str] = "wga"
    title: ClassVar[str] = "WGA"
    source: ClassVar[str] = (
        "Wang et al., 2025, Rethinking LLM Unlearning Objectives: A Gradient Perspective and Go Beyond"
    )
    options_type: ClassVar[type[LossOptions]] = WGAOptions

    def forget(self, model: PreTrainedModel, step: Step) -> Tensor:
        """Return the mean over the batch's answer tokens."""
        log_p = token_log_probs(logits_of(model, step.forget), step.forget.labels)
        return weighted_ascent(log_p, (self.options.beta * log_p).exp(), step.forget.labels)


def weighted_ascent(log_p: Tensor, weight: Tensor, labels: Tensor) -> Tensor:
    """Return the mean of weight·log p over all answer tokens, without gradient through the weights: a scalar.

    Args:
        log_p: log p of each answer token, 0 for all others, shape `(B, T − 1)`.
        weight: Their weights, of the same shape.
        labels: The batch's, shape `(B, T)`.
    """
    return (weight.detach() * log_p).sum() / counted(labels).sum().clamp(min=1)
