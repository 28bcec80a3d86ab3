"""A job killed at random moments and gone on with: the same model and the same figures, and the original untouched."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from expunge import Job
from expunge.jobs.room import Room
from expunge.models import DEMO
from expunge.models.checkpoint import load_checkpoint
from expunge.tests.stores.test_kills import Nursery
from expunge.unlearning.report.manifest import digest_folder
from expunge.unlearning.results import Evaluation

KILLS = 10


@pytest.fixture
def nursery() -> Iterator[Nursery]:
    nursery = Nursery(Path(__file__).with_name("killed.py"))
    yield nursery
    nursery.close()


def test_killed_at_random_moments_a_job_comes_to_the_same(
    nursery: Nursery, create: Callable[..., Job], store_path: Path
) -> None:
    asked = {
        "training": {"max_steps": 8, "batch_size": 4, "save_every": 2, "learning_rate": 1e-3},
        "attacks": ["relearn"],
        "plan": {"limit": 4},
    }
    before = digest_folder(DEMO)
    whole, broken = create(**asked), create(**asked)
    took = nursery.run("work", str(store_path), whole.id)
    assert whole.status == "succeeded", whole.record.error
    chance, stages = random.Random(5), set()
    for _ in range(KILLS):
        nursery.run("work", str(store_path), broken.id, kill_after=chance.uniform(took / 4, took))
        stages.add(broken.stage)
    assert len(stages) > 1
    nursery.run("work", str(store_path), broken.id)
    assert broken.status == "succeeded", broken.record.error
    models = [load_checkpoint(Path(job.record.result), "cpu", "float16").model for job in (whole, broken)]
    for one, other in zip(*(model.parameters() for model in models), strict=True):
        assert torch.equal(one, other)
    after = [Room(job.folder).read("after", Evaluation) for job in (whole, broken)]
    assert after[0] == after[1]
    assert digest_folder(DEMO) == before
    assert {path.name for path in whole.folder.iterdir()} == {path.name for path in broken.folder.iterdir()}
