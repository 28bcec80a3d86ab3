"""transformers' Trainer with the loss of a method in place of its own, and what watches over it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor
from torch.utils.data import Dataset, Sampler, SequentialSampler
from transformers import Trainer, TrainerCallback, TrainingArguments
from transformers.trainer_callback import PrinterCallback

from ...errors import TrainingDiverged
from ..listening import Listener
from ..losses.loss import Loss, LossOptions, Step
from .options import TrainingOptions
from .pairing import Collator, Pairs, batch_of

if TYPE_CHECKING:
    from transformers import PreTrainedModel, TrainerControl, TrainerState

LOWER = "Take a lower learning rate, or a sweep of several; the last good checkpoint is kept."
"""What to do about numbers that became none."""

LOGGED = 20
"""How often a training tells its loss, about."""


class UnlearningTrainer(Trainer):
    """Minimises the loss of a method over pairs in their given order.

    Args:
        model: The model, trained in place.
        loss: The method's.
        pairs: What is trained on, in order.
        collator: Makes batches of it.
        arguments: Of transformers.
        listener: Is told how it goes.
        penalty: A scalar added to the loss after each forward pass; `None`: nothing.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        loss: Loss[LossOptions],
        pairs: Pairs,
        collator: Collator,
        arguments: TrainingArguments,
        listener: Listener,
        penalty: Callable[[], Tensor] | None = None,
    ) -> None:
        self._loss = loss
        self._penalty = penalty
        self._watch = Watch(listener)
        super().__init__(
            model=model, args=arguments, train_dataset=pairs, data_collator=collator, callbacks=[self._watch]
        )
        self.remove_callback(PrinterCallback)

    def compute_loss(
        self,
        model: torch.nn.Module,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: Tensor | int | None = None,
    ) -> Tensor:
        """Return the loss of one batch.

        Raises:
            TrainingDiverged: It is infinite or no number.
        """
        forget = batch_of(inputs, "forget")
        assert forget is not None  # noqa: S101 - every item has one
        step = Step(forget, batch_of(inputs, "alternate"), batch_of(inputs, "retain"))
        terms = self._loss(cast("PreTrainedModel", model), step)
        total = terms.total if self._penalty is None else terms.total + self._penalty()
        figures = {"loss": total, "forget_loss": terms.forget}
        self._watch.note(figures if terms.retain is None else {**figures, "retain_loss": terms.retain})
        return total

    def _get_train_sampler(self, train_dataset: Dataset[Any] | None = None) -> Sampler[int]:
        return SequentialSampler(cast("Pairs", self.train_dataset))


class Watch(TrainerCallback):
    """Tells how a training goes, and stops it where its numbers are none or somebody cancels.

    Args:
        listener: Is told.
    """

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._sums: dict[str, float] = {}
        self._count = 0
        self._last: dict[str, float] = {}

    def note(self, terms: Mapping[str, Tensor]) -> None:
        """Take the figures of one batch.

        Raises:
            TrainingDiverged: One of them is infinite or no number.
        """
        for name, term in terms.items():
            value = float(term.detach())
            if not math.isfinite(value):
                raise TrainingDiverged(
                    f"The {name.replace('_', ' ')} became {value}.",
                    fix=LOWER,
                )
            self._sums[name] = self._sums.get(name, 0.0) + value
        self._count += 1

    def on_pre_optimizer_step(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Look at the gradients before they move any weight: a checkpoint never holds what is no number."""
        gradients = [weight.grad for weight in kwargs["model"].parameters() if weight.grad is not None]
        if not torch.isfinite(torch.nn.utils.get_total_norm(gradients)):
            raise TrainingDiverged(
                f"The gradients of step {state.global_step + 1:,} became infinite or no numbers.",
                fix=LOWER,
            )

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """Tell the step, and now and then its figures."""
        every = max(1, math.ceil(state.max_steps / LOGGED))
        told: dict[str, float] = {}
        if state.global_step % every == 0 or state.global_step == state.max_steps:
            told = {name: total / max(self._count, 1) for name, total in self._sums.items()}
            self._last, self._sums, self._count = told, {}, 0
        self._listener.step(state.global_step, state.max_steps, told)

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """Tell that a checkpoint was written."""
        folder = Path(str(args.output_dir)) / f"checkpoint-{state.global_step}"
        self._listener.checkpoint(state.global_step, folder, self._last)


def arguments_for(
    options: TrainingOptions, folder: Path, *, learning_rate: float, steps: int, seed: int, device: torch.device
) -> TrainingArguments:
    """Return transformers' arguments for a training.

    Args:
        options: How it is trained.
        folder: Where checkpoints go.
        learning_rate: The peak.
        steps: Steps of the optimizer.
        seed: What dropout and the like come from.
        device: Where the model is.
    """
    arguments = TrainingArguments(
        output_dir=str(folder),
        max_steps=steps,
        per_device_train_batch_size=options.batch_size,
        gradient_accumulation_steps=options.gradient_accumulation,
        learning_rate=learning_rate,
        lr_scheduler_type=options.schedule if options.schedule != "constant" else "constant_with_warmup",
        warmup_steps=int(options.warmup * steps),  # of few steps none: the first would move nothing
        max_grad_norm=options.clip,
        weight_decay=options.weight_decay,
        adam_beta1=options.betas[0],
        adam_beta2=options.betas[1],
        bf16=bf16_of(options, device),
        use_cpu=device.type == "cpu",
        seed=seed,
        save_strategy="steps",
        save_steps=options.save_every,
        save_total_limit=2,
        logging_strategy="no",
        report_to="none",
        disable_tqdm=True,
        remove_unused_columns=False,
        dataloader_pin_memory=device.type == "cuda",
        log_level="error",
    )
    # One process works on one GPU; several are the business of `accelerate launch`.
    arguments._n_gpu = min(arguments.n_gpu, 1)
    return arguments


def bf16_of(options: TrainingOptions, device: torch.device) -> bool:
    """Return whether to compute in bfloat16: on a GPU unless told otherwise; a CPU is slower with it."""
    if options.precision == "auto":
        return device.type == "cuda" and torch.cuda.is_bf16_supported()
    return options.precision == "bf16"
