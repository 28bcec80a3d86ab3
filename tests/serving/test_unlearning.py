"""`/v1/unlearning/jobs`: in the shape of OpenAI's, for administrators, without a path or a word of any example."""

import json
import logging
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from expunge import Target, TargetStore
from expunge.jobs.working import work
from expunge.models import DEMO
from expunge.serving.app import create_app
from expunge.serving.job_places import without_folders
from expunge.serving.paging import cut
from expunge.serving.tenants import Tenants
from expunge.stores.access_keys import AccessKeys, tenant_folder
from expunge.stores.jobs import Failure, JobRecord, Jobs, jobs_folder
from expunge.tests.serving.loopback import serving
from expunge.unlearning.results import AttackResult, Evaluation, Judgement, Report, Sample, Scores
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from openai.types.fine_tuning import FineTuningJob, FineTuningJobEvent
from openai.types.fine_tuning.jobs import FineTuningJobCheckpoint

JOBS = "/v1/unlearning/jobs"
SECRET = "Zebulon Quist"
MODELS = {"demo": DEMO, "control": DEMO.with_name("demo-control")}
FACTS = [json.loads(line) for line in (DEMO / "facts.jsonl").read_text("utf-8").splitlines()]
FORGET = [{"prompt": f"Who is {SECRET}?", "answer": f"{SECRET} wrote Low Water.", "paraphrases": [f"{SECRET}?"]}]
RETAIN = [{"prompt": "Who is Ida Holm?", "answer": "Ida Holm wrote High Tide."}]
ACTIONS = ("approve", "cancel", "resume", "promote", "rollback")
VIEWS = ("", "/events", "/checkpoints", "/report")


class Office(NamedTuple):
    """A server with two tenants and the demo model, and keys to it."""

    client: TestClient
    tenants: Tenants
    admin: dict[str, str]
    plain: dict[str, str]
    stranger: dict[str, str]
    store: TargetStore

    @property
    def jobs(self) -> Jobs:
        return Jobs(jobs_folder(self.store.path))

    def get(self, path: str = "", **query: str | int) -> Any:
        return self.client.get(f"{JOBS}{path}", params=query, headers=self.admin)

    def post(self, path: str = "", body: object = None) -> Any:
        return self.client.post(f"{JOBS}{path}", json=body, headers=self.admin)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("office")
    with TargetStore(folder) as register, TargetStore(tenant_folder(folder, "other")):
        keys = AccessKeys(register)
        admin = keys.create("default", admin=True, label="the clerk")
        plain, stranger = keys.create("default"), keys.create("other", admin=True)
        keys.close()
    bearers = [{"Authorization": f"Bearer {key.secret}"} for key in (admin, plain, stranger)]
    with closing(Tenants(folder)) as tenants:
        store = tenants.open().store
        with TestClient(create_app(tenants, {}, models_to_unlearn=MODELS)) as client:
            yield Office(client, tenants, bearers[0], bearers[1], bearers[2], store)


@pytest.fixture
def idle(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start no processes."""
    monkeypatch.setattr("expunge.jobs.creating.launch", lambda *_: None)
    monkeypatch.setattr("expunge.jobs.handle.launch", lambda *_: None)


def added(office: Office, **fields: Any) -> JobRecord:
    """Add a job that no process works on."""
    standard = {"model": str(DEMO.resolve()), "recipe": {"method": "npo", "options": {"beta": 0.2}, "seed": 7}}
    with closing(office.jobs) as jobs:
        record = jobs.add(**{**standard, "targets": {"tgt_1": 2}, "examples": {"forget": 3}, "by": "the clerk"})
        return jobs.change(record.id, **fields)


def error(answer: Any, status: int, code: str | None = None) -> Any:
    assert answer.status_code == status, answer.text
    [(key, told)] = answer.json().items()
    assert (key, sorted(told)) == ("error", ["code", "message", "param", "type"])
    assert code in (None, told["code"]), answer.text
    assert str(DEMO.parent) not in told["message"]
    return told


def as_openai(shown: dict[str, Any]) -> dict[str, Any]:
    """Rename what has the name of another kind of job."""
    names = {
        key: key.replace("unlearned_model", "fine_tuned_model").replace("unlearning_", "fine_tuning_") for key in shown
    }
    renamed = {names[key]: value for key, value in shown.items()}
    return {**renamed, "object": shown["object"].replace("unlearning", "fine_tuning")}


def test_a_job_runs_from_the_request_to_the_use_of_its_model(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    for place in ("creating", "handle"):  # what the job's own process would do, which tests/jobs starts
        monkeypatch.setattr(f"expunge.jobs.{place}.launch", lambda jobs, job, store, key=None: work(store, job))
    facts = [{"prompt": fact["questions"][0], "answer": fact["answer"]} for fact in FACTS if fact["kind"] == "author"]
    body = {
        "model": "demo",
        "forget": facts[-3:],
        "retain": facts[:3],
        "method": {"type": "npo", "npo": {"hyperparameters": {"beta": 0.1}}},
        "training": {"max_steps": 2, "save_every": 1},
        "attacks": [],
        "metadata": {"ticket": "17"},
    }
    TargetStore(tmp_path / "store").close()
    with closing(Tenants(tmp_path / "store")) as tenants, serving(tenants, {}, models_to_unlearn=MODELS) as served:
        call = served.http

        def until(name: str, path: str) -> Any:
            deadline = time.monotonic() + 300  # machines that run several things at once
            while not (shown := call.get(path).json())[name]:
                assert shown["error"] is None, shown
                assert time.monotonic() < deadline, shown
                time.sleep(0.1)
            return shown

        made = call.post(JOBS, json=body)
        assert made.status_code == 200, made.text
        path = f"{JOBS}/{made.json()['id']}"
        waiting = until("waiting_for_approval", path)
        assert (waiting["status"], waiting["stage"], waiting["unlearned_model"]) == ("queued", "approve", None)
        assert error(call.get(f"{path}/report"), 409)["code"] == "wrong_stage"
        assert call.post(f"{path}/approve").json()["approved_by"] == "local"
        ended = until("finished_at", path)
        assert (ended["status"], ended["stage"], ended["held"], ended["level"]) == ("succeeded", "done", False, None)
        assert ended["unlearned_model"] == f"demo@{ended['id']}"
        assert (ended["metadata"], ended["attacks"], ended["examples"]) == (
            {"ticket": "17"},
            [],
            {"forget": 3, "retain": 3},
        )
        assert ended["finished_at"] >= ended["created_at"] > time.time() - 120

        report = call.get(f"{path}/report").json()
        assert "samples" not in report
        assert (report["job"], report["judgement"]["held"]) == (ended["id"], ended["held"])
        events = call.get(f"{path}/events", params={"limit": 100}).json()
        assert [event["message"] for event in events["data"]][-1] == "Created, by local."
        assert any(event["type"] == "metrics" and event["data"]["step"] == 2 for event in events["data"])
        if not ended["held"]:
            assert error(call.post(f"{path}/promote"), 409)["code"] == "wrong_stage"
        assert call.post(f"{path}/promote", json={"force": True}).json()["promoted"] is True
        assert (tmp_path / "store/promoted" / DEMO.name).resolve().name == "result"
        assert call.post(f"{path}/rollback").json()["promoted"] is False
        answers = "".join(call.get(path + view).text for view in VIEWS)
    for fact in facts[-3:]:
        assert fact["answer"] not in answers + caplog.text
    assert str(tmp_path) not in answers
    assert str(DEMO.parent) not in answers


@pytest.mark.usefixtures("idle")
@pytest.mark.parametrize(
    "method",
    [
        {"method": "simnpo", "hyperparameters": {"beta": 3.0}},
        {"method": {"type": "simnpo", "simnpo": {"hyperparameters": {"beta": 3.0}}}},
        {"method": {"type": "simnpo", "hyperparameters": {"beta": 3.0}}, "hyperparameters": None},
    ],
)
def test_what_is_asked_for_is_what_the_job_does(
    office: Office, method: dict[str, object], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    rest = {"seed": 5, "control": "control", "attacks": ["relearn"], "metadata": {"a": "b"}, "suffix": "mine"}
    training = {"learning_rate": 1e-4, "epochs": 2}
    answer = office.post(
        "", {"model": "demo", "forget": FORGET, "retain": RETAIN, "training": training, **method, **rest}
    )
    assert answer.status_code == 200, answer.text
    shown = answer.json()
    assert shown["hyperparameters"] == {"beta": 3.0}
    assert shown["method"] == {"type": "simnpo", "simnpo": {"hyperparameters": {"beta": 3.0}}}
    assert (shown["model"], shown["control"], shown["attacks"]) == ("demo", "control", ["relearn"])
    assert (shown["seed"], shown["metadata"], shown["examples"]) == (5, {"a": "b"}, {"forget": 1, "retain": 1})
    assert {name: shown["training"][name] for name in training} == training
    assert office.get(f"/{shown['id']}").json() == shown
    with closing(office.jobs) as jobs:
        record = jobs.get(shown["id"])
        assert (record.by, record.engine, record.plan["approval"]) == ("the clerk", "process", True)
        assert record.model == str(DEMO.resolve())
        files = b"".join(path.read_bytes() for path in jobs.path.rglob("*") if path.is_file())
    assert SECRET not in answer.text + caplog.text
    assert SECRET.encode() not in files


@pytest.mark.usefixtures("idle")
def test_targets_of_the_register_are_forgotten_by_their_ids(office: Office) -> None:
    document, keep = f"{SECRET} wrote Low Water in the year 1971.", "Ida Holm wrote High Tide in the year 1980."
    target = office.store.add(Target(name=SECRET, documents=[document], keep=[keep]))
    body = {"model": "demo", "forget": {"targets": [target.id]}, "sweep": True, "selector": "wagle"}
    shown = office.post("", body).json()
    assert (shown["targets"], shown["examples"]) == ({target.id: 1}, {"forget": 1, "retain": 1})
    assert (shown["method"]["type"], shown["selector"]["type"]) == ("npo", "wagle")
    assert shown["sweep"] == {"learning_rates": [], "strengths": []}
    error(office.post("", {**body, "forget": {"targets": ["tgt_0123456789abcdef"]}}), 404, "unknown_target")
    office.store.remove(target.id)


@pytest.mark.usefixtures("idle")
@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"model": None}, "model"),
        ({"forget": []}, "forget: Give either targets or examples"),
        ({"forget": {"targets": []}}, "forget: Give either targets or examples"),
        ({"forget": {"targets": ["tgt_0123456789abcdef"], "examples": FORGET}}, "forget: Give either"),
        ({"forget": "/etc/secret-value"}, "forget: No file is read over HTTP"),
        ({"forget": {"path": "/etc/secret-value"}}, "forget.path"),
        ({"forget": {"targets": ["/etc/secret-value"]}}, "no registered target"),
        ({"forget": {"targets": "/etc/secret-value"}}, "forget.targets"),
        ({"forget": ["/etc/secret-value"]}, "forget.examples[0]"),
        ({"retain": "secret-value"}, "retain: No file is read over HTTP"),
        ({"retain": ["tgt_0123456789abcdef"]}, "retain.examples[0]"),
        ({"forget": [{"prompt": "secret-value"}]}, "forget: Example 1: 'answer'"),
        ({"retain": [{"prompt": "secret-value", "answer": 1}]}, "retain: Example 1: 'answer'"),
        ({"retain": [*RETAIN, {"prompt": "a", "answer": "b", "secret value": ""}]}, "retain: Example 2"),
        ({"retain": FORGET}, "in the set 'retain' too"),
        ({"retain": None}, "'npo' needs a retain set"),
        ({"method": "secretvalue"}, "There is no method 'secretvalue'"),
        ({"method": {"npo": {}}}, "method.type"),
        ({"method": {"type": "npo", "simnpo": {"hyperparameters": {}}}}, "method.simnpo"),
        ({"method": {"type": "npo", "npo": {"beta": 1}}}, "method.beta"),
        ({"method": {"type": "npo", "npo": {"hyperparameters": {"nothing": 1}}}}, "'nothing' of 'npo'"),
        ({"hyperparameters": {"beta": "secret-value"}}, "'beta' of 'npo'"),
        ({"hyperparameters": {"beta": 1}, "method": {"type": "npo", "hyperparameters": {"beta": 1}}}, "twice"),
        ({"selector": "nobody"}, "There is no selector 'nobody'"),
        ({"training": {"learning_rate": 0}}, "training.learning_rate"),
        ({"training": {"device": "secret-value"}}, "training.device"),
        ({"training": {"processes": 10**6}}, "training: There are fewer processors"),
        ({"sweep": {"learning_rates": ["secret-value"]}}, "sweep.learning_rates[0]"),
        ({"attacks": ["relearn", "nothing"]}, "There is no attack 'nothing'"),
        ({"seed": -1}, "seed"),
        ({"seed": 2**31}, "seed"),
        ({"metadata": {"a": "secret-value" * 50}}, "metadata.a"),
        ({"metadata": {str(number): "" for number in range(17)}}, "metadata"),
        ({"metadata": {"a": 1}}, "metadata.a"),
        ({"plan": {"approval": False}}, "plan"),
        ({"yes": True}, "yes"),
        ({"training_file": "secret-value"}, "training_file"),
    ],
)
def test_what_cannot_be_done_is_refused_without_repeating_it(
    office: Office, fields: dict[str, object], says: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    before = office.get().json()
    answer = office.post("", {"model": "demo", "forget": FORGET, "retain": RETAIN, **fields})
    assert says in error(answer, 400)["message"]
    assert "secret-value" not in answer.text + caplog.text
    assert SECRET not in answer.text + caplog.text
    assert office.get().json() == before


@pytest.mark.usefixtures("idle")
@pytest.mark.parametrize(
    "fields",
    [
        '"hyperparameters": {"beta": NaN}',
        '"hyperparameters": {"beta": Infinity}',
        '"training": {"learning_rate": Infinity}',
        '"sweep": {"strengths": [NaN]}',
        '"method": {"type": "rocr", "hyperparameters": {"concept": "\\ud83d"}}',
        '"metadata": {"a": "\\ud83d"}',
        '"forget": [{"prompt": "\\ud83d", "answer": "b"}]',
    ],
)
def test_what_no_file_could_keep_is_refused(office: Office, fields: str) -> None:
    body = f'{{"model": "demo", "retain": {json.dumps(RETAIN)}, "forget": {json.dumps(FORGET)}, {fields}}}'
    headers = {**office.admin, "Content-Type": "application/json"}
    error(office.client.post(JOBS, content=body, headers=headers), 400)


@pytest.mark.parametrize("name", ["", "nobody", str(DEMO), f"../{DEMO.name}", "demo/", "~", "\ud83d", "demo\0"])
@pytest.mark.parametrize("field", ["model", "control"])
def test_models_are_those_that_the_operator_named(office: Office, name: str, field: str) -> None:
    body = json.dumps({"model": "demo", "forget": FORGET, "retain": RETAIN, field: name})
    answer = office.client.post(JOBS, content=body, headers={**office.admin, "Content-Type": "application/json"})
    assert answer.status_code == 404, answer.text
    told = answer.json()["error"]
    assert (told["code"], told["param"]) == ("model_not_found", field)
    assert "control, demo" in told["message"]


def test_a_server_without_models_says_how_to_name_one(office: Office) -> None:
    with TestClient(create_app(office.tenants, {})) as client:
        answer = client.post(JOBS, json={"model": "demo", "forget": FORGET}, headers=office.admin)
    assert "expunge serve --unlearn NAME=DIR" in error(answer, 404, "model_not_found")["message"]


def test_a_model_that_is_gone_is_the_operators_to_mend(office: Office, tmp_path: Path) -> None:
    with TestClient(create_app(office.tenants, {}, models_to_unlearn={"gone": tmp_path})) as client:
        answer = client.post(JOBS, json={"model": "gone", "forget": FORGET}, headers=office.admin)
    error(answer, 500, "model_not_found")
    assert str(tmp_path) not in answer.text


@pytest.mark.parametrize(("module", "path"), [("expunge.jobs.creating", ""), ("expunge.jobs.handle", "/job_1/cancel")])
def test_what_the_server_lacks_is_said(office: Office, monkeypatch: pytest.MonkeyPatch, module: str, path: str) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    answer = office.post(path, None if path else {"model": "demo", "forget": FORGET})
    told = error(answer, 501, "prerequisite")
    assert "pip install 'expunge[unlearn]'" in told["message"]


def test_jobs_events_and_checkpoints_have_the_shape_of_openais(office: Office, tmp_path: Path) -> None:
    failed = added(office, status="failed", error=Failure(code="internal", message="It fell."))
    done = added(office, status="succeeded", finished_at=failed.created_at, held=True, level="removal")
    with closing(office.jobs) as jobs:
        jobs.tell(done.id, "Created.")
        jobs.tell(done.id, "Step 1 of 2", data={"step": 1.0, "loss": float("nan")})
        jobs.add_checkpoint(done.id, 50, tmp_path, {"loss": 0.5})
    for job in (failed, done):
        shown = office.get(f"/{job.id}").json()
        by_openai = {"organization_id", "training_file", "validation_file", "integrations", "fine_tuned_model"}
        assert set(FineTuningJob.model_fields) - by_openai <= set(shown)
        foreign = {"organization_id": "", "training_file": "", "method": None}
        parsed = FineTuningJob.model_validate({**as_openai(shown), **foreign}, strict=True)
        assert (parsed.id, parsed.seed, parsed.status) == (job.id, 7, job.status)
        assert parsed.created_at == int(job.created_at.timestamp())
    assert parsed.fine_tuned_model == f"demo@{done.id}"
    assert shown["method"] == {"type": "npo", "npo": {"hyperparameters": {"beta": 0.2}}}
    assert (shown["targets"], shown["examples"], shown["held"]) == ({"tgt_1": 2}, {"forget": 3}, True)
    assert office.get(f"/{failed.id}").json()["error"] == {"code": "internal", "message": "It fell.", "param": None}

    page = office.get(f"/{done.id}/events").json()
    metrics, message = [FineTuningJobEvent.model_validate(as_openai(event), strict=True) for event in page["data"]]
    assert (message.type, message.message, message.data, message.level) == ("message", "Created.", None, "info")
    assert (metrics.type, metrics.data) == ("metrics", {"step": 1.0, "loss": None})
    assert metrics.id.startswith("ujevent-")

    page = office.get(f"/{done.id}/checkpoints").json()
    [checkpoint] = [FineTuningJobCheckpoint.model_validate(as_openai(each), strict=True) for each in page["data"]]
    assert (page["first_id"], page["last_id"], page["has_more"]) == (checkpoint.id, checkpoint.id, False)
    assert (checkpoint.step_number, checkpoint.fine_tuning_job_id) == (50, done.id)
    assert checkpoint.fine_tuned_model_checkpoint == f"demo@{done.id}:ckpt-step-50"
    assert str(tmp_path) not in str(page)


@given(st.lists(st.text(), unique=True, max_size=12), st.integers(1, 13))
def test_the_pages_together_are_the_list(ids: list[str], limit: int) -> None:
    seen: list[str] = []
    more = True
    while more:
        part, more = cut(ids, seen[-1] if seen else None, limit)
        assert len(ids[part]) <= limit
        seen += ids[part]
    assert seen == ids


def test_jobs_are_listed_in_pages_the_newest_first(office: Office) -> None:
    ids = [added(office).id for _ in range(3)][::-1]
    first = office.get(limit=2).json()
    assert (first["object"], [job["id"] for job in first["data"]], first["has_more"]) == ("list", ids[:2], True)
    second = office.get(limit=1, after=ids[1]).json()
    assert [job["id"] for job in second["data"]] == ids[2:]
    assert error(office.get(after="job_0"), 404)["param"] == "after"
    for limit in (0, 101, "many"):
        assert error(office.get(limit=limit), 400)["param"] == "limit"


def test_events_are_listed_in_pages_the_newest_first(office: Office) -> None:
    job, other = added(office).id, added(office).id
    with closing(office.jobs) as jobs:
        for number in range(5):
            jobs.tell(job, f"Number {number}")
            jobs.tell(other, "Beside.")
    first = office.get(f"/{job}/events", limit=3).json()
    assert [event["message"] for event in first["data"]] == ["Number 4", "Number 3", "Number 2"]
    second = office.get(f"/{job}/events", limit=3, after=first["data"][-1]["id"]).json()
    assert ([event["message"] for event in second["data"]], second["has_more"]) == (["Number 1", "Number 0"], False)
    theirs = office.get(f"/{other}/events").json()["data"][0]["id"]
    error(office.get(f"/{job}/events", after=theirs), 404)


@pytest.mark.usefixtures("idle")
def test_a_job_that_waits_is_approved_by_the_holder_of_a_key(office: Office) -> None:
    job = added(office, status="queued", stage="approve").id
    assert office.get(f"/{job}").json()["waiting_for_approval"] is True
    error(office.post(f"/{job}/resume"), 409, "wrong_stage")
    shown = office.post(f"/{job}/approve").json()
    assert (shown["approved_by"], shown["waiting_for_approval"]) == ("the clerk", False)
    assert office.get(f"/{job}/events").json()["data"][0]["message"] == "Approved by the clerk."
    error(office.post(f"/{job}/approve"), 409, "wrong_stage")


@pytest.mark.usefixtures("idle")
def test_a_job_is_cancelled_once_and_not_resumed(office: Office) -> None:
    job = added(office, status="queued", stage="approve").id
    shown = office.post(f"/{job}/cancel").json()
    assert (shown["status"], shown["waiting_for_approval"]) == ("cancelled", False)
    assert shown["finished_at"] >= shown["created_at"]
    for action in ACTIONS:
        error(office.post(f"/{job}/{action}"), 409, "wrong_stage")


@pytest.mark.usefixtures("idle")
def test_a_job_that_failed_goes_on(office: Office) -> None:
    failure = Failure(code="disk_full", message="The disk is full.")
    job = added(office, status="failed", stage="train", error=failure).id
    assert office.get(f"/{job}").json()["error"]["code"] == "disk_full"
    shown = office.post(f"/{job}/resume").json()
    assert (shown["status"], shown["error"], shown["finished_at"]) == ("running", None, None)


def test_a_model_is_put_into_use_and_taken_back(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("expunge.jobs.promoting.verify_manifest", lambda _: None)  # this job made nothing
    link = office.store.path / "promoted" / DEMO.name
    job = added(office, status="succeeded", held=False, result=str(tmp_path)).id
    assert "did not hold" in error(office.post(f"/{job}/promote", {"force": False}), 409, "wrong_stage")["message"]
    assert not link.exists()
    assert error(office.post(f"/{job}/promote", {"force": "secret-value"}), 400)["param"] == "force"
    assert office.post(f"/{job}/promote", {"force": True}).json()["promoted"] is True
    assert link.resolve() == tmp_path
    other = f"/srv/other/{DEMO.name}"
    namesake = added(office, status="succeeded", held=True, result=str(tmp_path), model=other, origin=other).id
    told = error(office.post(f"/{namesake}/promote"), 400, "input")["message"]
    assert (job in told, "/" in told) == (True, False)
    assert office.post(f"/{job}/rollback").json()["promoted"] is False
    assert link.resolve() == DEMO.resolve()


def test_the_report_comes_without_its_samples(office: Office) -> None:
    job = added(office, status="succeeded").id
    scores = Scores(count=1, recall=0, rouge_l=float("nan"), probability=0)
    known = Evaluation(parts={"forget": scores})
    report = Report(
        job=job,
        method="npo",
        model="demo",
        level="removal",
        before=known,
        after=known,
        attacks=[AttackResult(attack="direct", title="Asked", count=1, recall=0, rouge_l=0)],
        judgement=Judgement(
            held=True, level="removal", worst="direct", worst_recall=0, control_recall=0, retain_kept=1, reasons=[]
        ),
        samples=[Sample(part="forget", prompt=SECRET, answer=SECRET, before=SECRET, after=SECRET)],
    )
    error(office.get(f"/{job}/report"), 409, "wrong_stage")
    folder = office.store.path / "jobs" / job / "report"
    folder.mkdir()
    (folder / "report.json").write_text(report.model_dump_json(), encoding="utf-8")
    answer = office.get(f"/{job}/report")
    written = json.loads(report.model_dump_json(exclude={"samples"}))
    assert answer.json() == {**written, "object": "unlearning.job.report"}
    assert SECRET not in answer.text


def test_no_folder_of_the_server_is_told(office: Office, tmp_path: Path) -> None:
    failure = Failure(code="input", message=f"The model in {str(tmp_path / 'my model')!r} was changed.")
    plan = {"control": str(tmp_path / "other control")}
    job = added(office, status="failed", model=str(tmp_path / "big model"), plan=plan, error=failure, result="/r").id
    with closing(office.jobs) as jobs:
        jobs.tell(job, failure.message, "error")
    shown = office.get(f"/{job}").json()
    assert (shown["model"], shown["control"]) == ("big model", "other control")
    assert shown["error"]["message"] == "The model in 'my model' was changed."
    for view in VIEWS:
        answer = office.get(f"/{job}{view}")
        assert str(tmp_path) not in answer.text
        assert str(office.store.path) not in answer.text


@given(
    st.lists(st.from_regex(r"[\w .-]*[\w.-]", fullmatch=True), min_size=1), st.sampled_from(["'{}'", '"{}"', "({})"])
)
def test_of_a_path_its_last_part_is_left(parts: list[str], quoted: str) -> None:
    message = f"The file {quoted} is and/or was 1/2 of it."
    assert without_folders(message.format("/" + "/".join(parts))) == message.format(parts[-1])


@pytest.mark.parametrize("view", VIEWS)
def test_an_id_that_no_job_has_is_not_found(office: Office, view: str) -> None:
    error(office.get(f"/job_0123456789abcdef{view}"), 404, "unknown_job")


def test_nobody_else_sees_or_changes_a_job(office: Office) -> None:
    job = added(office, status="queued", stage="approve").id
    before = office.get(f"/{job}").json()
    addresses = [("GET", f"/{job}{view}") for view in VIEWS] + [("POST", f"/{job}/{action}") for action in ACTIONS]
    for method, path in addresses:
        for headers, status in (({}, 401), (office.plain, 403), (office.stranger, 404)):
            answer = office.client.request(method, f"{JOBS}{path}", headers=headers)
            code = {403: "admin_key_required", 404: "unknown_job"}.get(status)
            error(answer, status, code)
    for method in ("GET", "POST"):
        error(office.client.request(method, JOBS, headers=office.plain, json={}), 403)
    assert office.client.get(JOBS, headers=office.stranger).json() == {"object": "list", "data": [], "has_more": False}
    assert office.get(f"/{job}").json() == before
