"""Gradient ascent: the cross entropy on what must go, pushed up."""

from typing import ClassVar

from pydantic import Field
from torch import Tensor
from transformers import PreTrainedModel

from ..likelihood import answer_lengths, answer_nll
from .loss import Loss, LossOptions, RetainLoss, Step, logits_of


class GradAscentOptions(LossOptions):
    """Options of gradient ascent."""

    cap: float | None = Field(default=None, gt=0)
    """Mean cross entropy of an answer, in nats a token, from which it is left alone; `None`, as published: never.
    Without one a model is soon ruined; about log(vocabulary) says nothing more of an answer than chance does."""

    retain_loss: RetainLoss = "none"
    """What keeps the rest; published: `none`."""


class GradAscent(Loss[GradAscentOptions]):
    """−CE, mean over all answer tokens of the batch (Jang et al., 2023); capped: −min(CE, cap) by answer.

    The cap is of each answer, not of the batch: an answer that is past it gives no more gradient, while the others
    still do, and one that is far past it does not hide those that are not yet unlearned. Answers weigh by their
    lengths, so that a cap that is not reached changes nothing.
    """

    name: ClassVar[str] = "grad_ascent"
    title: ClassVar[str] = "Gradient ascent"
    source: ClassVar[str] = "Jang et al., 2023, Knowledge Unlearning for Mitigating Privacy Risks in Language Models"
    options_type: ClassVar[type[LossOptions]] = GradAscentOptions

    def forget(self, model: PreTrainedModel, step: Step) -> Tensor:
        """Return the mean over the batch's answer tokens."""
        labels = step.forget.labels
        lengths = answer_lengths(labels)
        entropy = answer_nll(logits_of(model, step.forget), labels) / lengths
        if self.options.cap is not None:
            entropy = entropy.clamp(max=self.options.cap)
        return -(entropy * lengths).sum() / lengths.sum()
