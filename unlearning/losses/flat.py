"""FLAT: an f-divergence between a template answer and what must go, as large as can be."""

import math
from collections.abc import Callable, Mapping
from typing import ClassVar, Literal, NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid
from transformers import PreTrainedModel

from ..encoding import Batch
from ..likelihood import answer_lengths, counted, token_log_probs
from .loss import Alternates, Loss, LossOptions, RetainLoss, Step, logits_of

Divergence = Literal["total_variation", "kl", "jensen_shannon", "pearson"]
"""The f of the f-divergence."""


class FLATOptions(LossOptions):
    """Options of FLAT."""

    divergence: Divergence = "total_variation"
    """The f-divergence."""

    retain_loss: RetainLoss = "none"
    """What keeps the rest; published: `none`, which ruins a small model."""


class _Variational(NamedTuple):
    """A divergence by its variational form."""

    g: Callable[[Tensor], Tensor]
    """g: the real numbers into the domain of f*."""

    conjugate: Callable[[Tensor], Tensor]
    """f*(g(v)) as a function of v, so that no intermediate value overflows."""


_DIVERGENCES: Mapping[Divergence, _Variational] = {
    "total_variation": _Variational(lambda v: v.tanh() / 2, lambda v: v.tanh() / 2),
    "kl": _Variational(lambda v: v, lambda v: torch.exp(v - 1)),
    "jensen_shannon": _Variational(lambda v: math.log(2) + logsigmoid(v), lambda v: -math.log(2) - logsigmoid(-v)),
    "pearson": _Variational(lambda v: v, lambda v: v.square() / 4 + v),
}


class FLAT(Loss[FLATOptions]):
    """−g(P_e) + f*(g(P_f)), mean over the batch (Wang et al., 2024).

    P is the mean token probability of an answer, that of the template (e) or of what must go (f). Every f-divergence is
    D_f(e ‖ f) = sup over T of E_e[T] − E_f[f*(T)], with the convex conjugate f*(t) = sup over u of (u·t − f(u)). The
    loss is the negative of that bound with T = g(P), where g maps the real numbers into the domain of f*
    (Nowozin et al., 2016, table 2):

    - total variation, f(u) = ½|u − 1|: f*(t) = t for |t| ≤ ½, so g(v) = ½·tanh(v); the loss is ½tanh(P_f) − ½tanh(P_e);
    - Kullback-Leibler, f(u) = u·log u: u·t − u·log u is largest where log u = t − 1, so f*(t) = exp(t − 1) for all t,
      and g(v) = v; the loss is exp(P_f − 1) − P_e;
    - Jensen-Shannon, f(u) = u·log u − (u + 1)·log((u + 1)/2): f*(t) = −log(2 − exp t) for t < log 2, and
      g(v) = log 2 + log σ(v), so that f*(g(v)) = −log 2 − log σ(−v);
    - Pearson, f(u) = (u − 1)²: f*(t) = t²/4 + t, and g(v) = v.
    """

    name: ClassVar[str] = "flat"
    title: ClassVar[str] = "FLAT"
    source: ClassVar[str] = "Wang et al., 2024, LLM Unlearning via Loss Adjustment with Only Forget Data"
    options_type: ClassVar[type[LossOptions]] = FLATOptions
    alternates: ClassVar[Alternates] = "unknown"

    def forget(self, model: PreTrainedModel, step: Step) -> Tensor:
        """Return the mean over the batch."""
        form = _DIVERGENCES[self.options.divergence]
        original = _mean_probability(model, step.forget)  # first: see `Loss.forget`
        template = _mean_probability(model, step.replacement)
        return (form.conjugate(original) - form.g(template)).mean()


def _mean_probability(model: PreTrainedModel, batch: Batch) -> Tensor:
    """Return the mean probability of an answer's tokens, shape `(B,)`."""
    probabilities = token_log_probs(logits_of(model, batch), batch.labels).exp() * counted(batch.labels)
    return probabilities.sum(-1) / answer_lengths(batch.labels)
