"""`expunge jobs create`: asking for a weight-level job."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
import yaml

from ..errors import InputError, PrerequisiteError
from ..schema import JobEngine
from .console import note, out, print_json, visible, waiting
from .options import JsonOption, StoreOption, store_path, user

if TYPE_CHECKING:
    from ..jobs.handle import Job

app = typer.Typer()

SetOption = Annotated[
    list[str],
    typer.Option(
        "--set",
        metavar="[WHAT.]NAME=VALUE",
        help=(
            "An option of the method (`beta=0.1`), of the selector (`selector.keep=0.9`), of the training "
            "(`training.learning_rate=1e-4`, `training.lora_rank=16`), of the attacks (`attacks.steps=50`), of the "
            "sweep (`sweep.strengths=[0.5,2]`, `sweep.learning_rates=[1e-4,1e-3]`), or of the verdict "
            "(`verdict.tolerance=0.1`, `verdict.keep=0.95`)."
        ),
    ),
]


@app.command(
    epilog="Example: expunge jobs create ./model --forget forget.jsonl --retain retain.jsonl --method npo --yes"
)
def create(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="The folder of a local model; it is never changed.")],
    forget: Annotated[
        list[str],
        typer.Option(
            metavar="WHAT",
            help=(
                "What must go: a JSON Lines file (prompt, answer, if you like alternates, paraphrases), a folder of "
                "TOFU or of `expunge jobs suggest`, or ids of targets, each with --forget."
            ),
        ),
    ],
    retain: Annotated[
        str | None,
        typer.Option(metavar="WHAT", help="What must stay, likewise; by default what comes with a folder or targets."),
    ] = None,
    method: Annotated[str, typer.Option(help="The method: `expunge jobs methods` lists them.")] = "npo",
    selector: Annotated[
        str | None, typer.Option(help="What chooses the weights that may move: wagle, seuf or kunbr.")
    ] = None,
    set_: SetOption = [],  # noqa: B006
    epochs: Annotated[float | None, typer.Option(help="Passes over the forget set.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="By default one for the model's size.")] = None,
    sweep: Annotated[
        bool, typer.Option("--sweep", help="Try learning rates and strengths first, and take the best.")
    ] = False,
    control: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="A model that never learned what must go, to compare with."),
    ] = None,
    attack: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="An attack to try; by default all that apply.")
    ] = None,
    neighbours: Annotated[Path | None, typer.Option(metavar="FILE", help="What must stay, only ever asked.")] = None,
    probes: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Questions that no method is given and must go too.")
    ] = None,
    nonmembers: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Like the forget set, never learned: for membership inference.")
    ] = None,
    split: Annotated[str, typer.Option(help="Of a folder of TOFU: forget01, forget05 or forget10.")] = "forget10",
    seed: Annotated[int, typer.Option(min=0, help="What all chance comes from.")] = 0,
    engine: Annotated[JobEngine, typer.Option(help="A process of this machine, or a Ray cluster.")] = "process",
    ray_address: Annotated[
        str | None, typer.Option(metavar="URL", help="Ray's job server; by default RAY_ADDRESS, else this machine's.")
    ] = None,
    reveal: Annotated[
        bool, typer.Option("--reveal", help="Show in the report's samples what must go; by default it is masked.")
    ] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Stay until the job ends, and show what it tells.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Train without waiting for `expunge jobs approve`.")] = False,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Start a weight-level job: it makes a model that no longer knows what must go, beside the one you give.

    The job runs in a process of its own and goes on when this one ends. It looks at the model and the examples, waits
    for `expunge jobs approve` (unless --yes), trains, measures, attacks what it made, and writes a report. Nothing
    takes the model's place until `expunge jobs promote`.

    What it claims: removal, as far as these attacks were tried. The decoding adapter ULD is suppression: the weights
    still know.
    """
    with packages_needed():
        from ..jobs.creating import unlearn
    chosen = _chosen(set_)
    training = {**chosen["training"], **_given(epochs=epochs, learning_rate=learning_rate)}
    plan: dict[str, Any] = {**chosen["verdict"], "attack_settings": chosen["attacks"]}
    plan |= {"reveal": reveal, "ray_address": ray_address}
    with waiting("Looking at the model and the examples"):
        job = unlearn(
            model,
            forget=forget if len(forget) > 1 else forget[0],
            retain=retain,
            method=method,
            options=chosen["method"],
            selector=selector,
            selector_options=chosen["selector"],
            training=training,
            seed=seed,
            sweep=chosen["sweep"] or sweep,
            control=control,
            attacks=attack,
            neighbours=neighbours,
            probes=probes,
            nonmembers=nonmembers,
            split=split,
            store=store_path(store),
            yes=yes,
            engine=engine,
            who=user(),
            plan=plan,
        )
    code = 0
    if wait:
        from .following import follow

        code = follow(job, quiet=json)
    if json:
        print_json(job.record)
    elif not wait:
        _say(job, yes)
    raise typer.Exit(code)


@contextmanager
def packages_needed() -> Iterator[None]:
    """Say of a package that is missing how to get it.

    Raises:
        PrerequisiteError: One is missing.
    """
    try:
        yield
    except ImportError as error:
        from ..unlearning.checking import EXTRA

        raise PrerequisiteError(f"Weight-level jobs need a package: {error}.", fix=EXTRA) from error


def _say(job: "Job", yes: bool) -> None:
    out.print(visible(job.id))
    if yes:
        note(f"It runs by itself. To watch it: expunge jobs events {job.id} --follow")
    else:
        note(f"It waits for approval once it has looked at all: expunge jobs approve {job.id}")


def _chosen(given: list[str]) -> dict[str, dict[str, Any]]:
    """Read `[WHAT.]NAME=VALUE`, values as in YAML.

    Raises:
        InputError: One is written otherwise.
    """
    chosen: dict[str, dict[str, Any]] = {
        group: {} for group in ("method", "selector", "training", "attacks", "sweep", "verdict")
    }
    for text in given:
        name, mark, value = text.partition("=")
        what, dot, rest = name.partition(".")
        group, key = (what, rest) if dot else ("method", name)
        if not mark or group not in chosen or not key:
            raise InputError(
                f"{text!r} sets nothing.",
                fix="Write NAME=VALUE, or with selector., training., attacks., sweep. or verdict. before the name.",
            )
        chosen[group][key] = _value(value)
    return chosen


def _value(text: str) -> object:
    try:
        return yaml.safe_load(text)  # 1e-4 is a text to it, and a number to what reads it next
    except (ValueError, yaml.YAMLError):  # a date that is none is the former
        return text


def _given(**values: float | None) -> dict[str, float]:
    return {name: value for name, value in values.items() if value is not None}
