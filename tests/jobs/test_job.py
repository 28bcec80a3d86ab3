"""A job from its beginning to its end, and what is done with it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from expunge import Job, Target, TargetStore, wrap
from expunge.errors import InputError, PrerequisiteError, UnknownJob, WrongStage
from expunge.jobs.handle import list_jobs
from expunge.jobs.room import Room
from expunge.models import DEMO
from expunge.models.checkpoint import load_checkpoint
from expunge.unlearning.edits.delta import Delta
from expunge.unlearning.examples import Example
from expunge.unlearning.report.manifest import digest_folder, verify_manifest

Create = Callable[..., Job]
Run = Callable[[Job], Job]


def test_a_job_makes_another_model_with_a_report_and_leaves_the_one_given_as_it_is(create: Create, run: Run) -> None:
    before = digest_folder(DEMO)
    job = create(who="ann", attacks=["paraphrase"], control=DEMO.parent / "demo-control")
    assert job.status == "validating_files"
    run(job)
    record = job.record
    assert (record.status, record.stage, record.error, record.by) == ("succeeded", "done", None, "ann")
    assert (record.held, record.level) == (False, "")  # steps as small as these take nothing out: it claims nothing
    assert digest_folder(DEMO) == before
    made = load_checkpoint(Path(record.result), "cpu").model
    assert made.num_parameters() == load_checkpoint(DEMO, "cpu").model.num_parameters()
    report = job.report
    assert report is not None
    assert [attack.attack for attack in report.attacks] == ["direct", "paraphrase"]
    assert {timing.stage for timing in report.timings} == {"collect", "train", "evaluate", "attack"}
    manifest = verify_manifest(job.folder)
    assert manifest.method == "npo"
    assert {digest.name for digest in manifest.model} >= {"config.json", "model.safetensors", "tokenizer.json"}
    assert all(digest in before for digest in manifest.model)
    assert not Room(job.folder).training.exists()
    messages = [event.message for event in job.events()]
    assert messages[0] == "Created, by ann."
    assert any(event.data.get("loss") for event in job.events())


def test_no_text_of_an_example_lies_in_the_jobs_folder_unless_it_is_to_be_revealed(
    create: Create, run: Run, forget: list[Example]
) -> None:
    secret = forget[0].answer.split()[1]  # a family name
    job = run(create())
    holding = [path.name for path in job.folder.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()]
    assert holding == []
    revealing = run(create(plan={"reveal": True}))
    assert secret in (Room(revealing.folder).report / "report.html").read_text(encoding="utf-8")


def test_a_job_waits_for_a_person_who_is_noted(create: Create, run: Run) -> None:
    job = run(create(yes=False))
    assert job.waiting
    assert (job.status, job.stage) == ("queued", "approve")
    assert job.result is None
    with pytest.raises(WrongStage, match="waits for approval"):
        job.resume()
    run(job)  # nobody agreed: nothing happens
    assert job.waiting
    job.approve("ann")
    run(job)
    assert (job.status, job.record.approved_by) == ("succeeded", "ann")
    with pytest.raises(WrongStage, match="does not wait"):
        job.approve("bob")


def test_a_job_that_waits_is_cancelled_at_once_and_for_good(create: Create, run: Run) -> None:
    job = run(create(yes=False))
    job.cancel()
    assert job.status == "cancelled"
    for undone in (job.cancel, job.resume):
        with pytest.raises(WrongStage):
            undone()
    with pytest.raises(WrongStage):
        job.approve("ann")
    run(job)
    assert job.result is None


def test_a_job_that_is_to_end_does_so_at_its_next_step(
    create: Create, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("expunge.jobs.telling.EVERY_S", 0.0)
    job = create(training={"max_steps": 200, "batch_size": 4, "save_every": 3})

    def cancel(self: object, *_: object) -> None:
        job._jobs.change(job.id, cancelling=True)

    monkeypatch.setattr("expunge.jobs.telling.Telling.checkpoint", cancel)
    run(job)
    assert job.status == "cancelled"
    assert job.result is None


def test_a_job_that_ended_holds_no_examples_any_more(create: Create, run: Run) -> None:
    done, waiting = run(create()), run(create(yes=False))
    assert not Room(done.folder).corpus.exists()
    assert Room(waiting.folder).corpus.exists()
    waiting.cancel()
    assert not Room(waiting.folder).corpus.exists()
    waiting.delete()
    assert not waiting.folder.exists()


def test_a_job_that_cannot_be_started_says_so_and_has_failed(
    create: Create, store_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise PrerequisiteError("There is no cluster.", fix="Start one.")

    monkeypatch.setattr("expunge.jobs.creating.launch", fail)
    with pytest.raises(PrerequisiteError):
        create()
    [record] = list_jobs(store_path)
    assert record.status == "failed"
    assert record.error is not None
    assert record.error.code == PrerequisiteError.code


def test_a_model_that_a_job_made_can_be_worked_on_and_goes_by_the_first_ones_name(create: Create, run: Run) -> None:
    first = run(create())
    second = run(create(model=first.promote(force=True), seed=1))
    assert second.record.model == first.record.result
    assert (second.record.name, second.record.origin) == ("demo", str(DEMO.resolve()))
    link = second.promote(force=True)
    assert link.name == "demo"
    assert link.resolve() == Path(second.record.result)
    assert second.rollback().resolve() == Path(first.record.result)


def test_what_comes_into_use_is_what_was_judged(create: Create, run: Run) -> None:
    job = run(create())
    with (Path(job.record.result) / "config.json").open("a", encoding="utf-8") as file:
        file.write(" ")
    with pytest.raises(InputError, match="config"):
        job.promote(force=True)


def test_promotion_is_a_link_that_leads_to_the_latest_and_back(create: Create, run: Run, store_path: Path) -> None:
    first, second = run(create()), run(create(seed=1))
    with pytest.raises(WrongStage, match="did not hold"):
        first.promote()
    assert not (store_path / "promoted").exists()
    link = first.promote(force=True)
    assert link == store_path / "promoted" / "demo"
    assert link.resolve() == Path(first.record.result)
    second.promote(force=True)
    assert link.resolve() == Path(second.record.result)
    second.rollback()
    assert link.resolve() == Path(first.record.result)
    first.rollback()
    assert link.resolve() == DEMO.resolve()
    with pytest.raises(WrongStage, match="not promoted"):
        first.rollback()


def test_an_edit_keeps_what_undoes_it_exactly(create: Create, run: Run) -> None:
    job = run(create(method="ssd", options={"alpha": 1.0}, training={"batch_size": 8}))
    assert job.status == "succeeded", job.record.error
    given = load_checkpoint(DEMO, "cpu", "float16").model
    made = load_checkpoint(Path(job.record.result), "cpu", "float16").model
    assert any(not torch.equal(one, other) for one, other in zip(given.parameters(), made.parameters(), strict=True))
    Delta.load(Room(job.folder).delta).apply(made)
    for one, other in zip(given.parameters(), made.parameters(), strict=True):
        assert torch.equal(one.view(torch.int16), other.view(torch.int16))


def test_a_sweep_tries_all_points_and_takes_the_best(create: Create, run: Run) -> None:
    grid = {"learning_rates": [1e-5, 3e-3], "strengths": [1.0]}
    job = run(create(sweep=grid, training={"max_steps": 12, "batch_size": 8}))
    assert job.status == "succeeded", job.record.error
    report = job.report
    assert report is not None
    assert [point.learning_rate for point in report.sweep] == [1e-5, 3e-3]
    assert [point.chosen for point in report.sweep].count(True) == 1
    assert all(point.forget is not None for point in report.sweep)
    assert not Room(job.folder).training.exists()


def test_targets_of_the_register_are_covered_where_the_job_held_and_the_wrapper_says_so(
    create: Create, run: Run, store_path: Path, facts: list[dict[str, Any]], retain: list[Example]
) -> None:
    author = [fact for fact in facts if fact["subject"] == "Silas Barlock" and fact["kind"] == "author"]
    documents = [f"{fact['questions'][0]} {fact['answer']}" for fact in author]
    with TargetStore(store_path) as store:
        target = store.add(Target(name="Silas Barlock", documents=documents))
        job = create(
            forget=target,
            store=store,
            options={"retain_loss": "kl"},
            training={"max_steps": 60, "batch_size": 8, "learning_rate": 1e-3},
            attacks=["relearn_half"],
            plan={"keep": 0.5, "tolerance": 0.5},
        )
        run(job)
        assert job.record.held, job.report
        assert job.record.targets == {target.id: 1}
        chat = wrap(job.record.result, store)
        told = chat.invoke("Where was Silas Barlock born?").response_metadata["expunge"]
        assert told["targets"] == [target.id]
        assert told["weights"] == {target.id: job.id}
        assert told["level"] == "suppression"
        bare = wrap("demo", store)
        assert "weights" not in bare.invoke("Where was Silas Barlock born?").response_metadata["expunge"]
        store.update(target.id, documents=[*documents, "Silas Barlock lived in Rome."])
        later = wrap(job.record.result, store)
        assert "weights" not in later.invoke("Where was Silas Barlock born?").response_metadata["expunge"]


def test_a_job_is_found_again_by_its_id(create: Create, store_path: Path) -> None:
    job = create()
    assert Job(store_path, job.id).record == job.record
    assert [record.id for record in list_jobs(store_path)] == [job.id]
    with pytest.raises(UnknownJob):
        Job(store_path, "job_none")


def test_a_model_that_is_changed_meanwhile_fails_the_job(create: Create, run: Run, tmp_path: Path) -> None:
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(DEMO, copy)
    job = create(model=copy, yes=False)
    run(job)
    (copy / "README.md").write_text("of no matter", encoding="utf-8")
    with (copy / "config.json").open("a", encoding="utf-8") as file:
        file.write(" ")
    job.approve("ann")
    run(job)
    assert job.status == "failed"
    assert job.record.error is not None
    assert "was changed while the job ran" in job.record.error.message
    assert json.loads(job.record.model_dump_json())["error"]["code"] == InputError.code
