"""What the steps of a job do, each so that it can be taken up again where it was cut short."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from time import perf_counter

from ..errors import InputError
from ..stores.jobs import JobRecord, Jobs
from ..stores.keys import Keys
from ..unlearning.attacks.judging import held_targets
from ..unlearning.checking import check_fit, check_model, check_recipe
from ..unlearning.examples import Corpus
from ..unlearning.gathering.sealing import unseal
from ..unlearning.methods import Method, find
from ..unlearning.recipe import Recipe
from ..unlearning.results import Judgement
from ..unlearning.training.making import Making, make
from ..unlearning.training.sweeping import Aim, Swept, sweep
from .concluding import conclude
from .distributing import train_in_processes
from .examining import Examiner
from .notes import ModelDigest, Timings, peak_memory_mb
from .plan import Plan
from .room import Room
from .telling import Telling


class JobStages:
    """The steps of one job.

    Args:
        jobs: All jobs.
        job: The id of this one.
        keys: The register's, to open what is sealed.
        store: The register's folder.
    """

    def __init__(self, jobs: Jobs, job: str, keys: Keys, store: Path) -> None:
        self._jobs, self._keys, self._store = jobs, keys, store
        self._job = job
        self._room = Room(jobs.folder(job))
        self._telling = Telling(jobs, job)
        record = jobs.get(job)
        self._model = Path(record.model)
        self._recipe = Recipe.model_validate(record.recipe)
        self._plan = Plan.model_validate(record.plan)

    @cached_property
    def _corpus(self) -> Corpus:
        return unseal(self._room.corpus, self._keys, job=self._job)

    @cached_property
    def _method(self) -> Method:
        return find(self._recipe)

    def collect(self) -> None:
        """Look at all that was given, and take the fingerprint of the model."""
        with self._stage("collect", "Looking at the model and the examples."):
            check_recipe(self._recipe, self._corpus)
            check_fit(check_model(self._model), self._recipe)
            if self._plan.control:
                check_model(Path(self._plan.control))
            self._room.note("model", ModelDigest.of(self._model))
        self._jobs.change(self._job, status="queued", stage="approve")

    def needs_approval(self) -> bool:
        """Return whether a person must still agree, and say so."""
        needed = self._plan.approval and not self._record.approved_by
        if needed:
            self._jobs.change(self._job, status="queued", stage="approve")
            self._jobs.tell(self._job, f"Waits for approval: expunge jobs approve {self._job}")
        return needed

    def train(self) -> None:
        """Make the new model, by the recipe or by the best point of a sweep."""
        started = self._record.started_at or datetime.now(UTC)
        self._jobs.change(self._job, status="running", started_at=started)
        with self._stage("train", f"Unlearning by {self._method.name}."):
            if self._plan.sweep is None:
                self._make(self._making)
            elif not self._room.result.is_dir():
                self._sweep()
            for left in (self._room.training, *self._room.folder.glob(".before-*")):  # by a kill
                shutil.rmtree(left, ignore_errors=True)
        self._jobs.change(self._job, result=str(self._room.result.resolve()))

    def evaluate(self) -> None:
        """Measure the model before, after, and the control."""
        with self._stage("evaluate", "Measuring what the model knew, and what it knows."):
            self._examiner.evaluate(self._room.result, reveal=self._plan.reveal)

    def attack(self) -> None:
        """Try to bring back what was unlearned."""
        with self._stage("attack", "Trying to bring back what was unlearned."):
            self._examiner.attack(self._room.result, self._method)

    def decide(self) -> None:
        """Judge, write the report and the manifest, and note which targets are covered."""
        with self._stage("decide", "Judging."):
            if ModelDigest.of(self._model) != self._room.read("model", ModelDigest):
                raise InputError(
                    f"The model in {str(self._model)!r} was changed while the job ran, and not by it.",
                    fix="Put it back as it was, and create the job again: its figures are of another model.",
                )
            losses = self._losses
            report = conclude(self._record, self._room, self._corpus, self._keys, self._plan, self._method, losses)
        judgement = report.judgement
        figures = {
            "worst_recall": judgement.worst_recall,
            "retain_kept": judgement.retain_kept,
            "forget_recall": report.after.parts["forget"].recall,
        }
        if judgement.held and self._method.level == "removal":
            gone = held_targets(report.before, report.attacks, self._plan.tolerance)
            self._jobs.cover(self._job, {key: version for key, version in self._record.targets.items() if key in gone})
        self._jobs.change(
            self._job,
            status="succeeded",
            stage="done",
            finished_at=datetime.now(UTC),
            held=judgement.held,
            level=judgement.level if judgement.held else "",
            figures=figures,
        )
        self._room.corpus.unlink(missing_ok=True)  # nobody needs what must go any more
        self._jobs.tell(self._job, _said(judgement, self._job))

    @property
    def _record(self) -> JobRecord:
        return self._jobs.get(self._job)

    @property
    def _losses(self) -> list[tuple[int, float]]:
        """The steps of the training with their losses; of a step that was taken twice, the later."""
        told = [event.data for event in self._jobs.events(self._job) if "loss" in event.data]
        return sorted({int(data["step"]): data["loss"] for data in told}.items()) if self._plan.sweep is None else []

    @property
    def _making(self) -> Making:
        return Making(
            model=self._model,
            corpus=self._corpus,
            recipe=self._recipe,
            scratch=self._room.training,
            result=self._room.result,
            delta=self._room.delta if self._method.kind == "edit" else None,
            listener=self._telling,
            device=self._plan.device,
        )

    @cached_property
    def _examiner(self) -> Examiner:
        return Examiner(self._model, self._room, self._corpus, self._recipe, self._plan, self._telling)

    def _make(self, making: Making) -> None:
        if self._method.kind == "loss" and self._recipe.training.processes > 1:
            train_in_processes(making, self._store, self._job)
        else:
            make(making)

    def _sweep(self) -> None:
        assert self._plan.sweep is not None  # noqa: S101 - looked at by who calls
        before, control = self._examiner.before_sweep()
        aim = Aim(
            retain=before.parts.get("retain"),
            forget=control.parts["forget"].recall if control else 0.0,
            keep=self._plan.keep,
            limit=self._plan.limit,
        )
        known = self._room.read("sweep", Swept) or Swept(points=[])
        sweep(self._making, self._plan.sweep, aim, self._make, known, lambda swept: self._room.note("sweep", swept))

    @contextmanager
    def _stage(self, name: str, message: str) -> Iterator[None]:
        """Note that a step began, and how long it took."""
        self._jobs.change(self._job, stage=name)
        self._telling.say(message)
        start = perf_counter()
        try:
            yield
        finally:
            timings = self._room.read("timings", Timings) or Timings()
            self._room.note("timings", timings.with_stage(name, perf_counter() - start, peak_memory_mb()))


def _said(judgement: Judgement, job: str) -> str:
    if not judgement.held:
        return f"It did not hold: {judgement.reasons[0]}"
    if judgement.level == "suppression":
        return f"Suppressed while the adapter is in use; the weights still know. To use it: expunge jobs promote {job}"
    return f"It held under every attack that was tried. To use its model: expunge jobs promote {job}"
