"""`expunge eval`: what gets through, also under attack, what is withheld for nothing, and what it costs in time."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, get_args

import typer

from ..errors import InputError
from ..schema import BaselineKind, Policy, Target
from ..settings import settings
from .console import err, out, print_json
from .options import JsonOption

if TYPE_CHECKING:
    from ..evals import (
        AblationReport,
        AgentReport,
        AttackReport,
        AuditBenchReport,
        Case,
        GuardReport,
        LatencyReport,
        MembershipReport,
        StreamReport,
    )

    Report = (
        GuardReport
        | AttackReport
        | AblationReport
        | LatencyReport
        | StreamReport
        | MembershipReport
        | AgentReport
        | AuditBenchReport
    )

app = typer.Typer()

BASELINES = [kind.replace("_", "-") for kind in get_args(BaselineKind)]
"""Names of the policies to compare with."""

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
    policy: Annotated[
        str,
        typer.Option(help=f"Who guards: ours, or a baseline: {', '.join(BASELINES)}."),
    ] = "ours",
    policy_prefer: PreferOption = "forget",
    model: Annotated[str | None, typer.Option(help="A real model to guard, in place of the oracle.")] = None,
    agent_model: Annotated[
        str | None, typer.Option(help="What the agents ask; alu needs one, ours works by rules without.")
    ] = None,
    baseline: Annotated[bool, typer.Option("--baseline", help="Measure a plain filter by name as well.")] = False,
    json: JsonOption = False,
) -> None:
    """Measure leaks and over-suppression, with an oracle for a model; ours, or a baseline on the same cases.

    The wrapped model is simulated by an oracle that answers every question with the benchmark's gold answer. A forget
    case leaks when what is released still discloses that answer; a retain case is over-suppressed when its answer was
    altered at all. Figures come with 95 % intervals; beside them calls of models, tokens and the time added.

    Baselines leave out most of what ours does. `input-filter`: the vetter alone, nothing looks at the answer.
    `output-filter`: the auditor alone, without the question; it withholds an answer whole. `alu`: after the agents of
    ALU, four calls of a model about every answer, each with all names, and nothing that checks the result.
    `guardrail-prompt`: all names in a system message. `icul`: examples of not knowing in a system message. The last two
    tell the wrapped model what to do, which no oracle follows: they need --model. With it a retain case is
    over-suppressed when the bare model's answer holds the gold answer and what is released does not.
    """
    from ..evals import run_guard

    chosen = _policy(policy).model_copy(update={"prefer": policy_prefer})
    put, known = _read(cases, targets)
    report = run_guard(
        put,
        known,
        register=register,
        policy=chosen,
        model=model,
        agent_model=agent_model,
        baseline=baseline,
        progress=err.is_terminal,
    )
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


def _policy(name: str) -> Policy:
    try:
        return Policy.named(name)
    except ValueError as error:
        raise InputError(f"There is no policy {name!r}.", fix=f"Choose ours or {', '.join(BASELINES)}.") from error


@app.command(epilog="Example: expunge eval membership --targets 100 --names 100")
def membership(
    targets: Annotated[int, typer.Option(min=4, max=100, help="Authors of the demo model that are registered.")] = 50,
    names: Annotated[int, typer.Option(min=4, help="Made-up names beside them.")] = 50,
    seed: Annotated[int, typer.Option(help="Another seed draws other targets, names and orders.")] = 0,
    json: JsonOption = False,
) -> None:
    """Measure whether an abstention tells that its subject is registered, on the demo model.

    Targets and names that nobody bears are asked about in the same words. Attackers try to tell the two apart, by the
    words of the answers or by the time that they take, and are tested on names that they were not trained on: with the
    phrases that come with the package, with abstentions collected from the model, and with collected ones that take as
    long as the model's own. Some minutes; what else the machine does meanwhile shows in the times of both.
    """
    from ..evals import run_membership

    _show(run_membership(targets, names, seed=seed, progress=err.is_terminal), json=json)


@app.command(epilog="Example: expunge eval agents --targets 20 --targets 1000 --exchanges 8")
def agents(
    targets: Annotated[list[int], typer.Option(min=8, help="Targets of a register; may be repeated.")] = [20, 1_000],  # noqa: B006
    exchanges: Annotated[int, typer.Option(min=1, help="Exchanges of each kind; past 24 they come again.")] = 24,
    policy: Annotated[Literal["ours", "alu"] | None, typer.Option(help="Who guards; by default both in turn.")] = None,
    json: JsonOption = False,
) -> None:
    """Count the requests and the prompt tokens that agents with a model take for an exchange.

    A server on this machine answers for the wrapped model and for the agents' model, which is always right, and counts
    what it is asked; beside ours, the agents after ALU. Exchanges touch no target; ask for one for sure; may ask for
    one, misspelt, described or by half of its name; or have an answer that names one in passing, which is to be
    rewritten. Targets that never come into doubt have a name alone; 100,000 take a minute. ALU, whose every prompt
    names all targets, is left out of registers of more than 1,000.
    """
    from ..evals import run_agents

    _show(run_agents(targets, exchanges, policy=policy, progress=err.is_terminal), json=json)


@app.command(epilog="Example: expunge eval audit --exchanges 5000")
def audit(
    exchanges: Annotated[int, typer.Option(min=100, help="Exchanges of the log.")] = 100_000,
    targets: Annotated[int, typer.Option(min=1, help="Targets of the register.")] = 1_000,
    workers: Annotated[int, typer.Option(min=1, help="Processes that judge.")] = 2,
    sample: Annotated[int, typer.Option(min=1, help="Exchanges that the other ways are measured on.")] = 2_000,
    duplicates: Annotated[
        float, typer.Option(min=0, max=0.99, help="About which share of the log repeats what came before.")
    ] = 0.0,
    engine: Annotated[
        Literal["local", "ray"], typer.Option(help="Judge on this machine, or on a Ray cluster started for it.")
    ] = "local",
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Measure an audit of a log: its speed, its memory, and what it finds of what was planted there.

    The log is made of real prompts and of benchmarks' questions and answers, no exchange like another; one in a hundred
    discloses a made-up target: asked, unasked, or to a follow-up question. `expunge audit` is run on all of it in a
    process of its own. Then a sample goes through `Sanitizer.check`, one exchange at a time, and through Presidio in
    batches, with the names as its deny list. 100,000 exchanges take many minutes.
    """
    from ..evals import run_audits

    report = run_audits(
        exchanges,
        targets,
        data=_data_folder(data),
        workers=workers,
        sample=sample,
        duplicates=duplicates,
        engine=engine,
        progress=err.is_terminal,
    )
    _show(report, json=json)


def _show(report: "Report", *, json: bool) -> None:
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
