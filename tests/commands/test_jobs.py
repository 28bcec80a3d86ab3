"""`expunge jobs`, from asking for a job to using its model; what a job's process does is done here, at once."""

import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch
from expunge.jobs.working import work
from expunge.models import DEMO
from expunge.stores.jobs import Jobs, jobs_folder
from expunge.tests.commands.conftest import Expunge, Outcome
from expunge.unlearning.adapters import ADAPTERS
from expunge.unlearning.attacks import ATTACKS
from expunge.unlearning.edits import EDITS
from expunge.unlearning.losses import LOSSES
from expunge.unlearning.selectors import SELECTORS
from safetensors.torch import load_file

FACTS = [json.loads(line) for line in (DEMO / "facts.jsonl").read_text("utf-8").splitlines()]
AUTHORS = [fact for fact in FACTS if fact["kind"] == "author"]
SECRET = AUTHORS[-1]["subject"]
BARELY = ("training.max_steps=2", "training.batch_size=2", "training.learning_rate=1e-6")
"""So little that nothing is forgotten."""

ON_ONE = ("show", "events", "logs", "approve", "resume", "cancel", "promote", "rollback", "delete")
"""The commands on one job."""


class Files(NamedTuple):
    forget: Path
    retain: Path


Create = Callable[..., Outcome]

PARAPHRASE = ATTACKS["paraphrase"].title


def line(fact: dict[str, Any], **more: str) -> str:
    asked = {"prompt": fact["questions"][0], "answer": fact["answer"], "paraphrases": fact["held_out"][:1]}
    return json.dumps({**asked, **more})


def settings(*values: str) -> list[str]:
    return [part for value in values for part in ("--set", value)]


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EXPUNGE_KEY", raising=False)
    torch.set_num_threads(1)


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do in this process what a job's own would do."""
    for module in ("creating", "handle"):
        monkeypatch.setattr(
            import_module(f"expunge.jobs.{module}"), "launch", lambda jobs, job, store, key=None: work(store, job)
        )


@pytest.fixture
def idle(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start nothing."""
    for module in ("creating", "handle"):
        monkeypatch.setattr(import_module(f"expunge.jobs.{module}"), "launch", lambda *_: None)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    forget, retain = tmp_path / "forget.jsonl", tmp_path / "retain.jsonl"
    forget.write_text("\n".join(map(line, AUTHORS[-2:])), "utf-8")
    retain.write_text("\n".join(map(line, AUTHORS[:4])), "utf-8")
    return Files(forget, retain)


@pytest.fixture
def create(expunge: Expunge, files: Files) -> Create:
    """Asks for a job that takes a second."""

    def ask(*args: str | Path, model: Path = DEMO) -> Outcome:
        sets = ("--forget", files.forget, "--retain", files.retain)
        return expunge("jobs", "create", model, *sets, "--attack", "paraphrase", *settings(*BARELY), *args)

    return ask


def created(outcome: Outcome) -> str:
    assert outcome.code == 0, outcome.err
    return outcome.out.strip()


def refused(outcome: Outcome, says: str) -> None:
    """The command could not do its work, says why, and on a line of its own what to do; and quotes no example."""
    assert (outcome.code, outcome.out) == (2, "")
    told = " ".join(outcome.err.split())
    assert says in told
    assert outcome.err.startswith("error: ")
    assert "Traceback" not in told
    assert SECRET not in told


def test_help_lists_the_commands_and_loads_nothing_heavy(expunge: Expunge) -> None:
    shown = expunge("jobs", "--help").out
    for command in ("create", "methods", "suggest", "list", *ON_ONE):
        assert f"│ {command} " in shown
    assert "│ work " not in shown
    heavy = {"torch", "transformers", "chromadb", "langgraph", "matplotlib"}
    code = f"""
import sys
from expunge.cli import app
app(["jobs", "create", "--help"], standalone_mode=False)
assert not {heavy} & set(sys.modules)
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    said = " ".join(ran.stdout.replace("│", " ").split())
    for words in ("it is never changed", "waits for expunge jobs approve", "suppression: the weights still know"):
        assert words in said


def test_methods_are_listed_with_what_they_take_and_claim(expunge: Expunge) -> None:
    described = {method["name"]: method for method in expunge("jobs", "methods", "--json").data}
    assert described.keys() == {*LOSSES, *SELECTORS, *EDITS, *ADAPTERS}
    assert {name for name, method in described.items() if method["level"] == "suppression"} == set(ADAPTERS)
    assert described["npo"]["needs"] == "a retain set"
    assert described["npo"]["options"]["beta"] > 0
    assert all(method["title"] and method["source"] and method["options"] for method in described.values())
    shown = expunge("jobs", "methods").out
    assert all(f"{name} " in shown for name in described)
    assert all(len(row) <= 80 for row in shown.splitlines())


@pytest.mark.usefixtures("here")
def test_a_job_waits_is_approved_and_is_shown(expunge: Expunge, create: Create) -> None:
    asked = create()
    job = created(asked)
    assert f"expunge jobs approve {job}" in asked.err
    assert "waits for approval" in expunge("jobs", "show", job).out
    known = [event["id"] for event in expunge("jobs", "events", job, "--json").data]
    assert "expunge jobs events" in expunge("jobs", "approve", job).err
    refused(expunge("jobs", "approve", job), "does not wait for approval")

    shown = expunge("jobs", "show", job)
    for words in ("succeeded", "2 forget", "4 retain", "nothing: it did not hold", PARAPHRASE, "report.html"):
        assert words in shown.out
    told = expunge("jobs", "show", job, "--json").data
    assert (told["status"], told["held"], told["waiting"], told["alive"]) == ("succeeded", False, False, False)
    assert told["approved_by"]
    assert told["report"]["judgement"]["held"] is False
    assert "samples" not in told["report"]
    for text in (shown.out, json.dumps(told)):
        assert SECRET not in text

    [listed] = expunge("jobs", "list", "--json").data
    assert (listed["id"], listed["status"]) == (job, "succeeded")
    row = expunge("jobs", "list").out.splitlines()[-1]
    assert [word for word in row.split() if word in (job, "demo", "npo", "succeeded", "done", "no")] == [
        job, "demo", "npo", "succeeded", "done", "no"
    ]  # fmt: skip

    later = expunge("jobs", "events", job, "--after", str(known[-1]), "--json").data
    assert later[0]["message"].startswith("Approved by")
    assert any(event["data"].get("loss") for event in later)
    followed = expunge("jobs", "events", job, "--follow", "--after", str(known[-1])).out
    assert "Approved by" in followed
    assert "Created" not in followed
    assert "did not hold; worst recall" in followed
    assert "Step 2 of 2 (loss" in expunge("jobs", "events", job).out
    assert expunge("jobs", "logs", job).code == 0


@pytest.mark.usefixtures("here")
def test_what_a_job_printed_is_shown_from_its_end(expunge: Expunge, create: Create, register: Path) -> None:
    job = created(create())
    (jobs_folder(register) / job / "log.txt").write_text("first\n\x1b[2Jsecond\nthird\n", "utf-8")
    assert expunge("jobs", "logs", job, "--lines", "2").out == "\N{REPLACEMENT CHARACTER}[2Jsecond\nthird\n"


@pytest.mark.usefixtures("here")
def test_a_model_is_promoted_by_force_and_taken_back(expunge: Expunge, create: Create, register: Path) -> None:
    asked = create("--yes", "--wait", "--json")
    job, result = asked.data["id"], asked.data["result"]
    assert "Step 2 of 2" in asked.err
    refused(expunge("jobs", "promote", job, "--force"), "Nobody is here to be asked")
    refused(expunge("jobs", "promote", job, "--yes"), "did not hold")
    link = Path(created(expunge("jobs", "promote", job, "--force", "--yes")).replace("\n", ""))
    assert link == register / "promoted" / "demo"
    assert link.resolve() == Path(result)
    assert "promoted" in expunge("jobs", "list").out
    assert "promoted" in expunge("jobs", "show", job).out
    assert Path(created(expunge("jobs", "rollback", job)).replace("\n", "")).resolve() == DEMO.resolve()
    refused(expunge("jobs", "rollback", job), "not promoted")


@pytest.mark.usefixtures("here")
def test_a_job_is_cancelled_for_good(expunge: Expunge, create: Create) -> None:
    job = created(create())
    assert expunge("jobs", "cancel", job).err == "Cancelled.\n"
    refused(expunge("jobs", "cancel", job), "cannot be cancelled")
    refused(expunge("jobs", "resume", job), "'cancelled'")
    refused(expunge("jobs", "approve", job), "does not wait")
    assert expunge("jobs", "show", job, "--json").data["report"] is None


@pytest.mark.usefixtures("here")
def test_an_edit_is_undone_byte_for_byte(expunge: Expunge, files: Files, tmp_path: Path) -> None:
    sets = ["--forget", str(files.forget), "--retain", str(files.retain)]
    asked = ["--method", "ssd", "--set", "alpha=1", "--attack", "paraphrase", "--yes", "--json"]
    job = expunge("jobs", "create", DEMO, *sets, *asked).data
    result = Path(job["result"]) / "model.safetensors"
    assert result.read_bytes() != (DEMO / "model.safetensors").read_bytes()
    assert expunge("jobs", "revert", job["id"], "--out", tmp_path / "undone").code == 0
    weights = [load_file(folder / "model.safetensors") for folder in (tmp_path / "undone", DEMO)]
    assert weights[0].keys() == weights[1].keys()
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[1])


@pytest.mark.usefixtures("here")
def test_a_job_that_has_ended_is_deleted(expunge: Expunge, create: Create, register: Path) -> None:
    job = created(create())
    refused(expunge("jobs", "delete", job, "--yes"), "cannot be deleted")
    expunge("jobs", "cancel", job)
    refused(expunge("jobs", "delete", job), "--yes")
    assert expunge("jobs", "delete", job, "--yes").code == 0
    assert expunge("jobs", "list", "--json").data == []
    assert not (jobs_folder(register) / job).exists()


@pytest.mark.usefixtures("here")
def test_a_job_that_failed_says_why_and_is_resumed(
    expunge: Expunge, create: Create, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError(SECRET)

    with monkeypatch.context() as broken:
        broken.setattr("expunge.jobs.stages.make", fail)
        failed = create("--yes", "--wait")
    assert failed.code == 2
    assert "error: RuntimeError." in failed.err
    assert SECRET not in failed.out + failed.err
    [job] = [record["id"] for record in expunge("jobs", "list", "--json").data]
    assert "error       RuntimeError." in expunge("jobs", "show", job).out
    resumed = expunge("jobs", "resume", job, "--follow")
    assert resumed.code == 1  # it did not hold
    assert "did not hold; worst recall" in resumed.out
    refused(expunge("jobs", "resume", job), "nothing to go on with")


@pytest.mark.usefixtures("idle")
def test_a_job_that_no_process_works_on_is_told(expunge: Expunge, create: Create) -> None:
    job = created(create("--yes"))
    listed = expunge("jobs", "list")
    assert " gone " in listed.out
    assert f"expunge jobs resume {job}" in listed.err
    assert "no process works on it" in expunge("jobs", "show", job).out
    followed = expunge("jobs", "events", job, "--follow")
    assert followed.code == 2
    assert f"Run: expunge jobs resume {job}" in followed.err


@pytest.mark.usefixtures("here")
def test_a_registered_target_is_forgotten_and_tells_which_job_did_it(expunge: Expunge, register: Path) -> None:
    texts = [f"{fact['questions'][0]} {fact['answer']}" for fact in (*AUTHORS[-2:], AUTHORS[0])]
    added = expunge("targets", "add", SECRET, "--document", texts[0], "--document", texts[1], "--keep", texts[2])
    assert added.code == 0, added.err
    [target] = [target["id"] for target in expunge("targets", "list", "--json").data]
    record = expunge("jobs", "create", DEMO, "--forget", target, *settings(*BARELY), "--json").data
    assert record["targets"] == {target: 1}
    assert record["examples"] == {"forget": 2, "retain": 1}
    assert target in expunge("jobs", "show", record["id"]).out
    assert expunge("targets", "show", target, "--json").data["jobs"] == []
    with closing(Jobs(jobs_folder(register))) as jobs:
        jobs.cover(record["id"], {target: 1})  # as a job does that held
    assert expunge("targets", "show", target, "--json").data["jobs"] == [
        {"target": target, "job": record["id"], "version": 1}
    ]
    assert record["id"] in expunge("targets", "show", target).out


@pytest.mark.usefixtures("idle")
def test_a_proposal_of_jobs_suggest_is_a_folder_to_forget(expunge: Expunge, tmp_path: Path) -> None:
    folder = tmp_path / "proposal"
    folder.mkdir()
    (folder / "job.json").write_text("{}", "utf-8")
    (folder / "forget.jsonl").write_text(line(AUTHORS[-1], target="tgt_0123456789abcdef", source="log"), "utf-8")
    (folder / "retain.jsonl").write_text(line(AUTHORS[0], target="", source="keep"), "utf-8")
    record = expunge("jobs", "create", DEMO, "--forget", folder, "--json").data
    assert record["examples"] == {"forget": 1, "retain": 1}
    assert record["targets"] == {}  # the register does not know it


@pytest.mark.usefixtures("idle")
def test_options_are_set_by_name(create: Create) -> None:
    given = (
        "beta=0.2",
        "retain_loss=kl",
        "selector.keep=0.8",
        "training.betas=[0.8, 0.99]",
        "training.schedule=linear",
        "attacks.steps=3",
        "attacks.learning_rate=1e-4",
        "sweep.strengths=[0.5, 2]",
    )
    record = create(*settings(*given), "--selector", "wagle", "--epochs", "1.5", "--seed", "7", "--json").data
    recipe, plan = record["recipe"], record["plan"]
    assert recipe["options"] == {"beta": 0.2, "retain_loss": "kl"}
    assert (recipe["selector"], recipe["selector_options"], recipe["seed"]) == ("wagle", {"keep": 0.8}, 7)
    training = {
        name: recipe["training"][name] for name in ("learning_rate", "betas", "schedule", "epochs", "max_steps")
    }
    assert training == {
        "learning_rate": 1e-6,
        "betas": [0.8, 0.99],
        "schedule": "linear",
        "epochs": 1.5,
        "max_steps": 2,
    }
    assert {name: float(value) for name, value in plan["attack_settings"].items()} == {
        "steps": 3,
        "learning_rate": 1e-4,
    }
    assert (plan["attacks"], plan["approval"]) == (["paraphrase"], True)
    assert plan["sweep"] == {"learning_rates": [], "strengths": [0.5, 2.0]}


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("beta", "'beta' sets nothing"),
        ("=3", "'=3' sets nothing"),
        ("training.=3", "sets nothing"),
        ("weather.rain=1", "sets nothing"),
        ("beta=-1", "The option 'beta' of 'npo'"),
        ("beta=[", "The option 'beta' of 'npo'"),
        ("betta=1", "It has these options: "),
        ("training.epoch=1", "'epoch' of the training"),
        ("training.max_steps=1e-4", "'max_steps' of the training"),
        ("selector.keep=0.5", "no selector"),
    ],
)
def test_options_that_are_none_are_refused(create: Create, register: Path, given: str, says: str) -> None:
    refused(create("--set", given), says)
    assert not register.exists() or not list(jobs_folder(register).glob("job_*"))


@pytest.mark.usefixtures("idle")
def test_what_cannot_be_worked_on_is_refused(expunge: Expunge, create: Create, files: Files, tmp_path: Path) -> None:
    refused(create(model=tmp_path), "There is no model")
    refused(create("--method", "magic"), "There is no method 'magic'")
    refused(create("--attack", "magic"), "There is no attack 'magic'")
    refused(create("--control", tmp_path), "There is no model")
    create_with = ("jobs", "create", DEMO, "--forget")
    refused(expunge(*create_with, tmp_path / "nowhere.jsonl"), "cannot be read")
    refused(expunge(*create_with, files.forget), "needs a retain set")
    refused(expunge(*create_with, files.forget, "--retain", files.forget), "in the set 'retain' too")
    refused(expunge(*create_with, "tgt_0123456789abcdef"), "tgt_0123456789abcdef")
    refused(expunge(*create_with, DEMO), "There is no forget.jsonl")
    files.forget.write_text(f'{line(AUTHORS[-1])}\n{{"prompt": "{SECRET}?"}}', "utf-8")
    refused(create(), "line 2")
    files.forget.write_text(f'{{"prompt": "{SECRET}', "utf-8")
    refused(create(), "line 1")


@pytest.mark.filterwarnings("ignore")  # Ray's own
def test_a_job_whose_cluster_does_not_answer_is_kept(expunge: Expunge, create: Create) -> None:
    pytest.importorskip("ray.job_submission", reason="--engine ray needs pip install 'expunge[ray]'")
    refused(create("--engine", "ray", "--ray-address", "http://127.0.0.1:9"), "ray start --head")
    [record] = expunge("jobs", "list", "--json").data
    assert record["status"] == "failed"
    assert "cannot be reached" in expunge("jobs", "show", record["id"]).out


@pytest.mark.usefixtures("idle")
def test_a_job_that_nobody_asked_for_is_told(expunge: Expunge, create: Create) -> None:
    refused(expunge("jobs", "list"), "There are no jobs")
    refused(expunge("jobs", "show", "job_0"), "There are no jobs")
    created(create())
    for command in (*ON_ONE, "work"):
        refused(expunge("jobs", command, "job_0"), "'job_0'")


def test_a_package_that_is_missing_is_named(files: Files, register: Path) -> None:
    code = f"""
import sys
sys.modules["torch"] = None
sys.argv = ["expunge", "jobs", "create", {str(DEMO)!r}, "--forget", {str(files.forget)!r}]
from expunge.cli import main
main()
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 2
    assert "Run: pip install 'expunge[unlearn]'" in ran.stderr
    assert "Traceback" not in ran.stderr
