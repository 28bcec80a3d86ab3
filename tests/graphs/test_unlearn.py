"""The graph of a job: the order of its steps, the stop for a person, and going on after a step was cut short."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from expunge.graphs.unlearn import STEPS, go_on, unlearn_graph
from expunge.stores.jobs import Stage
from langgraph.checkpoint.sqlite import SqliteSaver


class Killed(BaseException):
    """Comes as a kill does: nothing can be done about it."""


class Recording:
    """Steps that note that they were taken."""

    def __init__(self, *, approval: bool = False, dies: str = "") -> None:
        self.taken: list[str] = []
        self.approval = approval
        self.dies = dies

    def needs_approval(self) -> bool:
        return self.approval

    def collect(self) -> None:
        self._take("collect")

    def train(self) -> None:
        self._take("train")

    def evaluate(self) -> None:
        self._take("evaluate")

    def attack(self) -> None:
        self._take("attack")

    def decide(self) -> None:
        self._take("decide")

    def _take(self, step: str) -> None:
        if step == self.dies:
            raise Killed
        self.taken.append(step)


def run(stages: Recording, path: Path, approved_by: str = "") -> str | None:
    """Run in what is, for the graph, a new process each time."""
    with closing(sqlite3.connect(path, check_same_thread=False)) as connection:
        return go_on(unlearn_graph(stages, SqliteSaver(connection)), "job_1", approved_by)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "graph.db"


def test_the_steps_are_taken_in_order(path: Path) -> None:
    stages = Recording()
    assert run(stages, path) is None
    assert stages.taken == ["collect", "train", "evaluate", "attack", "decide"]


def test_it_waits_for_a_person_and_goes_on_in_another_process(path: Path) -> None:
    stages = Recording(approval=True)
    assert run(stages, path) == "approve"
    assert stages.taken == ["collect"]
    again = Recording(approval=True)
    assert run(again, path) == "approve"  # nobody agreed yet
    assert again.taken == []
    last = Recording(approval=True)
    assert run(last, path, approved_by="ann") is None
    assert last.taken == ["train", "evaluate", "attack", "decide"]


@pytest.mark.parametrize("step", [step for step in STEPS if step != "approve"])
def test_a_step_that_was_cut_short_is_taken_again_and_those_before_it_are_not(path: Path, step: Stage) -> None:
    with pytest.raises(Killed):
        run(Recording(dies=step), path)
    stages = Recording()
    assert run(stages, path) is None
    steps: list[Stage] = [each for each in STEPS if each != "approve"]
    assert stages.taken == steps[steps.index(step) :]


def test_what_a_step_raises_comes_through_and_is_not_kept(path: Path) -> None:
    secret = "a text that an exception quotes"

    class Failing(Recording):
        def train(self) -> None:
            raise ValueError(secret)

    with pytest.raises(ValueError, match=secret):
        run(Failing(), path)
    kept = b"".join(each.read_bytes() for each in path.parent.iterdir() if each.is_file())
    assert secret.encode() not in kept
    stages = Recording()
    assert run(stages, path) is None
    assert stages.taken == ["train", "evaluate", "attack", "decide"]


def test_what_is_kept_between_steps_is_the_jobs_id_and_where_it_is(path: Path) -> None:
    run(Recording(approval=True), path)
    run(Recording(approval=True), path, approved_by="ann")
    with closing(sqlite3.connect(path, check_same_thread=False)) as connection:
        state = unlearn_graph(Recording(), SqliteSaver(connection)).get_state({"configurable": {"thread_id": "job_1"}})
    assert state.values == {"job": "job_1", "done": list(STEPS)}
