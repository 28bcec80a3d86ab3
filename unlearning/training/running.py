"""A recipe at work on a model: from the model that was given to the folder of another one."""

from __future__ import annotations

import math
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from ...errors import InputError
from ...models.checkpoint import Checkpoint, quietly
from ..encoding import Batch, Encoder
from ..examples import Corpus, Example
from ..listening import Listener
from ..losses.alternates import alternates_of
from ..losses.loss import Loss
from ..losses.reference import Reference
from ..methods import Method
from ..recipe import Recipe
from ..selectors.selector import Phase
from ..subject import Subject
from .checkpoints import drop_broken, last_whole
from .masking import masking
from .options import default_learning_rate
from .pairing import Collator, Pairs, Sets
from .remembering import Remembered
from .trainer import UnlearningTrainer, arguments_for

if TYPE_CHECKING:
    from transformers import PreTrainedModel

LEAST_STEPS = 20
"""Steps of the optimizer at least, unless their number is given."""

DONE = "done.safetensors"
"""The weights that a phase moved, once it is over."""


class Workplace(NamedTuple):
    """A model with what it is worked on with."""

    checkpoint: Checkpoint
    """The model, changed in place, and its tokenizer."""

    corpus: Corpus
    recipe: Recipe
    method: Method
    folder: Path
    """Where checkpoints go; exists."""

    listener: Listener

    @property
    def encoder(self) -> Encoder:
        """What writes examples as the model reads them."""
        return Encoder(self.checkpoint.tokenizer, self.recipe.training.longest)


def train_loss(work: Workplace) -> PreTrainedModel:
    """Train the model by a loss, from where an earlier run was cut short; returns it, a LoRA merged into it."""
    encoder, options = work.encoder, work.recipe.training
    sets = encode_sets(work, encoder)
    model = _with_lora(work) if options.lora_rank else work.checkpoint.model
    phases = _phases(work, model, encoder, sets)
    loss = _loss(work, model, encoder, sets)
    phases = _shared(phases, loss, model)
    each = max(1, steps_of(work) // len(phases))
    original = _copy(model) if any(phase.alone for phase in phases) else {}
    moved: dict[str, Tensor] = {}
    for number, phase in enumerate(phases, start=1):
        if phase.alone:
            _put(model, {name: original[name] for name in moved})
        stretch = _Stretch(work.listener, (number - 1) * each, len(phases) * each)
        moved |= _train_phase(work._replace(listener=stretch), model, loss, sets, phase, number, each)
        if not phase.alone:
            _put(model, moved)  # one that was finished before has its weights in a file
    _put(model, moved)
    return _merged(model) if options.lora_rank else model


def steps_of(work: Workplace) -> int:
    """Return how many steps of the optimizer a training takes: of a few examples they would be too few to matter."""
    options = work.recipe.training
    together = options.batch_size * options.gradient_accumulation * _world()
    return options.max_steps or max(LEAST_STEPS, math.ceil(options.epochs * len(work.corpus.forget) / together))


def learning_rate_of(work: Workplace) -> float:
    """Return the learning rate that was asked for, else the one for a model of this size."""
    options = work.recipe.training
    parameters = work.checkpoint.model.num_parameters()
    return options.learning_rate or default_learning_rate(parameters, lora=bool(options.lora_rank))


def encode_sets(work: Workplace, encoder: Encoder) -> Sets:
    """Return the examples that are trained on as tokens."""
    kind = work.method.loss.alternates if work.method.loss else "none"
    subject = Subject(work.checkpoint.model, encoder)
    corpus, seed = work.corpus, work.recipe.seed
    choices = alternates_of(corpus.forget, kind, subject, seed) if kind != "none" else []
    alternates = [
        [encoder.encode(example.prompt, text) for text in texts]
        for example, texts in zip(corpus.forget, choices, strict=bool(choices))
    ]
    return Sets(_encoded(encoder, corpus.forget), _encoded(encoder, corpus.retain), alternates)


def _encoded(encoder: Encoder, examples: Sequence[Example]) -> list[Any]:
    return [encoder.encode(example.prompt, example.answer) for example in examples]


class _Stretch(NamedTuple):
    """Tells the steps of one phase as those of the whole training."""

    listener: Listener
    before: int
    total: int

    def say(self, message: str) -> None:
        self.listener.say(message)

    def step(self, done: int, total: int, metrics: Mapping[str, float]) -> None:
        self.listener.step(self.before + done, self.total, metrics)

    def checkpoint(self, step: int, folder: Path, metrics: Mapping[str, float]) -> None:
        self.listener.checkpoint(self.before + step, folder, metrics)


class _Batches(NamedTuple):
    """What a selector may look at: all of the forget set, and a sample of the retain set, four times as large."""

    encoder: Encoder
    sets: Sets
    size: int
    device: torch.device
    seed: int

    def forget(self) -> Sequence[Batch]:
        return self._batches(self.sets.forget)

    def retain(self) -> Sequence[Batch]:
        most = min(len(self.sets.retain), 4 * len(self.sets.forget))
        return self._batches(Random(self.seed).sample(self.sets.retain, most))  # noqa: S311 - repeatable

    def _batches(self, encoded: Sequence[Any]) -> Sequence[Batch]:
        return [
            self.encoder.batch(encoded[start : start + self.size]).to(self.device)
            for start in range(0, len(encoded), self.size)
        ]


def _phases(work: Workplace, model: PreTrainedModel, encoder: Encoder, sets: Sets) -> Sequence[Phase]:
    selector = work.method.selector
    if selector is None:
        return [Phase({name: None for name, weight in model.named_parameters() if weight.requires_grad})]
    work.listener.say(f"Choosing weights by {selector.title}.")
    return selector.phases(
        model, _Batches(encoder, sets, work.recipe.training.batch_size, model.device, work.recipe.seed)
    )


def _loss(work: Workplace, model: PreTrainedModel, encoder: Encoder, sets: Sets) -> Loss[Any]:
    unready = work.method.make_loss(cast("Reference", None))
    wants = unready.wants(model)
    if wants:
        work.listener.say("Asking the model before it is trained, for the loss to compare with.")
    sides = {want.side: sets.side(want.side) for want in wants}
    reference = Remembered(model, encoder, sides, wants, work.recipe.training.batch_size)
    return work.method.make_loss(reference)


def _train_phase(
    work: Workplace,
    model: PreTrainedModel,
    loss: Loss[Any],
    sets: Sets,
    phase: Phase,
    number: int,
    steps: int,
) -> dict[str, Tensor]:
    """Train in one phase, and return the weights that it moved; one that was finished before is read."""
    folder, options = work.folder / f"phase-{number}", work.recipe.training
    if (folder / DONE).is_file():
        phase.close()
        return load_file(folder / DONE, str(model.device))
    folder.mkdir(parents=True, exist_ok=True)
    drop_broken(folder)
    device = model.device
    arguments = arguments_for(
        options, folder, learning_rate=learning_rate_of(work), steps=steps, seed=work.recipe.seed, device=device
    )
    count = steps * options.batch_size * options.gradient_accumulation * _world()
    pairs = Pairs(sets, count, work.recipe.seed + number, alternates=bool(sets.alternates), retain=loss.needs_retain)
    with masking(model, phase):
        trainer = UnlearningTrainer(
            model, loss, pairs, Collator(sets, work.encoder), arguments, work.listener, phase.penalty
        )
        resumed = last_whole(folder)
        if resumed:
            work.listener.say(f"Going on from step {resumed.name.rpartition('-')[2]}.")
        with quietly():
            trainer.train(resume_from_checkpoint=str(resumed) if resumed else None)
        moved = {name: weight.detach().clone() for name, weight in model.named_parameters() if weight.requires_grad}
    if trainer.is_world_process_zero():
        _keep(moved, folder)
    return moved


def _shared(phases: Sequence[Phase], loss: Loss[Any], model: PreTrainedModel) -> Sequence[Phase]:
    """Return the phases with the weights alone that the loss trains too; under LoRA all others stand still anyway.

    Raises:
        InputError: None is left.
    """
    own = loss.trainable(model)
    if own is None or hasattr(model, "disable_adapter"):
        return phases
    narrow = [
        Phase(
            {name: mask for name, mask in phase.masks.items() if name in own}, phase.penalty, phase.close, phase.alone
        )
        for phase in phases
    ]
    for phase in narrow:
        if not phase.masks:
            phase.close()
    if not any(phase.masks for phase in narrow):
        raise InputError(f"{loss.name!r} trains none of the weights that the selector leaves it.", fix="Leave one out.")
    return [phase for phase in narrow if phase.masks]


def _keep(moved: Mapping[str, Tensor], folder: Path) -> None:
    """Write the weights that a phase moved, whole or not at all, and drop its checkpoints."""
    draft = folder / f"{DONE}.draft"
    save_file({name: weight.contiguous().cpu() for name, weight in moved.items()}, draft)
    draft.replace(folder / DONE)
    for path in folder.glob("checkpoint-*"):
        shutil.rmtree(path, ignore_errors=True)


def _with_lora(work: Workplace) -> PreTrainedModel:
    from peft import LoraConfig, get_peft_model

    options = work.recipe.training
    config = LoraConfig(
        r=options.lora_rank,
        lora_alpha=options.lora_alpha or 2 * options.lora_rank,
        target_modules="all-linear",
        task_type="CAUSAL_LM",
    )
    torch.manual_seed(work.recipe.seed)
    return cast("PreTrainedModel", get_peft_model(work.checkpoint.model, config))


def _merged(model: PreTrainedModel) -> PreTrainedModel:
    merged: PreTrainedModel = cast("Any", model).merge_and_unload()
    for weight in merged.parameters():  # peft leaves all frozen
        weight.requires_grad_(True)
    return merged


def _copy(model: PreTrainedModel) -> dict[str, Tensor]:
    return {name: weight.detach().clone() for name, weight in model.named_parameters()}


def _put(model: PreTrainedModel, weights: Mapping[str, Tensor]) -> None:
    own = dict(model.named_parameters())
    with torch.no_grad():
        for name, weight in weights.items():
            own[name].copy_(weight)


def _world() -> int:
    return int(os.environ.get("WORLD_SIZE", "1"))  # as `accelerate launch` sets it
