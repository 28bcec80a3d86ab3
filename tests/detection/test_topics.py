"""The probe: trained on examples, calibrated on what it must leave alone."""

import numpy as np
import pytest
from expunge.detection.topics import background, train
from expunge.schema import Vectors


def cloud(centre: int, count: int, seed: int) -> Vectors:
    """Unit vectors around one axis of 16."""
    rng = np.random.default_rng(seed)
    points = rng.normal(0, 0.3, (count, 16))
    points[:, centre] += 1
    return np.asarray(points / np.linalg.norm(points, axis=1, keepdims=True), dtype=np.float32)


@pytest.mark.parametrize("level", [0.02, 0.1])
def test_it_catches_the_topic_at_the_stated_level(level: float) -> None:
    probe = train(cloud(0, 40, seed=1), cloud(1, 400, seed=2), level)
    assert (probe.scores(cloud(0, 200, seed=3)) > probe.threshold).mean() > 0.95
    assert (probe.scores(cloud(1, 2_000, seed=4)) > probe.threshold).mean() < 2 * level


def test_too_few_negatives_flag_nothing() -> None:
    probe = train(cloud(0, 10, seed=1), cloud(1, 20, seed=2), level=0.01)
    assert probe.threshold == np.inf


def test_the_background_is_general_text() -> None:
    lines = background()
    assert len(lines) == len(set(lines)) >= 500
    assert all(line.strip() == line != "" for line in lines)
