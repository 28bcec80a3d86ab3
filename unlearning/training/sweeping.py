"""A small search over learning rate and strength: published defaults often collapse a model, or change nothing."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product
from math import prod
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from ...errors import TrainingDiverged
from ...models.generation import suited_threads
from ..evaluation.evaluate import quick
from ..methods import Method, find
from ..recipe import Recipe, SweepGrid
from ..results import Scores, SweepPoint
from .making import Making, open_subject
from .options import default_learning_rate


class Swept(BaseModel):
    """What a sweep tried."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    points: list[SweepPoint]


class Aim(NamedTuple):
    """What the best point comes nearest to."""

    retain: Scores | None
    """What was known of the retain set before; `None`: there is none."""

    forget: float
    """Recall of the forget set by a model that never learned it; 0 where there is none."""

    keep: float
    """Share of `retain` from which on more is no better."""

    limit: int | None
    """Examples of a set that are asked at most."""


def sweep(
    making: Making,
    grid: SweepGrid,
    aim: Aim,
    maker: Callable[[Making], None],
    known: Swept,
    note: Callable[[Swept], None],
) -> None:
    """Try every point of a grid, and put the best one's model where the result goes.

    The best keeps what must stay (`aim.keep` of it), and of those forgets most; no attack is looked at, so attacks
    stay a test. A point that diverges is noted, and the search goes on.

    Args:
        making: What to make; `scratch` holds the points' models meanwhile, the best one's alone.
        grid: What to try.
        aim: What the best point comes nearest to.
        maker: Makes one point's model.
        known: The points that an earlier run tried.
        note: Is given the points after each.
    """
    points = list(known.points)
    for number, recipe in enumerate(recipes(making.model, making.recipe, grid)):
        if number < len(points):
            continue
        points.append(_try(making, recipe, number, aim, maker))
        note(Swept(points=points))
        making.listener.say(_told(points[-1]))
        _drop_all_but(making.scratch, best(points, aim))
    chosen = best(points, aim)
    if chosen is None:
        raise TrainingDiverged("Every point of the sweep diverged.", fix="Try lower learning rates.")
    note(Swept(points=[point.model_copy(update={"chosen": at == chosen}) for at, point in enumerate(points)]))
    delta = making.scratch / f"point-{chosen}" / "delta.safetensors"
    if making.delta and delta.is_file():
        delta.replace(making.delta)
    (making.scratch / f"point-{chosen}" / "result").replace(making.result)  # last: where it is, nothing is missing
    shutil.rmtree(making.scratch, ignore_errors=True)


def recipes(model: Path, recipe: Recipe, grid: SweepGrid) -> Iterator[Recipe]:
    """Yield the recipe of each point: every learning rate, where the method has one, with every strength.

    Args:
        model: The folder of the model.
        recipe: What the points have in common.
        grid: What is tried.

    Raises:
        InputError: A strength is none that the method takes.
    """
    method = find(recipe)
    rates: list[float | None] = [*_rates(model, recipe, grid)] if method.kind == "loss" else [None]
    for rate, strength in product(rates, _strengths(method, grid)):
        training = recipe.training if rate is None else recipe.training.model_copy(update={"learning_rate": rate})
        options = {**recipe.options, method.strength: strength}
        point = recipe.model_copy(update={"training": training, "options": options})
        find(point)
        yield point


def best(points: list[SweepPoint], aim: Aim) -> int | None:
    """Return the number of the best point; `None`: all came to nothing."""
    ranked = [(_score(point, aim), -number) for number, point in enumerate(points) if point.forget]
    return -max(ranked)[1] if ranked else None


def _score(point: SweepPoint, aim: Aim) -> float:
    assert point.forget is not None  # noqa: S101 - asked of points that came to something
    kept = _kept(point.retain, aim.retain) if point.retain and aim.retain else 1.0
    # What must stay comes first: below the aim a point loses twice what it lacks.
    lacking = max(0.0, aim.keep - kept)
    return -max(0.0, point.forget.recall - aim.forget) - 2 * lacking - 0.1 * point.forget.rouge_l


def _kept(now: Scores, before: Scores) -> float:
    """Return how much of what must stay is left: the lower of recall and ROUGE-L, as shares of before."""
    pairs = ((now.recall, before.recall), (now.rouge_l, before.rouge_l))
    return min((new / old for new, old in pairs if old > 0), default=1.0)


def _try(making: Making, recipe: Recipe, number: int, aim: Aim, maker: Callable[[Making], None]) -> SweepPoint:
    folder = making.scratch / f"point-{number}"
    method = find(recipe)
    start = perf_counter()
    point = SweepPoint(
        learning_rate=recipe.training.learning_rate if method.kind == "loss" else None,
        strength=float(recipe.options[method.strength]),
    )
    try:
        delta = folder / "delta.safetensors" if making.delta else None
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        maker(replace(making, recipe=recipe, scratch=folder / "training", result=folder / "result", delta=delta))
    except TrainingDiverged as error:
        shutil.rmtree(folder, ignore_errors=True)
        return point.model_copy(update={"error": str(error.args[0]), "seconds": perf_counter() - start})
    subject = open_subject(folder / "result", recipe.training.longest, making.device)
    with suited_threads(subject.model.num_parameters()):
        parts = quick(subject, making.corpus, limit=aim.limit, seed=recipe.seed).parts
    found: dict[str, Scores | None] = {"forget": parts["forget"], "retain": parts.get("retain")}
    return point.model_copy(update={**found, "seconds": perf_counter() - start})


def _drop_all_but(scratch: Path, chosen: int | None) -> None:
    for folder in scratch.glob("point-*"):
        if folder.name != f"point-{chosen}":
            shutil.rmtree(folder, ignore_errors=True)


def _told(point: SweepPoint) -> str:
    where = f"learning rate {point.learning_rate:g}, " if point.learning_rate else ""
    came = "it diverged" if point.forget is None else f"forget recall {point.forget.recall:.3f}"
    kept = f", retain recall {point.retain.recall:.3f}" if point.retain else ""
    return f"Tried {where}strength {point.strength:g}: {came}{kept}."


def _rates(model: Path, recipe: Recipe, grid: SweepGrid) -> list[float]:
    if grid.learning_rates:
        return grid.learning_rates
    training = recipe.training
    middle = training.learning_rate or default_learning_rate(_parameters(model), lora=training.lora_rank > 0)
    return [middle / 3, middle, middle * 3]


def _strengths(method: Method, grid: SweepGrid) -> list[float]:
    if grid.strengths:
        return grid.strengths
    default = float(getattr(method.options, method.strength))
    return [default / 2, default, default * 2]


def _parameters(folder: Path) -> int:
    """Return how many weights a model has, from its files' headers alone."""
    from safetensors import safe_open

    count = 0
    for path in folder.glob("*.safetensors"):
        with safe_open(path, framework="pt") as file:
            count += sum(prod(file.get_slice(name).get_shape()) for name in file.keys())  # noqa: SIM118 - no mapping
    return count
