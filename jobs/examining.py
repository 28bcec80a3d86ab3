"""Measuring and attacking the models of a job."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import NamedTuple

from ..models.generation import suited_threads
from ..unlearning.attacks.attack import AttackSettings
from ..unlearning.attacks.attacking import attack
from ..unlearning.evaluation.evaluate import Answer, Evaluated, evaluate, quick
from ..unlearning.examples import Corpus, Part
from ..unlearning.listening import Listener
from ..unlearning.methods import Method
from ..unlearning.recipe import Recipe
from ..unlearning.report.masking import masked
from ..unlearning.results import Evaluation, Sample
from ..unlearning.subject import Subject
from ..unlearning.training.making import open_subject
from ..unlearning.training.options import default_learning_rate
from .notes import Attacked, Samples
from .plan import Plan
from .room import Room

SAMPLED = 8
"""Samples of a set in the report."""

SMALL = 5_000_000
"""Parameters below which attacks train as they do on the demo model."""


class Quick(NamedTuple):
    """What a sweep compares with."""

    before: Evaluation
    control: Evaluation | None


class Examiner:
    """Measures and attacks the models of a job; a step that was done before a job was cut short is not done again.

    Args:
        model: The folder of the model that was given.
        room: The job's folder.
        corpus: Its examples.
        recipe: What it does.
        plan: What it is compared with, and how it is attacked.
        listener: Is told how it goes.
    """

    def __init__(self, model: Path, room: Room, corpus: Corpus, recipe: Recipe, plan: Plan, listener: Listener) -> None:
        self._model, self._room, self._corpus = model, room, corpus
        self._recipe, self._plan, self._listener = recipe, plan, listener

    def before_sweep(self) -> Quick:
        """Return what the model, and a control, know of the sets that are trained on."""
        control = self._plan.control
        return Quick(self._quick(self._model), self._quick(Path(control)) if control else None)

    def evaluate(self, result: Path, *, reveal: bool) -> None:
        """Measure control, the model that was given and the one that was made; note the figures, and samples."""
        if self._room.read("after", Evaluation):  # it is noted last
            return
        control = self._evaluated(Path(self._plan.control), None) if self._plan.control else None
        known = control.evaluation if control else None
        before, after = self._evaluated(self._model, known), self._evaluated(result, known)
        samples = list(_samples(before, after, self._recipe.seed))
        self._room.note("samples", Samples(samples=samples if reveal else masked(samples, self._corpus)))
        if known:
            self._room.note("control", known)
        self._room.note("before", before.evaluation)
        self._room.note("after", after.evaluation)

    def attack(self, result: Path, method: Method) -> None:
        """Attack the model that was made, and a control beside it; note what came back."""
        if self._room.read("attacks", Attacked):
            return
        subject = self._subject(result)
        control = self._subject(Path(self._plan.control)) if self._plan.control else None
        settings = self._settings(subject)
        with suited_threads(subject.model.num_parameters()):
            results = attack(
                subject, control, self._corpus, settings, self._plan.attacks, lambda done, of: self._tell(done, of)
            )
        self._room.note("attacks", Attacked(results=results))

    def _settings(self, subject: Subject) -> AttackSettings:
        """Return how hard the attacks try, where nobody says: by the model's size."""
        seed, parameters = self._recipe.seed, subject.model.num_parameters()
        if parameters < SMALL:
            standard = AttackSettings.small(seed)
        else:
            # Not the job's own: one for LoRA, or for a method that moves few weights, would ruin the whole model.
            standard = AttackSettings(seed=seed, learning_rate=default_learning_rate(parameters, lora=False))
        return AttackSettings.model_validate({**standard.model_dump(), **self._plan.attack_settings})

    def _evaluated(self, folder: Path, control: Evaluation | None) -> Evaluated:
        subject = self._subject(folder)
        with suited_threads(subject.model.num_parameters()):
            return evaluate(
                subject,
                self._corpus,
                control=control,
                limit=self._plan.limit,
                seed=self._recipe.seed,
                progress=lambda done, of: self._tell(done, of),
            )

    def _quick(self, folder: Path) -> Evaluation:
        subject = self._subject(folder)
        with suited_threads(subject.model.num_parameters()):
            return quick(subject, self._corpus, limit=self._plan.limit, seed=self._recipe.seed)

    def _subject(self, folder: Path) -> Subject:
        return open_subject(folder, self._recipe.training.longest, self._plan.device)

    def _tell(self, done: int, total: int) -> None:
        self._listener.step(done, total, {})


def _samples(before: Evaluated, after: Evaluated, seed: int) -> list[Sample]:
    """Return a few questions of each set with both answers."""
    return [
        Sample(part=part, prompt=old.example.prompt, answer=old.example.answer, before=old.text, after=new.text)
        for part, answers in before.answers.items()
        for old, new in _drawn(part, answers, after.answers[part], seed)
    ]


def _drawn(part: Part, old: list[Answer], new: list[Answer], seed: int) -> list[tuple[Answer, Answer]]:
    rows = Random(f"{seed} {part}").sample(range(len(old)), min(SAMPLED, len(old)))  # noqa: S311 - repeatable
    return [(old[row], new[row]) for row in sorted(rows)]
