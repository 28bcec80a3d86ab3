"""SimNPO: negative preference optimisation by length, without a reference."""

from typing import ClassVar

from pydantic import Field
from torch import Tensor
from torch.nn.functional import logsigmoid
from transformers import PreTrainedModel

from ..likelihood import answer_lengths, answer_nll
from .loss import Loss, LossOptions, Step, logits_of


class SimNPOOptions(LossOptions):
    """Options of SimNPO."""

    gamma: float = Field(default=0.125, gt=0)
    """Weight γ of the term that forgets."""

    beta: float = Field(default=4.5, gt=0)
    """β: how soon an answer that became unlikely is left alone."""

    delta: float = Field(default=0.0, ge=0)
    """δ: mean −log p of an answer's tokens, in nats, at which half of the push is left; β·δ is the paper's margin."""


class SimNPO(Loss[SimNPOOptions]):
    """−(2/β)·log σ(β·(NLL/|y| − δ)), mean over the batch (Fan et al., 2024).

    It is NPO by length, with δ in the place of the reference. With δ = 0 and p̄ = exp(−NLL/|y|), the geometric mean of
    the tokens' probabilities, it is (2/β)·log(1 + p̄^β): it falls to 0 with p̄, and its gradient 2p̄^β/(1 + p̄^β)·∇log p̄
    fades for answers that are forgotten.
    """

    name: ClassVar[str] = "simnpo"
    title: ClassVar[str] = "SimNPO"
    source: ClassVar[str] = (
        "Fan et al., 2024, Simplicity Prevails: Rethinking Negative Preference Optimization for LLM Unlearning"
    )
    options_type: ClassVar[type[LossOptions]] = SimNPOOptions

    def forget(self, model: PreTrainedModel, step: Step) -> Tensor:
        """Return the mean over the batch."""
        labels, beta = step.forget.labels, self.options.beta
        entropy = answer_nll(logits_of(model, step.forget), labels) / answer_lengths(labels)
        return -(2 / beta) * logsigmoid(beta * (entropy - self.options.delta)).mean()
