"""What cannot be worked on is said before anything runs, and the model that was given stays as it is."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from expunge import Job, TargetStore
from expunge.errors import ExpungeError, InputError, ModelNotFound
from expunge.jobs.handle import list_jobs
from expunge.models import DEMO
from expunge.unlearning.examples import Example
from expunge.unlearning.report.manifest import digest_folder

Create = Callable[..., Job]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A copy of the demo model."""
    return Path(shutil.copytree(DEMO, tmp_path / "model", ignore=shutil.ignore_patterns("facts.jsonl")))


def refused(create: Create, store_path: Path, kind: type[ExpungeError], message: str, **asked: Any) -> ExpungeError:
    """Ask for a job that is refused: no job is left of it."""
    with pytest.raises(kind, match=message) as raised:
        create(**asked)
    assert raised.value.fix
    jobs = list_jobs(store_path) if (store_path / "jobs").exists() else []
    assert jobs == []
    return raised.value


def test_a_path_that_is_no_model(create: Create, store_path: Path, tmp_path: Path, model: Path) -> None:
    refused(create, store_path, ModelNotFound, "There is no model", model=tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    refused(create, store_path, ModelNotFound, "There is no model", model=tmp_path / "empty")
    refused(create, store_path, ModelNotFound, "There is no model", control=tmp_path / "empty")
    (model / "config.json").write_text('{"model_type": "of no such kind"}', encoding="utf-8")
    refused(create, store_path, ModelNotFound, "cannot be loaded", model=model)


def test_weights_that_are_damaged_fail_the_job_with_a_clear_error(
    create: Create, run: Callable[[Job], Job], model: Path
) -> None:
    (model / "model.safetensors").write_bytes(b"no weights")
    job = run(create(model=model))
    assert job.status == "failed"
    assert job.record.error is not None
    assert job.record.error.code == "model_not_found"


def test_a_tokenizer_without_a_chat_template(create: Create, store_path: Path, model: Path) -> None:
    (model / "chat_template.jinja").unlink()
    refused(create, store_path, InputError, "has no chat template", model=model)


@pytest.mark.parametrize(
    ("forget", "message"),
    [([], "empty"), ([{"prompt": "Who?", "answer": ""}], "answer"), ([{"prompt": "Who?"}], "answer")],
)
def test_a_forget_set_that_is_empty_or_lacks_answers(
    create: Create, store_path: Path, forget: list[Any], message: str
) -> None:
    refused(create, store_path, InputError, message, forget=forget)


def test_sets_that_overlap_are_refused_without_a_word_of_them(
    create: Create, store_path: Path, forget: list[Example], retain: list[Example]
) -> None:
    again = forget[3].model_copy(update={"prompt": forget[3].prompt.upper()})
    error = refused(create, store_path, InputError, "number 4 of the forget set", retain=[*retain, again])
    assert forget[3].answer not in str(error)
    assert forget[3].prompt.casefold() not in str(error).casefold()


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"method": "magic"}, "There is no method 'magic'"),
        ({"options": {"beta": -1}}, "The option 'beta' of 'npo'"),
        ({"options": {"betta": 1}}, "The option 'betta' of 'npo'"),
        ({"selector": "magic"}, "There is no selector 'magic'"),
        ({"selector": "seuf"}, "expert"),
        ({"selector": "wagle", "training": {"lora_rank": 4}}, "LoRA trains none"),
        ({"selector": "wagle", "training": {"weight_decay": 0.1}}, "decay"),
        ({"method": "ssd", "selector": "wagle", "training": {}}, "trains nothing"),
        ({"method": "ssd", "training": {"epochs": 3}}, "does not use the training's 'epochs'"),
        ({"training": {"epochs": 0}}, "'epochs' of the training"),
        ({"training": {"epoch": 1}}, "'epoch' of the training"),
        ({"plan": {"keep": 2}}, "'keep' of the plan"),
        ({"attacks": ["magic"]}, "magic"),
        ({"retain": []}, "needs a retain set"),
        ({"method": "wagle", "options": {"retain_loss": "none"}, "retain": []}, "needs a retain set"),
    ],
)
def test_what_does_not_go_together(create: Create, store_path: Path, asked: dict[str, Any], message: str) -> None:
    refused(create, store_path, InputError, message, **asked)


def test_a_method_that_needs_no_retain_set_does_without(create: Create) -> None:
    assert create(options={"retain_loss": "none"}, retain=[]).record.examples.keys() == {"forget"}


def test_numbers_that_are_none_stop_the_job_and_leave_the_last_good_checkpoint(
    create: Create, run: Callable[[Job], Job]
) -> None:
    before = digest_folder(DEMO)
    training = {"max_steps": 40, "batch_size": 4, "learning_rate": 1e30, "clip": 1e30, "save_every": 1}
    job = run(create(method="grad_ascent", training=training))
    assert job.status == "failed"
    assert job.record.error is not None
    assert job.record.error.code == "training_diverged"
    assert "last good checkpoint is kept" in job.record.error.message
    assert job.result is None
    assert digest_folder(DEMO) == before


@pytest.mark.skipif(os.geteuid() != 0 or not Path("/proc/mounts").exists(), reason="needs the right to mount a disk")
def test_a_full_disk_fails_the_job_and_it_goes_on_once_there_is_room(
    create: Create, run: Callable[[Job], Job], store_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import subprocess

    with TargetStore(store_path):
        (store_path / "jobs").mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=13m", "tmpfs", store_path / "jobs"], check=False)
    if mounted.returncode:
        pytest.skip("this machine lets nobody mount a disk")
    try:
        monkeypatch.setattr("expunge.unlearning.training.making.check_disk", lambda *_, **__: None)
        job = run(create(training={"max_steps": 6, "batch_size": 4, "save_every": 2, "learning_rate": 1e-6}))
        assert job.status == "failed"
        assert job.record.error is not None
        assert job.record.error.code == "disk_full"
        assert "resume" in job.record.error.message
        subprocess.run(["mount", "-o", "remount,size=99m", store_path / "jobs"], check=True)
        job.resume()
        assert run(job).status == "succeeded", job.record.error
    finally:
        subprocess.run(["umount", "-l", store_path / "jobs"], check=True)


def test_too_little_room_is_said_before_the_training(
    create: Create, run: Callable[[Job], Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Usage:
        free = 1000

    monkeypatch.setattr("expunge.unlearning.training.checkpoints.shutil.disk_usage", lambda _: Usage)
    job = run(create())
    assert job.status == "failed"
    assert job.record.error is not None
    assert "MiB for this job" in job.record.error.message


def test_an_error_of_another_kind_is_told_by_its_type_alone(
    create: Create, run: Callable[[Job], Job], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    secret = "the answer that nobody may read"

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError(secret)

    monkeypatch.setattr("expunge.jobs.stages.make", fail)
    job = run(create())
    assert job.record.error is not None
    assert job.record.error.code == "internal"
    told = job.record.model_dump_json() + json.dumps([event.message for event in job.events()])
    assert "RuntimeError" in told
    assert secret not in told + capfd.readouterr().err
