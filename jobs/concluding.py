"""The end of a job: its verdict, its report and its manifest."""

from __future__ import annotations

import torch

from ..stores.jobs import JobRecord
from ..stores.keys import Keys
from ..unlearning.attacks.judging import judge
from ..unlearning.examples import Corpus
from ..unlearning.methods import Method
from ..unlearning.recipe import Recipe
from ..unlearning.report import write_report
from ..unlearning.report.manifest import write_manifest
from ..unlearning.results import Evaluation, Report
from ..unlearning.training.sweeping import Swept
from .notes import Attacked, ModelDigest, Samples, Timings
from .plan import Plan
from .room import Room


def conclude(
    record: JobRecord,
    room: Room,
    corpus: Corpus,
    keys: Keys,
    plan: Plan,
    method: Method,
    losses: list[tuple[int, float]],
) -> Report:
    """Judge a job by what its steps found, and write the report and the manifest.

    Args:
        record: The job.
        room: Its folder.
        corpus: Its examples, of which keyed digests go into the manifest.
        keys: What they are keyed by.
        plan: When it has held.
        method: What it did.
        losses: Steps of its training, each with the loss then.
    """
    before, after = _read(room, "before"), _read(room, "after")
    control = room.read("control", Evaluation)
    attacked = room.read("attacks", Attacked)
    attacks = attacked.results if attacked else []
    swept, timings, samples = room.read("sweep", Swept), room.read("timings", Timings), room.read("samples", Samples)
    judgement = judge(before, after, attacks, method.level, tolerance=plan.tolerance, keep=plan.keep, control=control)
    report = Report(
        job=record.id,
        method=method.name,
        selector=method.selector.name if method.selector else None,
        model=record.name,
        level=method.level,
        before=before,
        after=after,
        control=control,
        attacks=attacks,
        judgement=judgement,
        sweep=swept.points if swept else [],
        samples=samples.samples if samples else [],
        timings=timings.stages if timings else [],
        losses=losses,
    )
    write_report(report, room.report)
    _write_manifest(record, room, corpus, keys, plan, method)
    return report


def _write_manifest(record: JobRecord, room: Room, corpus: Corpus, keys: Keys, plan: Plan, method: Method) -> None:
    recipe, given = Recipe.model_validate(record.recipe), room.read("model", ModelDigest)
    selected = method.selector.options.model_dump() if method.selector else {}
    write_manifest(
        room.folder,
        job=record.id,
        model=given.files if given else [],
        result=room.result,
        corpus=corpus,
        keys=keys,
        method=method.name,
        selector=method.selector.name if method.selector else None,
        options={
            "method": method.options.model_dump(),
            "selector": selected,
            "training": recipe.training.model_dump(),
            "plan": plan.model_dump(exclude={"control", "ray_address"}),
        },
        seed=recipe.seed,
        device=plan.device or ("cuda" if torch.cuda.is_available() else "cpu"),
    )


def _read(room: Room, name: str) -> Evaluation:
    found = room.read(name, Evaluation)
    assert found is not None  # noqa: S101 - the graph comes to the end by the step that measures
    return found
