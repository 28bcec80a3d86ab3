"""Jobs in processes of their own: they outlive who asked, are killed and cancelled, and train over several at once."""

import json
import os
import signal
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import psutil
import pytest
from expunge import Job, unlearn
from expunge.cli import app
from expunge.errors import PrerequisiteError, WrongStage
from expunge.jobs.handle import list_jobs
from expunge.jobs.launching import stop
from expunge.models import DEMO
from expunge.models.checkpoint import load_checkpoint
from expunge.unlearning.encoding import Encoder
from expunge.unlearning.examples import Example
from torch import Tensor
from typer.testing import CliRunner

PATIENCE_S = 240.0  # machines that run several things at once
ENDLESS = {"max_steps": 1_000_000, "batch_size": 1, "save_every": 20, "learning_rate": 1e-6}
TOKENS = 12  # of the demo model's answers, those of 149 facts
CALLER = """
import json, sys, time
from expunge import unlearn
print(unlearn(**json.load(sys.stdin)).id, flush=True)
time.sleep(600)
"""


@pytest.fixture
def asked(store_path: Path, forget: list[Example], retain: list[Example]) -> Iterator[dict[str, Any]]:
    """A job that has much to do, as JSON holds it; what is left of it in the end is ended."""
    yield {
        "model": str(DEMO),
        "forget": [each.model_dump() for each in forget[:2]],
        "retain": [each.model_dump() for each in retain[:2]],
        "training": ENDLESS,
        "attacks": [],
        "store": str(store_path),
        "yes": True,
        "plan": {"device": "cpu", "limit": 2},
    }
    for record in list_jobs(store_path):
        if record.engine == "process":
            stop(record)


def until(holds: Callable[[], object], job: Job) -> None:
    deadline = monotonic() + PATIENCE_S
    while not holds():
        assert monotonic() < deadline, (job, job.logs())
        sleep(0.05)


def test_a_job_outlives_who_asked_for_it_and_ends_where_it_is_cancelled(
    asked: dict[str, Any], store_path: Path
) -> None:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", CALLER], **pipes, start_new_session=True) as caller:  # type: ignore[call-overload]
        caller.stdin.write(json.dumps(asked))
        caller.stdin.close()
        job = Job(store_path, caller.stdout.readline().strip())
        os.killpg(caller.pid, signal.SIGKILL)  # as a terminal that is closed
    until(job.checkpoints, job)
    assert job.alive
    assert (job.status, job.stage) == ("running", "train")
    with pytest.raises(WrongStage, match="is running"):
        job.resume()
    job.cancel()
    assert job.wait(PATIENCE_S).status == "cancelled", job.logs()
    until(lambda: not job.alive, job)
    assert job.result is None
    assert job.events()[-1].message == "Cancelled."


def test_a_job_whose_process_is_killed_is_gone_and_comes_to_its_end_when_it_is_resumed(
    asked: dict[str, Any], store_path: Path
) -> None:
    job = unlearn(**{**asked, "training": {**ENDLESS, "max_steps": 120}})
    until(job.checkpoints, job)
    os.kill(int(job.record.handle), signal.SIGKILL)
    until(lambda: not job.alive, job)
    assert (job.status, job.stage, job.waiting) == ("running", "train", False)
    assert job.wait(0.1).status == "running"  # nobody waits for what is gone
    shown = CliRunner().invoke(app, ["jobs", "list", "--store", str(store_path)])
    assert " gone " in shown.stdout
    assert f"expunge jobs resume {job.id}" in shown.stderr
    job.resume()
    record = job.wait(PATIENCE_S)
    assert (record.status, record.stage) == ("succeeded", "done"), (record.error, job.logs())
    assert any(event.message.startswith("Going on from step") for event in job.events())
    assert job.logs() == ""
    assert job.result is not None


def of_one_length(facts: list[dict[str, Any]]) -> list[Example]:
    """Return facts whose answers have the same number of tokens: means over two batches are that of both together."""
    encoder = Encoder(load_checkpoint(DEMO, "cpu").tokenizer)
    examples = [Example(prompt=fact["questions"][0], answer=fact["answer"]) for fact in facts[:400]]
    return [each for each in examples if len(encoder.encode(each.prompt, each.answer).answer) == TOKENS]


def weights(job: Job) -> dict[str, Tensor]:
    assert job.status == "succeeded", (job.record.error, job.logs())
    return dict(load_checkpoint(Path(job.record.result), "cpu").model.named_parameters())


def farthest(one: dict[str, Tensor], other: dict[str, Tensor]) -> float:
    return max(float((weight - other[name]).detach().abs().max()) for name, weight in one.items())


def test_two_processes_come_to_what_one_comes_to_with_batches_twice_as_large(
    create: Callable[..., Job], run: Callable[[Job], Job], facts: list[dict[str, Any]]
) -> None:
    examples = of_one_length(facts)
    sets = {"forget": examples[:8], "retain": examples[8:16], "plan": {"device": "cpu", "limit": 2}}
    training = {"max_steps": 3, "learning_rate": 1e-3}

    def trained(**how: int) -> dict[str, Tensor]:
        return weights(run(create(**sets, training={**training, **how})))

    both = trained(processes=2, batch_size=2)
    assert farthest(both, trained(batch_size=4)) < 1e-4  # the files' float16 rounds to 3e-5
    assert farthest(both, trained(batch_size=2)) > 1e-3


def test_numbers_that_are_none_in_one_of_two_processes_are_told(
    create: Callable[..., Job], run: Callable[[Job], Job]
) -> None:
    training = {"max_steps": 40, "batch_size": 2, "learning_rate": 1e30, "clip": 1e30, "save_every": 1, "processes": 2}
    job = run(create(method="grad_ascent", training=training, plan={"device": "cpu"}))
    assert job.status == "failed"
    assert job.record.error is not None
    assert job.record.error.code == "training_diverged"
    assert job.result is None
    assert not [process for process in psutil.process_iter(["cmdline"]) if job.id in (process.info["cmdline"] or ())]


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """The address of the job server of a Ray cluster on this machine."""
    reason = "Ray's job server needs pip install 'expunge[ray]'"
    pytest.importorskip("ray.dashboard.optional_deps", reason=reason, exc_type=ImportError)
    import ray

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Ray's own
        ray.shutdown()  # what another test of this process may have started
        context = ray.init(
            include_dashboard=True, num_cpus=2, dashboard_host="127.0.0.1", configure_logging=False, log_to_driver=False
        )
        yield f"http://{context.dashboard_url}"
        ray.shutdown()


@pytest.mark.filterwarnings("ignore")
def test_a_cluster_runs_a_job(cluster: str, asked: dict[str, Any]) -> None:
    plan = {**asked["plan"], "ray_address": cluster}
    job = unlearn(**{**asked, "training": {**ENDLESS, "max_steps": 2}, "engine": "ray", "plan": plan})
    assert job.alive
    assert job.record.handle.startswith("raysubmit_")
    record = job.wait(PATIENCE_S)
    assert (record.status, record.stage) == ("succeeded", "done"), record.error
    until(lambda: not job.alive, job)
    assert job.report is not None


@pytest.mark.filterwarnings("ignore")
def test_a_cluster_that_does_not_answer_is_told(asked: dict[str, Any]) -> None:
    with pytest.raises(PrerequisiteError, match="cannot be reached") as raised:
        unlearn(**{**asked, "engine": "ray", "plan": {"ray_address": "http://127.0.0.1:9"}})
    assert "ray start --head" in str(raised.value.fix)
