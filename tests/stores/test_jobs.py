"""Jobs as they are kept: their records, what they told, and what they cover."""

from datetime import UTC, datetime
from pathlib import Path
from stat import S_IMODE

import pytest
from expunge.errors import UnknownJob, WrongStage
from expunge.stores.jobs import JobRecord, Jobs
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


@pytest.fixture
def jobs(tmp_path: Path) -> Jobs:
    return Jobs(tmp_path / "jobs")


def add(jobs: Jobs, **fields: object) -> JobRecord:
    return jobs.add(**{"model": "/models/one", "recipe": {"method": "npo"}, **fields})


def test_a_job_has_a_folder_for_its_owner_alone_and_is_found_again(jobs: Jobs) -> None:
    record = add(jobs, by="ann", targets={"tgt_1": 2})
    assert jobs.get(record.id) == record
    assert record.status == "validating_files"
    assert S_IMODE(jobs.folder(record.id).stat().st_mode) == 0o700
    assert S_IMODE(jobs.path.stat().st_mode) == 0o700
    assert Jobs(jobs.path).get(record.id) == record
    with pytest.raises(UnknownJob, match="job_0"):
        jobs.get("job_0")


def test_the_newest_job_comes_first(jobs: Jobs) -> None:
    ids = [add(jobs).id for _ in range(3)]
    assert [record.id for record in jobs] == ids[::-1]


def test_a_change_is_made_only_where_the_status_allows_it(jobs: Jobs) -> None:
    job = add(jobs).id
    assert jobs.change(job, status="running", only=("validating_files",), why="cannot").status == "running"
    with pytest.raises(WrongStage, match="'running': it cannot be cancelled"):
        jobs.change(job, status="cancelled", only=("queued",), why="cannot be cancelled")
    assert jobs.get(job).status == "running"
    with pytest.raises(ValueError, match="status"):
        jobs.change(job, status="asleep")
    assert jobs.get(job).status == "running"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(counts=st.lists(st.integers(0, 2), max_size=12), after=st.integers(0, 12), limit=st.integers(1, 5))
def test_events_are_told_in_order_a_page_at_a_time(
    tmp_path_factory: pytest.TempPathFactory, counts: list[int], after: int, limit: int
) -> None:
    jobs = Jobs(tmp_path_factory.mktemp("jobs"))
    mine = [add(jobs).id for _ in range(3)]
    for number, owner in enumerate(counts):
        jobs.tell(mine[owner], f"event {number}", data={"number": float(number)})
    for owner, job in enumerate(mine):
        own = [number for number, each in enumerate(counts) if each == owner]
        events = jobs.events(job)
        assert [event.data["number"] for event in events] == own
        assert [event.id for event in jobs.events(job, after=after)] == [e.id for e in events if e.id > after]
        assert jobs.events(job, limit=limit) == events[:limit]
    jobs.close()


def test_checkpoints_that_are_gone_are_not_listed(jobs: Jobs, tmp_path: Path) -> None:
    job = add(jobs).id
    for step in (50, 100):
        folder = tmp_path / f"checkpoint-{step}"
        folder.mkdir()
        jobs.add_checkpoint(job, step, folder, {"loss": 1.0})
    (tmp_path / "checkpoint-50").rmdir()
    assert [(each.step, each.metrics) for each in jobs.checkpoints(job)] == [(100, {"loss": 1.0})]


def test_the_register_knows_which_job_covers_which_target(jobs: Jobs) -> None:
    first, second = add(jobs).id, add(jobs).id
    jobs.cover(first, {"tgt_1": 1, "tgt_2": 4})
    jobs.cover(second, {"tgt_1": 2})
    jobs.cover(second, {"tgt_1": 2})
    assert [(each.job, each.version) for each in jobs.covering("tgt_1")] == [(second, 2), (first, 1)]
    assert [(each.target, each.version) for each in jobs.covered_by(first)] == [("tgt_1", 1), ("tgt_2", 4)]
    assert jobs.covering("tgt_3") == []


def test_a_job_that_is_deleted_is_gone_with_all_that_it_told(jobs: Jobs) -> None:
    job, other = add(jobs).id, add(jobs).id
    for each in (job, other):
        jobs.tell(each, "something")
        jobs.cover(each, {"tgt_1": 1})
    with pytest.raises(WrongStage, match="cannot be deleted"):
        jobs.delete(job)
    jobs.change(job, status="succeeded", promoted_at=datetime.now(UTC))
    with pytest.raises(WrongStage, match="is promoted"):
        jobs.delete(job)
    jobs.change(job, promoted_at=None)
    jobs.delete(job)
    assert not jobs.folder(job).exists()
    assert [record.id for record in jobs] == [other]
    assert [each.job for each in jobs.covering("tgt_1")] == [other]
    with pytest.raises(UnknownJob):
        jobs.events(job)


def test_a_record_keeps_its_times(jobs: Jobs) -> None:
    job, now = add(jobs).id, datetime.now(UTC)
    assert jobs.change(job, finished_at=now).finished_at == now
    assert jobs.get(job).finished_at == now
