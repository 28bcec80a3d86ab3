"""WAGLE: weights that matter for what must go, weighed against what must stay."""

from collections.abc import Sequence
from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor
from transformers import PreTrainedModel

from ...errors import InputError
from .gradients import mean_gradients
from .ranking import top_share
from .selector import Data, Phase, Selector, SelectorOptions


class WAGLEOptions(SelectorOptions):
    """Options of WAGLE."""

    mu: float = Field(default=1e-6, gt=0, allow_inf_nan=False)
    """μ: what stands for the diagonal of the Hessian on what must stay. It is a matter of scale: where |g_r| ≫ μ·|θ|,
    as nearly everywhere at 1e-6, scores are in the order of |g_r ⊙ g_f|; where μ is large, in that of |θ ⊙ g_f|."""

    keep: float = Field(default=0.9, gt=0, le=1)
    """Share of all weights that may move; the paper's are 0.8 to 0.95."""


class WAGLE(Selector[WAGLEOptions]):
    """The weights with the highest |(θ − g_r/μ) ⊙ g_f| may move (Jia et al., 2024).

    g_f and g_r are the gradients of the mean cross entropy on what must go and on what must stay. The weights of all
    tensors are ranked together, so that layers get different shares; tied weights are ranked once. Two gradients in
    float32 are held at once: 8 bytes for each weight, besides the model.
    """

    name: ClassVar[str] = "wagle"
    title: ClassVar[str] = "WAGLE"
    source: ClassVar[str] = "Jia et al., 2024, WAGLE: Strategic Weight Attribution for Effective and Modular Unlearning"
    options_type: ClassVar[type[SelectorOptions]] = WAGLEOptions
    needs_retain: ClassVar[bool] = True

    def phases(self, model: PreTrainedModel, data: Data) -> Sequence[Phase]:
        """Return one phase, with a mask for every parameter.

        Raises:
            InputError: There is nothing that must stay, or gradients are infinite or no numbers.
        """
        if not data.retain():
            raise InputError(
                "WAGLE weighs what must go against what must stay, and the retain set is empty.",
                fix="Give a retain set, or leave the selector out.",
            )
        return [Phase(masks=dict(top_share(self.scores(model, data), self.options.keep)))]

    def scores(self, model: PreTrainedModel, data: Data) -> dict[str, Tensor]:
        """Return the score of every weight by parameter name, in float32, not negative."""
        scores, retain = mean_gradients(model, data.forget()), mean_gradients(model, data.retain())
        for name, parameter in model.named_parameters():
            scores[name].mul_(parameter.detach().float() - retain.pop(name) / self.options.mu).abs_()
            if not torch.isfinite(scores[name]).all():
                raise InputError(
                    f"The gradients of {name!r} are infinite or no numbers.",
                    fix="Load the model in float32 or bfloat16, and see to it that it answers at all.",
                )
        return scores
