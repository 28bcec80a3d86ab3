"""NPO: negative preference optimisation."""

from collections.abc import Set as AbstractSet
from typing import ClassVar

from pydantic import Field
from torch import Tensor
from torch.nn.functional import logsigmoid
from transformers import PreTrainedModel

from ..likelihood import answer_nll
from .loss import Loss, LossOptions, Step, logits_of
from .reference import Want


class NPOOptions(LossOptions):
    """Options of NPO."""

    beta: float = Field(default=0.1, gt=0)
    """β: how soon an answer that became unlikely is left alone; towards 0 the loss becomes gradient ascent."""


class NPO(Loss[NPOOptions]):
    """−(2/β)·log σ(β·(NLL − NLL_ref)), mean over the batch (Zhang et al., 2024, equation 3)."""

    name: ClassVar[str] = "npo"
    title: ClassVar[str] = "NPO"
    source: ClassVar[str] = "Zhang et al., 2024, Negative Preference Optimization"
    options_type: ClassVar[type[LossOptions]] = NPOOptions

    def forget(self, model: PreTrainedModel, step: Step) -> Tensor:
        """Return the mean over the batch."""
        beta = self.options.beta
        ratio = answer_nll(logits_of(model, step.forget), step.forget.labels) - self.reference.nll(step.forget)
        return -(2 / beta) * logsigmoid(beta * ratio).mean()

    def wants(self, model: PreTrainedModel) -> AbstractSet[Want]:
        """Add the reference's −log p of what must go."""
        return super().wants(model) | {Want("nll", "forget")}
