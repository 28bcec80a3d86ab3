"""Every weight-level method on the demo model, each as a job of its own, beside a control that never learned."""

import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import NamedTuple

from ..errors import ExpungeError, InputError
from ..jobs.creating import unlearn
from ..jobs.handle import Job
from ..models import DEMO
from ..stores.targets import TargetStore
from ..unlearning.examples import Corpus
from ..unlearning.recipe import Recipe
from ..unlearning.report import write_comparison
from .forgotten_authors import CONTROL, forgotten_authors
from .mixture import upcycle
from .unlearning_recipes import RECIPES
from .unlearning_report import MethodRun, UnlearningReport


class Models(NamedTuple):
    """What a method is tried on."""

    given: Path
    control: Path


def run_unlearning(
    methods: Sequence[str] = (),
    *,
    workers: int = 2,
    out: Path | None = None,
    seed: int = 0,
    progress: Callable[[int], None] = lambda done: None,
) -> UnlearningReport:
    """Let every method forget the demo model's last ten authors, attack what it made, and compare.

    Recipes were chosen on the first ten authors; the control is the demo model, had it never met the last ten.

    Args:
        methods: Names of recipes; none: all.
        workers: Jobs at once.
        out: The folder for `comparison.html` and each job's report; `None`: they are not kept.
        seed: What all chance comes from.
        progress: Called with the number of methods done.

    Raises:
        InputError: There is no recipe of a name.
    """
    if unknown := [name for name in methods if name not in RECIPES]:
        raise InputError(f"There is no recipe for {unknown[0]!r}.", fix=f"Take some of {', '.join(RECIPES)}.")
    chosen = {name: recipe for name, recipe in RECIPES.items() if not methods or name in methods}
    start, corpus = perf_counter(), forgotten_authors()
    with TemporaryDirectory(prefix="expunge-") as folder:
        models = _models(Path(folder))
        with TargetStore(Path(folder) / "store") as store, ThreadPoolExecutor(workers) as pool:

            def run(name: str) -> MethodRun:
                mixture = chosen[name].selector == "seuf"
                return _run(chosen[name], models["mixture" if mixture else "dense"], corpus, store, seed, out)

            runs = []
            for done, finished in enumerate(pool.map(run, chosen), start=1):
                runs.append(finished)
                progress(done)
    return _report(runs, perf_counter() - start, out)


def _models(folder: Path) -> dict[str, Models]:
    dense = Models(DEMO, CONTROL)
    return {"dense": dense, "mixture": Models(*(upcycle(each, folder / f"mixture-{each.name}") for each in dense))}


def _run(recipe: Recipe, models: Models, corpus: Corpus, store: TargetStore, seed: int, out: Path | None) -> MethodRun:
    start = perf_counter()
    try:
        job = _ask(recipe, models, corpus, store, seed)
    except ExpungeError as refused:
        return MethodRun(
            method=recipe.method, selector=recipe.selector, seconds=0.0, training_s=0.0, error=str(refused)
        )
    record = job.wait()
    seconds, report = perf_counter() - start, job.report
    if out is not None and report is not None:
        _keep(job, out / "-".join(filter(None, (recipe.method, recipe.selector))))
    training = sum(timing.seconds for timing in report.timings if timing.stage == "train") if report else 0.0
    error = record.error.message if record.error else "" if report else f"It ended as {record.status}."
    return MethodRun(
        method=recipe.method,
        selector=recipe.selector,
        seconds=seconds,
        training_s=training,
        report=report,
        error=error,
    )


def _ask(recipe: Recipe, models: Models, corpus: Corpus, store: TargetStore, seed: int) -> Job:
    return unlearn(
        models.given,
        forget=corpus.forget,
        retain=corpus.retain,
        method=recipe.method,
        options=recipe.options,
        selector=recipe.selector,
        selector_options=recipe.selector_options,
        training=recipe.training,
        seed=seed,
        control=models.control,
        neighbours=corpus.neighbours,
        probes=corpus.probes,
        nonmembers=corpus.nonmembers,
        world_facts=corpus.world_facts,
        store=store,
        yes=True,
        plan={"device": "cpu", "limit": 100, "reveal": True},  # all of it is made up
    )


def _keep(job: Job, folder: Path) -> None:
    if folder.exists() and not (folder / "manifest.json").is_file():
        raise InputError(f"{str(folder)!r} is there already, and no report of ours.", fix="Give --out another folder.")
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(job.folder / "report", folder)
    shutil.copyfile(job.folder / "manifest.json", folder / "manifest.json")


def _report(runs: list[MethodRun], seconds: float, out: Path | None) -> UnlearningReport:
    reports = [run.report for run in runs if run.report is not None]
    if not reports:
        raise InputError(f"No method came to its end: {runs[0].error}", fix="See the error of each with --json.")
    control = reports[0].control
    assert control is not None  # noqa: S101 - every job had one
    if out is not None:
        write_comparison(reports, out)
    return UnlearningReport(
        before=reports[0].before,
        control=control,
        runs=runs,
        seconds=seconds,
        folder=str(out) if out else "",
        reached=sum(run.reached for run in runs),
    )
