"""`expunge eval`: what gets through, also under attack, what is withheld for nothing, and what it costs in time."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ..errors import InputError
from ..schema import Policy, Target
from ..settings import settings
from .console import err, out, print_json
from .options import JsonOption

if TYPE_CHECKING:
    from ..evals import AblationReport, AttackReport, Case, GuardReport, LatencyReport, StreamReport

app = typer.Typer()

CasesOption = Annotated[list[Path], typer.Option(help="Questions with gold answers, JSON Lines; may be repeated.")]
TargetsOption = Annotated[
    Path | None, typer.Option(help="The targets; by default ../targets/NAME.jsonl beside each file of cases.")
]
RegisterOption = Annotated[
    Literal["name", "documents", "odd-documents"],
    typer.Option(help="What is registered: names alone, all documents, or every second document."),
]
PreferOption = Annotated[Literal["forget", "keep"], typer.Option(help="The side that an uncertain finding falls on.")]
DataOption = Annotated[
    Path | None, typer.Option(help="The folder of benchmark data; by default EXPUNGE_DATA, or ../shared/data.")
]


@app.command(epilog="Example: expunge eval guard --cases data/cases/tofu.jsonl --register name --baseline")
def guard(
    cases: CasesOption,
    targets: TargetsOption = None,
    register: RegisterOption = "documents",
    policy_prefer: PreferOption = "forget",
    baseline: Annotated[bool, typer.Option("--baseline", help="Measure a plain filter by name as well.")] = False,
    json: JsonOption = False,
) -> None:
    """Measure leaks and over-suppression, with an oracle for a model.

    The wrapped model is simulated by an oracle that answers every question with the benchmark's gold answer. A forget
    case leaks when what is released still discloses that answer; a retain case is over-suppressed when its answer was
    altered at all. Figures come with 95 % intervals.
    """
    from ..evals import run_guard

    policy = Policy(prefer=policy_prefer)
    put, known = _read(cases, targets)
    report = run_guard(put, known, register=register, policy=policy, baseline=baseline, progress=err.is_terminal)
    _show(report, json=json)


@app.command(epilog="Example: expunge eval heldout lume knowundo")
def heldout(
    benchmarks: Annotated[list[str], typer.Argument(help="Any of tofu, lume, records, knowundo, topics.")],
    data: DataOption = None,
    policy_prefer: PreferOption = "forget",
    json: JsonOption = False,
) -> None:
    """Measure on questions, people and subjects that were held out.

    Registers are made of the benchmark's own texts, and asked what was not registered (knowundo, topics) or about
    documents and people that no threshold was chosen on (tofu, lume: read the half called `other`). Some minutes each.
    """
    from ..evals import require_benchmarks, run_heldout

    require_benchmarks(benchmarks)
    folder, policy = _data_folder(data), Policy(prefer=policy_prefer)
    reports = []
    for name in benchmarks:
        reports.append(run_heldout(name, folder, policy=policy, progress=err.is_terminal))
        if not json:
            out.print(reports[-1].table())
    if json:
        print_json(reports)


@app.command(epilog="Example: expunge eval attacks --cases data/cases/tofu.jsonl --register name --family typos")
def attacks(
    cases: CasesOption = [],  # noqa: B006
    targets: TargetsOption = None,
    register: RegisterOption = "documents",
    family: Annotated[list[str], typer.Option(help="A family of attacks; may be repeated. By default all.")] = [],  # noqa: B006
    limit: Annotated[int, typer.Option(min=1, help="Forget cases of each family, and retain cases as many.")] = 40,
    seed: Annotated[int, typer.Option(help="Another seed draws other cases, typing errors and wordings.")] = 0,
    templates: Annotated[
        Path | None,
        typer.Option(help="Jailbreak prompts, JSON Lines; by default attacks/attacks.jsonl of --data, if there."),
    ] = None,
    baseline: Annotated[
        bool, typer.Option("--baseline", help="Attack a plain filter by name as well; of an ablation, with --json.")
    ] = False,
    ablation: Annotated[bool, typer.Option("--ablation", help="Switch off each layer in turn.")] = False,
    heldout: Annotated[
        bool, typer.Option("--heldout", help="Attack the authors of TOFU that nothing was tuned on, not --cases.")
    ] = False,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Attack: the questions in disguise, and a model that answers in whatever form it is asked for.

    Attacks are made of the cases: names mistyped or in other letters, questions and answers in codes, the person
    described and not named, the question put into roles, orders and long conversations. An attack on a forget case
    leaks when what is released, read as the attacker would read it, discloses the answer; the same attack on a retain
    case, its twin, is over-suppressed when its answer was altered at all.
    """
    from ..evals import heldout_tofu, read_templates, run_ablation, run_attacks

    if heldout == bool(cases or targets):
        raise InputError("Nothing to attack, or twice.", fix="Give either --cases (and --targets) or --heldout.")
    put, known = heldout_tofu(_data_folder(data)) if heldout else _read(cases, targets)
    prompts = templates or (data or settings().data) / "attacks" / "attacks.jsonl"
    run = run_ablation if ablation else run_attacks
    report = run(
        put,
        known,
        seed=seed,
        per_family=limit,
        families=family,
        templates=read_templates(prompts) if templates or prompts.exists() else (),
        register=register,
        baseline=baseline,
        progress=err.is_terminal,
    )
    _show(report, json=json)


@app.command(epilog="Example: expunge eval latency --targets 1000 --targets 100000")
def latency(
    targets: Annotated[list[int], typer.Option(min=1, help="Targets of a register; may be repeated.")] = [  # noqa: B006
        1_000,
        100_000,
    ],
    documents: Annotated[int, typer.Option(min=0, help="Documents of each target.")] = 1,
    topics: Annotated[int, typer.Option(min=0, max=4, help="Topics beside them; 0 shows what they cost.")] = 4,
    exchanges: Annotated[int, typer.Option(min=1, help="Exchanges measured on each register.")] = 200,
    baselines: Annotated[bool, typer.Option(help="Measure the other filters on the same exchanges.")] = True,
    json: JsonOption = False,
) -> None:
    """Measure the time added to an exchange that touches no target, on one core.

    Prompts have 50 words and answers 150. Registers are made up and temporary: people (a sixth of them with what their
    documents say alone in scope), works, records, organisations and secrets, and topics beside them, so that every
    layer has work to do. 100,000 targets take some minutes, many of them to set up the other filters.

    The report shows what the sanitizer adds and the share of each part of it; the floor, which is what embedding, one
    query of the index and an empty graph take by themselves; and what other filters add: one by name, Presidio with
    the names as its deny list, and one that asks for the nearest document.
    """
    from ..evals import run_latency

    report = run_latency(targets, documents, exchanges, topics=topics, baselines=baselines, progress=err.is_terminal)
    _show(report, json=json)


@app.command(epilog="Example: expunge eval streams --streams 8 --chunks 500")
def streams(
    at_once: Annotated[int, typer.Option("--streams", min=1, help="Streams at once.")] = 64,
    chunks: Annotated[int, typer.Option(min=20, help="Chunks of each answer, a word each.")] = 10_000,
    pace: Annotated[
        int, typer.Option(min=0, help="Chunks a second that the upstream sends in each; 0: as fast as they are read.")
    ] = 167,
    ramp: Annotated[
        float, typer.Option(min=0, metavar="SECONDS", help="Over which the streams begin; 0: all at the same moment.")
    ] = 10.0,
    targets: Annotated[int, typer.Option(min=1, help="Targets of the register.")] = 1_000,
    json: JsonOption = False,
) -> None:
    """Put many streams at once through the server, in front of an upstream that sends made-up answers at a pace.

    One answer in four names a target in its middle: such a stream must end in an abstention, and none may show the
    target. The report also says when the first sentence is released, beside when the upstream had sent it and beside
    the unguarded stream; what the server adds to a clean exchange, beside `Sanitizer.check`; and its memory.
    """
    from ..evals import run_streams

    _show(run_streams(at_once, chunks, pace, ramp_s=ramp, targets=targets), json=json)


def _show(report: "GuardReport | AttackReport | AblationReport | LatencyReport | StreamReport", *, json: bool) -> None:
    if json:
        print_json(report)
    else:
        out.print(report.table())


def _read(cases: list[Path], targets: Path | None) -> "tuple[list[Case], list[Target]]":
    from ..evals import read_cases, read_targets

    files = [targets] if targets else list(dict.fromkeys(map(_targets_beside, cases)))
    return read_cases(cases), [target for file in files for target in read_targets(file)]


def _data_folder(given: Path | None) -> Path:
    folder = given or settings().data
    if not folder.is_dir():
        raise InputError(f"There is no benchmark data in {str(folder)!r}.", fix="Set EXPUNGE_DATA or --data.")
    return folder


def _targets_beside(cases: Path) -> Path:
    targets = cases.resolve().parent.parent / "targets" / cases.name
    if not targets.exists():
        raise InputError(f"There are no targets for {str(cases)!r} in {str(targets)!r}.", fix="Give --targets.")
    return targets
