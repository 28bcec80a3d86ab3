"""ULD: unlearning from logit difference."""

from __future__ import annotations

import math
from copy import deepcopy
from itertools import islice
from pathlib import Path
from typing import ClassVar, cast

import torch
from pydantic import Field
from torch import Tensor
from transformers import AutoModelForCausalLM, PreTrainedConfig, PreTrainedModel

from ...errors import InputError
from ...models.checkpoint import quietly
from ...models.decoding import ASSISTANT, RECORD, DecodingRecord, digest_weights
from ..edits.edit import Material
from ..edits.stepping import Progress, shuffled, undropped
from ..likelihood import counted, mean_cross_entropy
from ..losses.loss import logits_of
from ..skeleton import skeleton_of
from ..training.options import default_learning_rate
from .adapter import Adapter, AdapterOptions


class ULDOptions(AdapterOptions):
    """Options of ULD."""

    layers: int | None = Field(default=None, ge=1)
    """How many of the model's first layers the assistant has; `None`: a quarter of them, two at least."""

    strength: float = Field(default=1.0, gt=0)
    """How much of the assistant's log p is taken away when the model answers."""

    filter: float = Field(default=1e-4, ge=0, le=1)
    """Below which share of the likeliest token's probability a token is no candidate. A model that is very sure of what
    must go wants a lower one: where it leaves one candidate, nothing changes."""

    retain_weight: float = Field(default=1.0, ge=0)
    """The weight of being uniform on what must stay."""

    learning_rate: float | None = Field(default=None, gt=0)
    """Of the assistant; `None`: by its size, see `default_learning_rate`."""

    epochs: int = Field(default=10, ge=1)
    """How often the training goes through the forget set."""

    least_steps: int = Field(default=60, ge=1)
    """Steps at least, however few examples must go: being uniform on what must stay takes its time."""


class ULD(Adapter[ULDOptions]):
    """A small assistant learns what must go, and its log p is taken away from the model's (Ji et al., 2024).

    The assistant is a copy of the model's first layers, with its embeddings, final norm and head, all trained in
    float32 by AdamW (no weight decay, no dropout, gradients clipped at norm 1): 16 bytes a parameter of the assistant.
    (The paper trains a LoRA on such a copy; all weights are simpler, and a model of few layers wants them.) Its loss
    is the cross entropy of the answers that must go, plus `retain_weight` times the cross entropy to the uniform
    distribution at the answers that must stay, a batch of both in each step. What the model then says is given by
    `expunge.models.decoding.steer`. The same seed gives the same assistant.

    This is **suppression**: the model's own weights stay as they are and know what they knew.
    """

    name: ClassVar[str] = "uld"
    title: ClassVar[str] = "ULD"
    source: ClassVar[str] = (
        "Ji et al., 2024, Reversing the Forget-Retain Objectives: An Efficient LLM Unlearning Framework from Logit "
        "Difference"
    )
    options_type: ClassVar[type[AdapterOptions]] = ULDOptions
    strength: ClassVar[str] = "strength"
    needs_retain: ClassVar[bool] = True

    def check(self, config: object) -> None:
        """See to it that the model has so many layers, and can be cut short.

        Raises:
            InputError: It has not, or cannot.
        """
        whole = cast("PreTrainedConfig", config)
        layers = self.options.layers or _default_layers(whole)
        _check_depth(whole, layers)
        _check_held(skeleton_of(_shortened(whole, layers)), skeleton_of(whole))

    def train(self, model: PreTrainedModel, material: Material, folder: Path) -> None:
        """Train the assistant, and write `assistant/` and `decoding.json`.

        With the files of the model's own folder beside them, unchanged, the folder is a model that
        `expunge.models.local` runs.

        Args:
            model: The model, loaded from a local folder; it is left as it is.
            material: What it may read.
            folder: An empty folder.

        Raises:
            InputError: There is no retain set, the model has not so many layers or is cut short in no known way, or
                its folder is not there.
        """
        if not material.corpus.retain:
            raise InputError(
                "ULD learns where to say nothing from what must stay, and the retain set is empty.",
                fix="Give examples that must stay, like those that must go.",
            )
        base = digest_weights(Path(model.name_or_path)) if model.name_or_path else {}
        if not base:
            raise InputError(
                f"There are no weights as safetensors in {model.name_or_path!r}, where the model is said to come from.",
                fix="Load it from a local folder that holds them: the assistant is bound to these files.",
            )
        assistant = first_layers(model, self.options.layers or _default_layers(model.config))
        self._train(assistant, material)
        _save(torch.nn.Module.to(assistant, dtype=model.dtype), material, folder / ASSISTANT)
        record = DecodingRecord(
            kind="uld",
            strength=self.options.strength,
            filter=self.options.filter,
            base=dict(base),
            assistant=dict(digest_weights(folder / ASSISTANT)),
        )
        (folder / RECORD).write_text(record.model_dump_json(indent=1) + "\n", encoding="utf-8")

    def _train(self, assistant: PreTrainedModel, material: Material) -> None:
        size, corpus = material.batch_size, material.corpus
        steps = max(self.options.epochs * math.ceil(len(corpus.forget) / size), self.options.least_steps)
        progress = Progress(material.progress, steps)
        generator = torch.Generator().manual_seed(material.seed)
        forget, retain = (
            shuffled(material.encoder, examples, size, generator) for examples in (corpus.forget, corpus.retain)
        )
        rate = self.options.learning_rate or default_learning_rate(assistant.num_parameters(), lora=False)
        optimizer = torch.optim.AdamW(assistant.parameters(), lr=rate, weight_decay=0.0)
        with undropped(assistant), torch.enable_grad():
            for known, unknown in islice(zip(forget, retain, strict=True), steps):
                here, there = known.to(assistant.device), unknown.to(assistant.device)
                remember = mean_cross_entropy(logits_of(assistant, here), here.labels)
                silence = uniform_cross_entropy(logits_of(assistant, there), there.labels)
                optimizer.zero_grad()
                (remember + self.options.retain_weight * silence).backward()  # type: ignore[no-untyped-call]
                torch.nn.utils.clip_grad_norm_(assistant.parameters(), 1.0)
                optimizer.step()
                progress.step()


def uniform_cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """Return the mean cross entropy −(1/V)·Σ log p at the answer tokens, in nats: a scalar, log V at the least."""
    scores = logits[:, :-1][counted(labels)].float()  # (N, V)
    return (scores.logsumexp(-1) - scores.mean(-1)).mean()


def first_layers(model: PreTrainedModel, layers: int) -> PreTrainedModel:
    """Return a copy, in float32, of a model's first layers, with its embeddings, final norm and head.

    Raises:
        InputError: The model has fewer layers, or a shorter one of its kind has weights that it does not.
    """
    _check_depth(model.config, layers)
    config = _shortened(model.config, layers)
    short = cast("PreTrainedModel", AutoModelForCausalLM.from_config(config, dtype=torch.float32))
    _check_held(short, model)
    short.load_state_dict(model.state_dict(), strict=False)
    torch.nn.Module.to(short, model.device)
    return short


def _check_depth(config: PreTrainedConfig, layers: int) -> None:
    if layers > (depth := _depth(config)):
        raise InputError(
            f"The assistant cannot have {layers} layers: the model has {depth}.", fix="Give fewer 'layers'."
        )


def _check_held(short: PreTrainedModel, whole: PreTrainedModel) -> None:
    """See to it that a model has all weights of a shorter one."""
    if missing := short.state_dict().keys() - whole.state_dict().keys():
        raise InputError(
            f"The first layers of this {whole.config.model_type!r} are no model: {min(missing)!r} is missing.",
            fix="Take another method.",
        )


def _default_layers(config: PreTrainedConfig) -> int:
    depth = _depth(config)
    return min(depth, max(2, math.ceil(depth / 4)))


def _depth(config: PreTrainedConfig) -> int:
    return int(config.get_text_config().num_hidden_layers)


def _shortened(config: PreTrainedConfig, layers: int) -> PreTrainedConfig:
    short = deepcopy(config)
    text = short.get_text_config()
    text.num_hidden_layers = layers
    if getattr(text, "layer_types", None):  # one for each layer
        text.layer_types = text.layer_types[:layers]
    return short


def _save(assistant: PreTrainedModel, material: Material, folder: Path) -> None:
    with quietly():
        assistant.save_pretrained(folder)
    material.encoder.tokenizer.save_pretrained(folder)
