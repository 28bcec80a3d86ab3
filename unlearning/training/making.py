"""From a model's folder to another model's folder, by any kind of method."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from ...models.checkpoint import Checkpoint, Dtype, load_checkpoint, quietly
from ...models.decoding import load_decoding, steered
from ...models.generation import suited_threads
from ..edits.edit import Material
from ..edits.recording import record_delta
from ..encoding import Encoder
from ..examples import Corpus
from ..listening import Listener
from ..methods import Method, find
from ..recipe import Recipe
from ..subject import Subject
from .checkpoints import check_disk
from .running import Workplace, train_loss
from .trainer import bf16_of

if TYPE_CHECKING:
    from transformers import PreTrainedModel


CARD = """\
# A model with a decoding adapter

`decoding.json` and `assistant/` steer what this model says, where `expunge` loads it. **Any other loader leaves them
aside and answers with the model as it was: its weights are unchanged and know everything.** This is suppression, not
removal.
"""
"""What lies beside a model that is steered, for whoever finds its folder."""


@dataclass(frozen=True)
class Making:
    """What to make of a model, and where."""

    model: Path
    """The folder of the model, which is only ever read."""

    corpus: Corpus
    recipe: Recipe

    scratch: Path
    """Where checkpoints go; what is left of an earlier run is taken up."""

    result: Path
    """The folder of the new model; it appears when it is whole."""

    delta: Path | None
    """Where what undoes an edit goes; `None`: nowhere."""

    listener: Listener
    device: str | None = None
    """Where torch is to run it; `None`: on a GPU where there is one."""


def make(making: Making) -> None:
    """Make the new model; where it is there already, nothing is done.

    Raises:
        ExpungeError: The model cannot be loaded, the disk has no room, or the training diverged.
        JobCancelled: Somebody cancelled.
    """
    if making.result.is_dir():
        return
    making.scratch.mkdir(mode=0o700, parents=True, exist_ok=True)
    method = find(making.recipe)
    checkpoint = load_checkpoint(making.model, making.device, _dtype(making, method))
    trained = _trained_bytes(checkpoint.model, making.recipe) if method.kind == "loss" else 0
    result = checkpoint.model.num_parameters() * _file_dtype(making.model).itemsize
    check_disk(making.scratch, trained=trained, result=result)
    torch.manual_seed(making.recipe.seed)
    with suited_threads(checkpoint.model.num_parameters()):
        if method.kind == "adapter":
            _adapt(making, method, checkpoint)
        else:
            _change(making, method, checkpoint)


def open_subject(folder: Path, longest: int, device: str | None = None) -> Subject:
    """Load a model to be examined, with what steers it where its folder says so.

    Args:
        folder: The model's.
        longest: Tokens of an example at most.
        device: Where torch is to run it; `None`: on a GPU where there is one.

    Raises:
        ModelNotFound: The folder holds no model, or what steers it is damaged.
        InputError: The tokenizer has no chat template.
    """
    model, tokenizer = load_checkpoint(folder, device)
    steering = load_decoding(folder, str(model.device)) if steered(folder) else None
    return Subject(model, Encoder(tokenizer, longest), steering)


def _change(making: Making, method: Method, checkpoint: Checkpoint) -> None:
    work = Workplace(checkpoint, making.corpus, making.recipe, method, making.scratch, making.listener)
    if method.edit is None:
        model = train_loss(work)
    else:
        model = checkpoint.model
        method.edit.apply(model, _material(making, work.encoder))
    _save(making, model, checkpoint, _file_dtype(making.model))


def _adapt(making: Making, method: Method, checkpoint: Checkpoint) -> None:
    assert method.adapter is not None  # noqa: S101 - the kind says so
    draft = _draft(making)
    encoder = Encoder(checkpoint.tokenizer, making.recipe.training.longest)
    method.adapter.train(checkpoint.model, _material(making, encoder), draft)
    checkpoint.tokenizer.save_pretrained(draft)
    # The model itself, byte for byte: what steers it knows it by that.
    names = ("config.json", "generation_config.json", "*.safetensors", "*.safetensors.index.json")
    for path in (each for name in names for each in making.model.glob(name)):
        shutil.copyfile(path, draft / path.name)
    (draft / "README.md").write_text(CARD, encoding="utf-8")
    draft.replace(making.result)


def _material(making: Making, encoder: Encoder) -> Material:
    def progress(done: int, total: int) -> None:
        making.listener.step(done, total, {})

    recipe = making.recipe
    return Material(encoder, making.corpus, recipe.training.batch_size, recipe.seed, progress)


def _save(making: Making, model: PreTrainedModel, checkpoint: Checkpoint, dtype: torch.dtype) -> None:
    """Write the new model in the precision of the files that it came from; of several processes one does."""
    if int(os.environ.get("RANK", "0")) > 0:
        return
    draft = _draft(making)
    torch.nn.Module.to(model, dtype)
    with quietly():
        model.save_pretrained(draft)
    checkpoint.tokenizer.save_pretrained(draft)
    if making.delta:
        record_delta(making.model, draft, making.delta)  # between the files, whose layout may not be that in memory
    draft.replace(making.result)
    shutil.rmtree(making.scratch, ignore_errors=True)


def _draft(making: Making) -> Path:
    draft = making.result.with_name(f"{making.result.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700, parents=True)
    return draft


def _trained_bytes(model: PreTrainedModel, recipe: Recipe) -> int:
    """Return the bytes of the weights that a checkpoint holds, in float32."""
    if not recipe.training.lora_rank:
        return 4 * model.num_parameters()
    shapes = [module.weight.shape for module in model.modules() if isinstance(module, torch.nn.Linear)]
    return 4 * recipe.training.lora_rank * sum(sum(shape) for shape in shapes)


def _dtype(making: Making, method: Method) -> Dtype:
    """Return the precision to load a model in: float32 where its own weights move, or they could not move little."""
    training = making.recipe.training
    device = torch.device(making.device or ("cuda" if torch.cuda.is_available() else "cpu"))
    frozen = method.kind == "adapter" or training.lora_rank > 0
    return "bfloat16" if frozen and bf16_of(training, device) else "float32"


def _file_dtype(folder: Path) -> torch.dtype:
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    name = config.get("dtype") or config.get("torch_dtype") or "float32"
    dtype = getattr(torch, str(name), torch.float32)
    return dtype if isinstance(dtype, torch.dtype) else torch.float32
