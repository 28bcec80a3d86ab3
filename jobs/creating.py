"""Asking for a weight-level job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import ExpungeError
from ..schema import JobEngine
from ..settings import settings
from ..stores.jobs import Jobs, jobs_folder
from ..stores.register import Register
from ..stores.targets import TargetStore
from ..unlearning.checking import check_fit, check_model, check_recipe
from ..unlearning.examples import Corpus, identity
from ..unlearning.gathering.gather import Examples, Source, gather
from ..unlearning.gathering.sealing import seal
from ..unlearning.gathering.targets import examples_of
from ..unlearning.gathering.tofu import DEFAULT_SPLIT
from ..unlearning.recipe import SweepGrid
from ..unlearning.training.options import TrainingOptions
from ..unlearning.training.sweeping import recipes
from .asked import read_plan, read_recipe
from .failures import failure_of
from .handle import Job
from .launching import launch
from .plan import Plan
from .room import Room


def unlearn(
    model: str | Path,
    *,
    forget: Source,
    retain: Source | None = None,
    method: str = "npo",
    options: Mapping[str, Any] | None = None,
    selector: str | None = None,
    selector_options: Mapping[str, Any] | None = None,
    training: TrainingOptions | Mapping[str, Any] | None = None,
    seed: int = 0,
    sweep: bool | SweepGrid | Mapping[str, Any] = False,
    control: str | Path | None = None,
    attacks: Sequence[str] | None = None,
    neighbours: Examples | None = None,
    probes: Examples | None = None,
    nonmembers: Examples | None = None,
    real_authors: Examples | None = None,
    world_facts: Examples | None = None,
    split: str = DEFAULT_SPLIT,
    store: Register | str | Path | None = None,
    yes: bool = False,
    engine: JobEngine = "process",
    who: str = "",
    plan: Plan | Mapping[str, Any] | None = None,
    metadata: Mapping[str, str] | None = None,
) -> Job:
    """Ask for a job that makes a model forget: it runs in a process of its own, on a copy of the model.

    The model that is given is only ever read, and nothing takes its place by itself: `Job.promote` does that. Without
    `yes` the job waits, once it has looked at all that it was given, until somebody calls `Job.approve`.

    Args:
        model: The folder of a local model.
        forget: What must go: a file of JSON Lines, a folder of TOFU or of `expunge jobs suggest`, targets of the
            register, or a list of examples.
        retain: What must stay, likewise; `None`: what comes with `forget`.
        method: The name of a method (`expunge jobs methods` lists them).
        options: Options of the method, where they differ from its defaults.
        selector: What chooses the weights that may move; `None`: all may.
        selector_options: Its options.
        training: How it is trained, where it differs from the defaults.
        seed: What all chance comes from.
        sweep: Whether learning rates and strengths are tried first, or which.
        control: The folder of a model that never learned what must go, to compare with; without one nobody knows what
            such a model would say.
        attacks: Names of the attacks to try; `None`: all.
        neighbours: What must stay and lies nearest, only ever asked.
        probes: Questions that no method is given, and only what must go answers.
        nonmembers: Like the forget set, and never learned: for membership inference.
        real_authors: Facts about real people, only ever asked.
        world_facts: General knowledge, only ever asked.
        split: Of a folder of TOFU, which part is to be forgotten.
        store: The register, or its folder, which keeps the job; `None`: EXPUNGE_STORE, else `expunge-store`. A
            missing one is made.
        yes: Change weights without asking a person.
        engine: What runs it: `"process"` on this machine, or `"ray"` on a cluster that shares this disk.
        who: Who asks for it.
        plan: What else it is to do.
        metadata: What is kept with the job and shown with it, in plain text.

    Raises:
        InputError: Something cannot be read, sets are empty or overlap, method and options do not go together, or an
            attack is none.
        ModelNotFound: There is no model in the folder, or in the control's.
        UnknownTarget: The register has no target of an id.
        PrerequisiteError: A package, or the Ray cluster, is missing.
    """
    folder = check_model(Path(model))
    recipe = read_recipe(method, options, selector, selector_options, training, seed)
    full = read_plan(plan, sweep, control, attacks, yes=yes)
    register = store if isinstance(store, Register) else TargetStore(settings().store if store is None else store)
    with nullcontext() if register is store else closing(register):
        corpus = gather(
            forget,
            retain,
            store=register,
            neighbours=neighbours,
            probes=probes,
            nonmembers=nonmembers,
            real_authors=real_authors,
            world_facts=world_facts,
            split=split,
        )
        check_recipe(recipe, corpus)
        check_fit(folder, recipe)
        if full.sweep is not None:
            list(recipes(folder, recipe, full.sweep))  # a point that cannot be tried is refused before any is
        with closing(Jobs(jobs_folder(register.path))) as jobs:
            chain = _chain(folder, jobs)
            record = jobs.add(
                model=str(folder),
                name=chain.name,
                origin=chain.origin,
                recipe=recipe.model_dump(),
                plan=full.model_dump(),
                targets=_versions(register, corpus),
                examples={part: len(examples) for part, examples in corpus.parts()},
                engine=engine,
                by=who,
                metadata=dict(metadata or {}),
            )
            try:
                seal(corpus, register.keys, Room(jobs.folder(record.id)).corpus, job=record.id)
                jobs.tell(record.id, f"Created, by {who}." if who else "Created.")
                launch(jobs, record.id, register.path, register.keys.secret)
            except (ExpungeError, OSError, RuntimeError) as error:
                failure = failure_of(error, record.id, jobs.path)
                jobs.change(record.id, status="failed", finished_at=datetime.now(UTC), error=failure)
                raise
        return Job(register.path, record.id, key=register.keys.secret)


class _Chain(NamedTuple):
    """The first model of those that jobs made one of the other."""

    name: str
    origin: str


def _chain(model: Path, jobs: Jobs) -> _Chain:
    """Return what a model goes back to: itself, unless a job of this register made it."""
    made = next((job for job in jobs if job.result == str(model)), None)
    return _Chain(made.name, made.origin) if made else _Chain(model.name, str(model))


def _versions(register: Register, corpus: Corpus) -> dict[str, int]:
    """Return the targets whose documents are all to be forgotten, each with its version in the register."""
    forgotten = {identity(example) for example in corpus.forget}
    ids = sorted({example.target for example in corpus.forget if example.target})
    return {
        target.id: target.version
        for target in register.get_many(ids)
        if all(identity(example) in forgotten for example in examples_of(target, target.documents))
    }
