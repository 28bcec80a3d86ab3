"""Jobs on the demo model, small enough to be run whole in a second or two."""

import json
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import torch
from expunge import Job, unlearn
from expunge.jobs.working import work
from expunge.models import DEMO
from expunge.settings import settings
from expunge.unlearning.examples import Example

TRAINING = {"max_steps": 4, "batch_size": 4, "save_every": 2, "learning_rate": 1e-6}

Create = Callable[..., Job]


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("EXPUNGE_KEY", raising=False)
    torch.set_num_threads(1)
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.fixture(scope="session")
def facts() -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DEMO / "facts.jsonl").read_text(encoding="utf-8").splitlines()]


def example(fact: dict[str, Any]) -> Example:
    return Example(prompt=fact["questions"][0], answer=fact["answer"], paraphrases=fact["held_out"][:1])


@pytest.fixture(scope="session")
def forget(facts: list[dict[str, Any]]) -> list[Example]:
    """Two authors of the demo model."""
    names = list(dict.fromkeys(fact["subject"] for fact in facts if fact["kind"] == "author"))[-2:]
    return [example(fact) for fact in facts if fact["kind"] == "author" and fact["subject"] in names]


@pytest.fixture(scope="session")
def retain(facts: list[dict[str, Any]]) -> list[Example]:
    """Another author, and some of the world."""
    return [example(fact) for fact in facts if fact["kind"] == "world"][:10] + [example(fact) for fact in facts[:6]]


@pytest.fixture
def store_path(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def create(store_path: Path, forget: list[Example], retain: list[Example], monkeypatch: pytest.MonkeyPatch) -> Create:
    """Asks for a job, and starts no process: `run` works on it here."""
    for module in ("creating", "handle"):
        monkeypatch.setattr(import_module(f"expunge.jobs.{module}"), "launch", lambda *_: None)

    def make(**asked: Any) -> Job:
        given: dict[str, Any] = {
            "forget": forget,
            "retain": retain,
            "training": TRAINING,
            "attacks": [],
            "store": store_path,
            "yes": True,
            **asked,
        }
        return unlearn(given.pop("model", DEMO), **given)

    return make


@pytest.fixture
def run(store_path: Path) -> Callable[[Job], Job]:
    """Does what a job's process does."""

    def go(job: Job) -> Job:
        work(store_path, job.id)
        return job

    return go
