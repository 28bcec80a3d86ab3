"""UNDIAL: the model learns from itself with the right token made less likely."""

from collections.abc import Set as AbstractSet
from typing import ClassVar

from pydantic import Field
from torch import Tensor
from torch.nn.functional import cross_entropy
from transformers import PreTrainedModel

from ..likelihood import counted
from .loss import Loss, LossOptions, RetainLoss, Step, logits_of
from .reference import Want


class UNDIALOptions(LossOptions):
    """Options of UNDIAL."""

    strength: float = Field(default=10.0, gt=0)
    """How much the right token's logit is lowered, in nats."""

    retain_loss: RetainLoss = "none"
    """What keeps the rest; published: `none`, since the target stays near the model."""


class UNDIAL(Loss[UNDIALOptions]):
    """CE(softmax(z_ref − strength·onehot(y)), softmax(z)), mean over all answer tokens (Dong et al., 2024).

    z_ref are the logits before unlearning, y the right token. A cross entropy with a fixed target has a minimum: it
    does not run away as gradient ascent does.
    """

    name: ClassVar[str] = "undial"
    title: ClassVar[str] = "UNDIAL"
    source: ClassVar[str] = (
        "Dong et al., 2024, UNDIAL: Self-Distillation with Adjusted Logits for Robust Unlearning in Large Language "
        "Models"
    )
    options_type: ClassVar[type[LossOptions]] = UNDIALOptions
    strength: ClassVar[str] = "strength"

    def forget(self, model: PreTrainedModel, step: Step) -> Tensor:
        """Return the mean over the batch's answer tokens."""
        mask = counted(step.forget.labels)
        known = self.reference.logits(step.forget)[:, :-1][mask].float()  # (N, V)
        right = step.forget.labels[:, 1:][mask].unsqueeze(-1)
        target = known.scatter_add(-1, right, known.new_full(right.shape, -self.options.strength)).softmax(-1)
        scores = logits_of(model, step.forget)[:, :-1][mask].float()
        return cross_entropy(scores, target, reduction="sum") / mask.sum().clamp(min=1)

    def wants(self, model: PreTrainedModel) -> AbstractSet[Want]:
        """Add the reference's logits of what must go."""
        return super().wants(model) | {Want("logits", "forget")}
