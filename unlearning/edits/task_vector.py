"""Task-vector negation."""

from __future__ import annotations

import math
from copy import deepcopy
from itertools import islice
from typing import ClassVar

import torch
from pydantic import Field
from transformers import PreTrainedModel

from ..likelihood import mean_cross_entropy
from ..losses.loss import logits_of
from ..training.options import default_learning_rate
from .edit import Edit, EditOptions, Material
from .stepping import Progress, shuffled, undropped


class TaskVectorOptions(EditOptions):
    """Options of task-vector negation."""

    strength: float = Field(default=1.0, gt=0)
    """How much of the task vector is taken away; too much ruins the model."""

    learning_rate: float | None = Field(default=None, gt=0)
    """Of the fine-tuning; `None`: by the model's size, see `default_learning_rate`."""

    epochs: int = Field(default=3, ge=1)
    """How often the fine-tuning goes through the forget set."""


class TaskVector(Edit[TaskVectorOptions]):
    """θ ← θ − strength·(θ_ft − θ), θ_ft fine-tuned on what must go (Ilharco et al., 2023, section 3).

    A copy of the model, in float32, is fine-tuned by AdamW (no weight decay, no dropout, constant learning rate,
    gradients clipped at norm 1) on the answers of the forget set. It knows nothing of what must stay. The same seed
    gives the same weights. A copy, its gradients and two moments are in memory: 16 bytes a parameter.
    """

    name: ClassVar[str] = "task_vector"
    title: ClassVar[str] = "Task-vector negation"
    source: ClassVar[str] = "Ilharco et al., 2023, Editing Models with Task Arithmetic"
    options_type: ClassVar[type[EditOptions]] = TaskVectorOptions
    strength: ClassVar[str] = "strength"

    def apply(self, model: PreTrainedModel, material: Material) -> None:
        """Take the task vector away from the weights, in place."""
        tuned = self._fine_tuned(model, material)
        with torch.no_grad():
            for weight, then in zip(model.parameters(), tuned.parameters(), strict=True):
                vector = then - weight.float()
                weight.copy_(weight.float() - self.options.strength * vector)

    def _fine_tuned(self, model: PreTrainedModel, material: Material) -> PreTrainedModel:
        tuned = torch.nn.Module.float(deepcopy(model))
        tuned.requires_grad_(True)
        rate = self.options.learning_rate or default_learning_rate(model.num_parameters(), lora=False)
        optimizer = torch.optim.AdamW(tuned.parameters(), lr=rate, weight_decay=0.0)
        forget, size = material.corpus.forget, material.batch_size
        steps = self.options.epochs * math.ceil(len(forget) / size)
        progress = Progress(material.progress, steps)
        batches = shuffled(material.encoder, forget, size, torch.Generator().manual_seed(material.seed))
        with undropped(tuned), torch.enable_grad():
            for batch in islice(batches, steps):
                here = batch.to(tuned.device)
                loss = mean_cross_entropy(logits_of(tuned, here), here.labels)
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                torch.nn.utils.clip_grad_norm_(tuned.parameters(), 1.0)
                optimizer.step()
                progress.step()
        return tuned
