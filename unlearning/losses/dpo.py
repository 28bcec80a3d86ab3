"""The term of direct preference optimisation: an answer to take up against one to drop."""

from collections.abc import Set as AbstractSet
from typing import ClassVar

from pydantic import Field
from torch import Tensor
from torch.nn.functional import logsigmoid
from transformers import PreTrainedModel

from ..encoding import Batch
from ..likelihood import answer_nll
from .loss import Loss, LossOptions, Step, logits_of
from .reference import Want


class DPOOptions(LossOptions):
    """Options of losses by direct preference optimisation."""

    beta: float = Field(default=0.1, gt=0)
    """β: how soon a pair whose order is turned round is left alone."""


class DPO(Loss[DPOOptions]):
    """−(2/β)·log σ(β·[r(alternate) − r(original)]), mean over the batch (Rafailov et al., 2023, equation 7).

    r(y) = log p(y) − log p_ref(y) = NLL_ref − NLL, of whole answers. The factor 2/β is that of NPO: the term of the
    original alone is then NPO's. Subclasses say where alternates come from.
    """

    options_type: ClassVar[type[LossOptions]] = DPOOptions

    def forget(self, model: PreTrainedModel, step: Step) -> Tensor:
        """Return the mean over the batch."""
        beta = self.options.beta
        original = self._log_ratio(model, step.forget)  # first: see `Loss.forget`
        margin = self._log_ratio(model, step.replacement) - original
        return -(2 / beta) * logsigmoid(beta * margin).mean()

    def wants(self, model: PreTrainedModel) -> AbstractSet[Want]:
        """Add the reference's −log p of what must go and of what comes in its place."""
        return super().wants(model) | {Want("nll", "forget"), Want("nll", "alternate")}

    def _log_ratio(self, model: PreTrainedModel, batch: Batch) -> Tensor:
        return self.reference.nll(batch) - answer_nll(logits_of(model, batch), batch.labels)
