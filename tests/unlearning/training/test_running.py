"""A recipe at work: what it trains, what it leaves alone, and how it goes on after it was cut short."""

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path

import pytest
import torch
from expunge.errors import JobCancelled, TrainingDiverged
from expunge.models.checkpoint import Checkpoint, load_checkpoint
from expunge.unlearning.examples import Corpus
from expunge.unlearning.listening import Silence
from expunge.unlearning.methods import find
from expunge.unlearning.recipe import Recipe
from expunge.unlearning.training.checkpoints import STATE, last_whole
from expunge.unlearning.training.options import TrainingOptions
from expunge.unlearning.training.running import Workplace, train_loss
from torch import Tensor

TRAINING = TrainingOptions(max_steps=8, batch_size=2, learning_rate=1e-2, save_every=3)
running = import_module("expunge.unlearning.training.running")


class Stopping(Silence):
    """Cancels at a step, as a kill would come."""

    def __init__(self, at: int) -> None:
        self.at = at

    def step(self, done: int, total: int, metrics: Mapping[str, float]) -> None:
        if done >= self.at:
            raise JobCancelled("stopped")


class Listening(Silence):
    def __init__(self) -> None:
        self.figures: list[Mapping[str, float]] = []
        self.steps: list[int] = []
        self.checkpoints: list[int] = []

    def step(self, done: int, total: int, metrics: Mapping[str, float]) -> None:
        self.steps.append(done)
        self.figures += [metrics] if metrics else []

    def checkpoint(self, step: int, folder: Path, metrics: Mapping[str, float]) -> None:
        assert (folder / STATE).is_file()
        self.checkpoints.append(step)


Work = Callable[..., Workplace]


@pytest.fixture
def work(folder: Path, corpus: Corpus, tmp_path: Path) -> Work:
    def make(recipe: Recipe, listener: Silence | None = None, scratch: str = "scratch") -> Workplace:
        place = tmp_path / scratch
        place.mkdir(exist_ok=True)
        return Workplace(load_checkpoint(folder, "cpu"), corpus, recipe, find(recipe), place, listener or Silence())

    return make


def bits(model: torch.nn.Module) -> dict[str, Tensor]:
    return {name: weight.detach().view(torch.int32).clone() for name, weight in model.named_parameters()}


def same(one: Mapping[str, Tensor], other: Mapping[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def test_the_same_recipe_gives_the_same_weights_and_tells_every_step(work: Work) -> None:
    recipe, listener = Recipe(method="npo", training=TRAINING), Listening()
    first = bits(train_loss(work(recipe, listener, "one")))
    assert same(first, bits(train_loss(work(recipe, scratch="two"))))
    assert listener.steps == list(range(1, 9))
    assert listener.checkpoints == [3, 6, 8]
    assert {"loss", "forget_loss", "retain_loss"} == listener.figures[0].keys()
    assert not same(first, bits(train_loss(work(recipe.model_copy(update={"seed": 1}), scratch="three"))))


@pytest.mark.parametrize("at", [1, 7])
def test_a_training_that_was_cut_short_goes_on_to_the_same_weights(work: Work, at: int) -> None:
    recipe = Recipe(method="graddiff", options={"retain_loss": "kl"}, training=TRAINING)
    unbroken = bits(train_loss(work(recipe, scratch="unbroken")))
    with pytest.raises(JobCancelled):
        train_loss(work(recipe, Stopping(at)))
    listener = Listening()
    assert same(unbroken, bits(train_loss(work(recipe, listener))))
    assert listener.steps[0] == at // 3 * 3 + 1


def test_a_checkpoint_that_was_cut_short_is_not_gone_on_from(work: Work) -> None:
    recipe = Recipe(method="npo", training=TRAINING)
    unbroken = bits(train_loss(work(recipe, scratch="unbroken")))
    with pytest.raises(JobCancelled):
        train_loss(work(recipe, Stopping(7)))
    broken = work(recipe).folder / "phase-1" / "checkpoint-6"
    (broken / STATE).unlink()
    assert last_whole(broken.parent) == broken.with_name("checkpoint-3")
    assert same(unbroken, bits(train_loss(work(recipe))))


def test_numbers_that_are_none_stop_the_training_and_the_last_good_checkpoint_stays(work: Work) -> None:
    recipe = Recipe(method="grad_ascent", training=TRAINING.model_copy(update={"learning_rate": 1e38, "clip": 1e38}))
    with pytest.raises(TrainingDiverged, match="became") as raised:
        train_loss(work(recipe))
    assert "checkpoint is kept" in str(raised.value)


def test_a_gradient_that_is_no_number_moves_no_weight(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe, steps = Recipe(method="npo", training=TRAINING), []
    place = work(recipe)
    weight = next(place.checkpoint.model.parameters())

    def spoil(gradient: Tensor) -> Tensor:
        steps.append(1)
        return gradient * (float("nan") if len(steps) > 5 else 1.0)

    torch.Tensor.register_hook(weight, spoil)  # type: ignore[no-untyped-call]
    with pytest.raises(TrainingDiverged, match="gradients of step"):
        train_loss(place)
    kept = last_whole(place.folder / "phase-1")
    assert kept is not None
    saved = load_checkpoint(kept, "cpu") if (kept / "tokenizer.json").exists() else None
    assert saved is None or all(torch.isfinite(each).all() for each in saved.model.parameters())
    assert all(torch.isfinite(each).all() for each in place.checkpoint.model.parameters())


def test_gradients_of_several_batches_make_one_step(work: Work) -> None:
    whole = Recipe(method="graddiff", training=TRAINING.model_copy(update={"batch_size": 4}))
    halves = TRAINING.model_copy(update={"batch_size": 2, "gradient_accumulation": 2})
    listener = Listening()
    one = train_loss(work(whole, scratch="whole"))
    other = train_loss(work(whole.model_copy(update={"training": halves}), listener, "halves"))
    assert listener.steps == list(range(1, 9))
    # Mean over tokens of a batch, then over batches: close, and the same where answers are of one length.
    for weight, like in zip(one.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(weight, like, atol=0.05, rtol=0.5)


def test_under_lora_the_result_is_a_whole_model_that_can_be_trained_again(work: Work, checkpoint: Checkpoint) -> None:
    recipe = Recipe(method="npo", training=TRAINING.model_copy(update={"lora_rank": 4}))
    unbroken = train_loss(work(recipe, scratch="unbroken"))
    assert bits(unbroken).keys() == bits(checkpoint.model).keys()
    assert not same(bits(unbroken), bits(checkpoint.model))
    assert all(weight.requires_grad for weight in unbroken.parameters())
    with pytest.raises(JobCancelled):
        train_loss(work(recipe, Stopping(4)))
    resumed = train_loss(work(recipe))
    assert same(bits(unbroken), bits(resumed))


def test_a_selector_leaves_the_other_weights_as_they_are_bit_for_bit(work: Work, checkpoint: Checkpoint) -> None:
    recipe = Recipe(method="npo", selector="wagle", selector_options={"keep": 0.3}, training=TRAINING)
    before, after = bits(checkpoint.model), bits(train_loss(work(recipe)))
    moved = sum(int((before[name] != after[name]).sum()) for name in before)
    total = sum(weight.numel() for weight in before.values())
    assert 0 < moved <= 0.3 * total + 1


def test_blocks_that_are_trained_alone_all_end_up_in_the_result(work: Work, checkpoint: Checkpoint) -> None:
    recipe = Recipe(method="kunbr", selector_options={"top": 2, "skip_last": 0}, training=TRAINING)
    before, after = bits(checkpoint.model), bits(train_loss(work(recipe, scratch="unbroken")))
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert {name.split(".")[2] for name in changed if ".layers." in name} == {"0", "1"}
    assert not any("embed" in name for name in changed)
    with pytest.raises(JobCancelled):
        train_loss(work(recipe, Stopping(3)))
    assert same(after, bits(train_loss(work(recipe))))
