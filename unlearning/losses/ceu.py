"""CE-U: cross entropy with what the model would say if the right token could not be said."""

from typing import ClassVar

from torch import Tensor
from torch.nn.functional import cross_entropy
from transformers import PreTrainedModel

from ..likelihood import counted
from .loss import Loss, LossOptions, RetainLoss, Step, logits_of


class CEUOptions(LossOptions):
    """Options of CE-U."""

    retain_loss: RetainLoss = "none"
    """What keeps the rest; published: `none`."""


class CEU(Loss[CEUOptions]):
    """CE(softmax(z̄ with z̄_y = −∞), softmax(z)), z̄ = z without gradient, mean over all answer tokens (Yang, 2025).

    By z the gradient is p − target: p_y for the right token, −p_j·p_y/(1 − p_y) for every other. Where the right token
    is certain it is as large as can be, and it fades with p_y, where gradient ascent does the reverse.
    """

    name: ClassVar[str] = "ceu"
    title: ClassVar[str] = "CE-U"
    source: ClassVar[str] = "Yang, 2025, CE-U: Cross Entropy Unlearning"
    options_type: ClassVar[type[LossOptions]] = CEUOptions

    def forget(self, model: PreTrainedModel, step: Step) -> Tensor:
        """Return the mean over the batch's answer tokens."""
        mask = counted(step.forget.labels)
        scores = logits_of(model, step.forget)[:, :-1][mask].float()  # (N, V)
        right = step.forget.labels[:, 1:][mask].unsqueeze(-1)
        # The −∞ stays in the target, where it is a 0: log p_y is taken of the scores as they are, and 0·log p_y is 0.
        target = scores.detach().scatter(-1, right, -float("inf")).softmax(-1)
        return cross_entropy(scores, target, reduction="sum") / mask.sum().clamp(min=1)
