"""One probe: trained on examples, calibrated on what it must leave alone."""

import numpy as np
import pytest
from expunge.detection.packing import pack, unpack
from expunge.detection.probe import ENOUGH_KEPT, LEVEL, NEAR_LEVEL, Passages, Probe, train
from expunge.schema import Vectors

RANDOM: Vectors = np.zeros((0, 16), dtype=np.float32)
NONE = Passages(RANDOM, np.zeros((0, 2, 16), dtype=np.float32))


def cloud(count: int, seed: int, *centres: int) -> Vectors:
    """Unit vectors around one or several axes of 16."""
    rng = np.random.default_rng(seed)
    points = rng.normal(0, 0.3, (count, 16))
    points[:, centres] += 1 / len(centres)
    return np.asarray(points / np.linalg.norm(points, axis=1, keepdims=True), dtype=np.float32)


def passages(count: int, seed: int, *centres: int) -> Passages:
    """Passages whose wording and layers lie around the same axes."""
    wording, *layers = (cloud(count, 3 * seed + part, *centres) for part in range(3))
    return Passages(wording, np.stack(layers, axis=1))


def flagged(probe: Probe, texts: Passages) -> float:
    return float((probe.scores(texts.wording, texts.layers) > probe.threshold).mean())


def passed(probe: Probe, texts: Passages) -> float:
    return float((texts.wording @ probe.sieve.weights > probe.sieve.threshold).mean())


@pytest.fixture(scope="module")
def probe() -> Probe:
    """A topic around axis 0, a near subject between axes 0 and 1, general text around axis 2."""
    return train(passages(80, 1, 0), passages(100, 2, 0, 1), passages(400, 3, 2), RANDOM)


def test_it_catches_the_topic(probe: Probe) -> None:
    assert flagged(probe, passages(500, 4, 0)) > 0.6


def test_general_text_and_near_subjects_are_flagged_at_the_stated_levels(probe: Probe) -> None:
    assert flagged(probe, passages(2_000, 5, 2)) <= LEVEL + 0.01
    assert flagged(probe, passages(2_000, 6, 0, 1)) <= NEAR_LEVEL + 0.05


def test_the_sieve_lets_the_topic_through_and_little_else(probe: Probe) -> None:
    assert passed(probe, passages(500, 7, 0)) > 0.95
    assert passed(probe, passages(500, 8, 2)) < 0.25


def test_without_enough_kept_texts_more_is_asked() -> None:
    general = passages(400, 3, 2)
    few = train(passages(10, 1, 0), NONE, general, RANDOM)
    many = train(passages(10, 1, 0), passages(ENOUGH_KEPT, 2, 3), general, RANDOM)
    assert few.threshold > many.threshold
    assert flagged(few, passages(500, 4, 0)) > 0.5


def test_too_little_general_text_flags_nothing() -> None:
    assert train(passages(10, 1, 0), NONE, passages(20, 2, 2), RANDOM).threshold == np.inf


def test_a_probe_is_the_same_after_it_was_kept(probe: Probe) -> None:
    kept, texts = unpack(pack(probe)), passages(500, 9, 0, 1)
    assert np.array_equal(kept.scores(texts.wording, texts.layers), probe.scores(texts.wording, texts.layers))
    assert (kept.threshold, kept.sieve.threshold) == (probe.threshold, probe.sieve.threshold)
    assert passed(kept, texts) == passed(probe, texts)
