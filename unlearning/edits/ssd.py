"""SSD: selective synaptic dampening."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor
from transformers import PreTrainedModel

from ...errors import InputError
from ..encoding import Batch
from ..likelihood import mean_cross_entropy
from ..losses.loss import logits_of
from .edit import Edit, EditOptions, Material
from .stepping import Progress, batches_of, undropped


class SSDOptions(EditOptions):
    """Options of SSD."""

    alpha: float = Field(default=10.0, gt=0)
    """α: a weight is dampened where it matters α times as much to what must go; smaller: more weights are."""

    lam: float = Field(default=1.0, ge=0)
    """λ: how much is left of a dampened weight; 0: nothing."""

    embeddings: bool = True
    """Whether the embeddings and the head are dampened too; what names only the forget set has, is in them."""

    per_batch: bool = False
    """Whether gradients are squared per batch, not per example: sooner done, but within a batch they cancel out."""


class SSD(Edit[SSDOptions]):
    """Shrinks the weights that matter more to what must go than to what stays (Foster et al., 2024).

    Where I_f > α·I_D: θ ← θ·min(1, λ·I_D / I_f), with I the diagonal of the empirical Fisher information: the mean
    over examples of the squared gradient of the answer's mean cross entropy. In language models, unlike in the
    paper's classifiers, an example is a question with its answer. I_D is taken on what must stay; the paper takes all
    data, which differs little where most of it stays. Without `per_batch`, each example is a pass of its own.
    """

    name: ClassVar[str] = "ssd"
    title: ClassVar[str] = "SSD"
    source: ClassVar[str] = (
        "Foster et al., 2024, Fast Machine Unlearning Without Retraining Through Selective Synaptic Dampening"
    )
    options_type: ClassVar[type[EditOptions]] = SSDOptions
    strength: ClassVar[str] = "alpha"
    needs_retain: ClassVar[bool] = True

    def apply(self, model: PreTrainedModel, material: Material) -> None:
        """Dampen the weights in place.

        Raises:
            InputError: There is no retain set.
        """
        if not material.corpus.retain:
            raise InputError(
                "SSD compares with what must stay, and the retain set is empty.",
                fix="Give examples that must stay, like those that must go.",
            )
        size = material.batch_size if self.options.per_batch else 1
        sets = (material.corpus.forget, material.corpus.retain)
        forget, retain = (batches_of(material.encoder, examples, size) for examples in sets)
        progress = Progress(material.progress, len(forget) + len(retain))
        weights = self._chosen(model)
        with undropped(model), _differentiable(weights):
            importances = [importance(model, weights, batches, progress) for batches in (forget, retain)]
        with torch.no_grad():
            for weight, to_forget, to_retain in zip(weights, *importances, strict=True):
                weight.mul_(dampening(to_forget, to_retain, self.options).to(weight.dtype))

    def _chosen(self, model: PreTrainedModel) -> list[Tensor]:
        tables = (model.get_input_embeddings(), model.get_output_embeddings())
        left_out = {id(weight) for table in tables if table is not None for weight in table.parameters()}
        return [each for each in model.parameters() if self.options.embeddings or id(each) not in left_out]


def importance(
    model: PreTrainedModel, weights: Sequence[Tensor], batches: Iterable[Batch], progress: Progress
) -> list[Tensor]:
    """Return the mean over batches of the squared gradient of the answers' mean cross entropy.

    Args:
        model: The model.
        weights: What is derived by; each requires a gradient.
        batches: One example each, or several whose gradients are added before they are squared.
        progress: Is told of each batch.

    Returns:
        A float32 tensor of each weight's shape; 0 for weights that took no part.
    """
    sums, count = [torch.zeros_like(weight, dtype=torch.float32) for weight in weights], 0
    for count, batch in enumerate(batches, start=1):  # noqa: B007 - the last is the number of batches
        here = batch.to(model.device)
        loss = mean_cross_entropy(logits_of(model, here), here.labels)
        gradients = torch.autograd.grad(loss, weights, allow_unused=True)  # experts that were not asked have none
        for total, gradient in zip(sums, gradients, strict=True):
            if gradient is not None:
                total += gradient.float().square()
        progress.step()
    return [total / max(count, 1) for total in sums]


def dampening(forget: Tensor, retain: Tensor, options: SSDOptions) -> Tensor:
    """Return what each weight is multiplied by, 0 to 1: min(1, λ·I_D / I_f) where I_f > α·I_D, and 1 elsewhere."""
    factors = (options.lam * retain / forget).clamp(max=1.0)
    return torch.where(forget > options.alpha * retain, factors, 1.0)


@contextmanager
def _differentiable(weights: Sequence[Tensor]) -> Iterator[None]:
    """Let these weights have gradients; afterwards those that had none have none again."""
    still = [weight for weight in weights if not weight.requires_grad]
    try:
        for weight in still:
            weight.requires_grad_(True)
        with torch.enable_grad():
            yield
    finally:
        for weight in still:
            weight.requires_grad_(False)
