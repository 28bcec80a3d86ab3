from collections.abc import Sequence
from zlib import crc32

import numpy as np
import pytest
from expunge.errors import InputError
from expunge.evals import LatencyReport, run_latency
from expunge.evals.synthetic import SampledEmbedder
from expunge.evals.timing import Times
from expunge.schema import Vectors
from rich.console import Console


class Counted:
    """Embeds each text as a random unit vector of its own, and remembers what it embedded."""

    name = "counted"
    dimensions = 32

    def __init__(self) -> None:
        self.texts: list[str] = []

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.texts.extend(texts)
        rows = [np.random.default_rng(crc32(text.encode())).normal(size=self.dimensions) for text in texts]
        vectors: Vectors = np.array(rows, dtype=np.float32).reshape(-1, self.dimensions)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors


def test_times_of_worked_examples() -> None:
    times = Times.of([1, 2, 3, 4, 10])
    assert (times.p50, times.p95, times.mean) == pytest.approx((3, 8.8, 4))
    assert Times.of([7.0]) == Times(p50=7, p95=7, mean=7)


def test_a_sampled_embedder_spares_the_texts_past_its_sample() -> None:
    model, texts = Counted(), [f"text {number}" for number in range(50)]
    embedder = SampledEmbedder(model, texts, exact=10)
    vectors = embedder.embed([*texts, "another"])
    assert model.texts == [*texts[:10], *texts[:10], "another"]
    assert embedder.substitutes == 40
    assert vectors.dtype == np.dtype(np.float32)
    assert vectors.shape == (51, 32)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)
    nearest = (vectors[10:50] @ embedder.embed(texts[:10]).T).max(axis=1)
    assert 0.6 < nearest.min() < nearest.max() < 0.99
    assert len(np.unique(vectors[10:50], axis=0)) == 40


def test_a_sampled_embedder_without_texts_is_the_model() -> None:
    model = Counted()
    assert SampledEmbedder(model, [], exact=10).embed(["one", "two"]).shape == (2, 32)
    assert model.texts == ["one", "two"]


@pytest.mark.parametrize(("targets", "documents", "exchanges"), [([], 1, 1), ([0], 1, 1), ([1], -1, 1), ([1], 1, 0)])
def test_numbers_out_of_range_are_refused(targets: list[int], documents: int, exchanges: int) -> None:
    with pytest.raises(InputError, match="at least one"):
        run_latency(targets, documents, exchanges)


@pytest.mark.parametrize("documents", [0, 2])
def test_exchanges_are_measured_on_each_register(documents: int) -> None:
    report = run_latency([5, 20], documents, exchanges=10)
    assert [register.targets for register in report.registers] == [5, 20]
    for register in report.registers:
        assert (register.released, register.exchanges, register.calls) == (10, 10, 0)
        assert 0 < register.added.p50 <= register.wall.p95
        assert (register.query is None) is (documents == 0)
        assert register.disk_mb > 0
    console = Console(width=80)
    with console.capture() as capture:
        console.print(report.table())
    assert "10 of 10" in capture.get()
    assert LatencyReport.model_validate_json(report.model_dump_json()) == report
