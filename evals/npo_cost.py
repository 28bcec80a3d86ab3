"""What NPO's reference costs: kept as one number an example, against held as a second model."""

import json
import resource
import subprocess
import sys
from copy import deepcopy
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, Literal, NamedTuple, cast

import torch
from peft import LoraConfig, get_peft_model
from pydantic import BaseModel, ConfigDict
from rich.box import SIMPLE
from rich.table import Table
from torch import Tensor
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedModel, TrainerCallback
from transformers.trainer_utils import SaveStrategy

from ..errors import PrerequisiteError
from ..models import DEMO
from ..models.checkpoint import load_checkpoint, quietly
from ..unlearning.encoding import Batch, Encoder
from ..unlearning.likelihood import answer_nll
from ..unlearning.listening import Silence
from ..unlearning.losses.loss import Loss, logits_of
from ..unlearning.losses.npo import NPO, NPOOptions
from ..unlearning.losses.reference import Reference, Want, frozen
from ..unlearning.training.options import TrainingOptions
from ..unlearning.training.pairing import Collator, Pairs, Sets
from ..unlearning.training.remembering import Remembered
from ..unlearning.training.trainer import UnlearningTrainer, arguments_for
from .forgotten_authors import forgotten_authors

Way = Literal["kept", "second model"]
Trained = Literal["LoRA", "whole model"]

_BATCH = 4
_WARM_UP = 2  # steps in which memory is first taken
_RANK = 8


class Cost(BaseModel):
    """What a training took."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    trained: Trained
    """What was trained."""

    reference: Way
    """How the reference was held."""

    peak_mb: float
    """The process's resident memory at its highest, in MB."""

    step_s: float
    """Median seconds of a step."""


class CostReport(BaseModel):
    """What NPO's reference costs, both ways."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    parameters: int
    """Of the model."""

    costs: list[Cost]

    def ratio(self, trained: Trained, figure: Literal["peak_mb", "step_s"]) -> float:
        """Return a figure with the reference kept, as a share of that with a second model."""
        found = {cost.reference: getattr(cost, figure) for cost in self.costs if cost.trained == trained}
        return float(found["kept"] / found["second model"])

    def table(self) -> Table:
        """Return the costs as a table."""
        caption = f"NPO on a random model of {self.parameters / 1e6:.0f} M parameters, float32, batches of {_BATCH}."
        table = Table(box=SIMPLE, caption=caption, caption_justify="left")
        table.add_column("trained")
        for column in ("kept, MB", "second model, MB", "ratio", "kept, s a step", "second model, s a step", "ratio"):
            table.add_column(column, justify="right")
        for trained in dict.fromkeys(cost.trained for cost in self.costs):
            kept, second = (cost for cost in self.costs if cost.trained == trained)
            memory = f"{kept.peak_mb:,.0f}", f"{second.peak_mb:,.0f}", f"{self.ratio(trained, 'peak_mb'):.2f}"
            times = f"{kept.step_s:.2f}", f"{second.step_s:.2f}", f"{self.ratio(trained, 'step_s'):.2f}"
            table.add_row(trained, *memory, *times)
        return table


class SecondModel:
    """The reference as other trainers hold it: a copy of the model that is asked at every step.

    Args:
        model: The model before its first step.
    """

    def __init__(self, model: PreTrainedModel) -> None:
        self._model = deepcopy(model)

    def nll(self, batch: Batch) -> Tensor:
        """Return -log p(answer | question), shape `(B,)`."""
        with frozen(self._model):
            return answer_nll(logits_of(self._model, batch), batch.labels)

    def logits(self, batch: Batch) -> Tensor:
        """Return logits, shape `(B, T, V)`."""
        with frozen(self._model):
            return logits_of(self._model, batch)

    def hidden(self, batch: Batch, layer: int) -> Tensor:
        """Return nothing: NPO asks for none.

        Raises:
            NotImplementedError: Always.
        """
        raise NotImplementedError


def run_npo_cost(*, width: int = 2048, layers: int = 8, steps: int = 5) -> CostReport:
    """Train by NPO with the reference kept and with a second model, in processes by turns, and compare.

    Args:
        width: Of the random model's layers.
        layers: How many.
        steps: Steps that are timed.

    Raises:
        PrerequisiteError: A process failed; too little memory, for example.
    """
    found: dict[tuple[Trained, Way], list[_Measured]] = {}
    for _ in range(2):
        for trained in _TRAINED:
            for way in _WAYS:
                found.setdefault((trained, way), []).append(_process(trained, way, width, layers, steps))
    costs = [
        Cost(
            trained=trained,
            reference=way,
            peak_mb=median(each.peak_mb for each in measured),
            step_s=median(second for each in measured for second in each.step_s),
        )
        for (trained, way), measured in found.items()
    ]
    [parameters] = {each.parameters for measured in found.values() for each in measured}
    return CostReport(parameters=parameters, costs=costs)


_TRAINED: tuple[Trained, ...] = ("LoRA", "whole model")
_WAYS: tuple[Way, ...] = ("kept", "second model")


class _Measured(NamedTuple):
    parameters: int
    peak_mb: float
    step_s: list[float]


def _process(trained: Trained, way: Way, width: int, layers: int, steps: int) -> _Measured:
    command = [sys.executable, "-m", "expunge.evals.npo_cost", trained, way, str(width), str(layers), str(steps)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - this Python
    if done.returncode:
        raise PrerequisiteError(
            f"A training failed ({done.returncode}).", fix="Free memory, or take a smaller --width."
        )
    return _Measured(**json.loads(done.stdout.splitlines()[-1]))


class _Clock(TrainerCallback):
    def __init__(self) -> None:
        self.seconds: list[float] = []
        self._began = 0.0

    def on_step_begin(self, *_: Any, **__: Any) -> None:
        self._began = perf_counter()

    def on_step_end(self, *_: Any, **__: Any) -> None:
        self.seconds.append(perf_counter() - self._began)


def _measure(trained: Trained, way: Way, width: int, layers: int, steps: int) -> _Measured:
    """Train in this process."""
    encoder = Encoder(load_checkpoint(DEMO, "cpu").tokenizer)
    model: PreTrainedModel = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(encoder.tokenizer),
            hidden_size=width,
            intermediate_size=width * 11 // 4,
            num_hidden_layers=layers,
            num_attention_heads=max(1, width // 64),
            tie_word_embeddings=True,
        )
    )
    parameters = model.num_parameters()
    examples = forgotten_authors().forget
    sets = Sets([encoder.encode(each.prompt, each.answer) for each in examples], [], [])
    if way == "second model":
        reference: Reference = SecondModel(model)
    if trained == "LoRA":
        config = LoraConfig(r=_RANK, target_modules="all-linear", task_type="CAUSAL_LM")
        model = cast("PreTrainedModel", get_peft_model(model, config))
    if way == "kept":
        reference = Remembered(model, encoder, {"forget": sets.forget}, {Want("nll", "forget")}, _BATCH)
    loss: Loss[Any] = NPO(NPOOptions(retain_loss="none"), reference)
    total = steps + _WARM_UP
    pairs = Pairs(sets, total * _BATCH, 0, alternates=False, retain=False)
    clock = _Clock()
    with TemporaryDirectory() as folder, quietly():
        options = TrainingOptions(batch_size=_BATCH, save_every=10**6, precision="fp32")
        arguments = arguments_for(
            options, Path(folder), learning_rate=1e-5, steps=total, seed=0, device=torch.device("cpu")
        )
        arguments.save_strategy = SaveStrategy.NO
        trainer = UnlearningTrainer(model, loss, pairs, Collator(sets, encoder), arguments, Silence())
        trainer.add_callback(clock)
        trainer.train()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
    return _Measured(parameters, peak, clock.seconds[_WARM_UP:])


if __name__ == "__main__":
    trained, way, *sizes = sys.argv[1:]
    measured = _measure(cast("Trained", trained), cast("Way", way), *map(int, sizes))
    sys.stdout.write(json.dumps(measured._asdict()) + "\n")
