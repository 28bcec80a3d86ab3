import sys
from collections.abc import Sequence
from zlib import crc32

import numpy as np
import pytest
from expunge.errors import InputError
from expunge.evals import LatencyReport, run_latency
from expunge.evals.sampled import SampledEmbedder
from expunge.evals.shares import PARTS
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


@pytest.fixture
def no_presidio(monkeypatch: pytest.MonkeyPatch) -> None:
    for package in ("spacy", "presidio_analyzer"):
        monkeypatch.setitem(sys.modules, package, None)


def drawn(report: LatencyReport) -> str:
    console = Console(width=100)
    with console.capture() as capture:
        console.print(report.table())
    return capture.get()


def test_times_of_worked_examples() -> None:
    times = Times.of([1, 2, 3, 4, 10])
    assert (times.p50, times.p95, times.mean) == pytest.approx((3, 8.8, 4))
    assert Times.of([7.0]) == Times(p50=7, p95=7, mean=7)


def test_a_sampled_embedder_spares_the_texts_past_its_sample() -> None:
    model, texts = Counted(), [f"text {number}" for number in range(50)]
    embedder = SampledEmbedder(model, texts, exact=10)
    vectors = embedder.embed([*texts, "another"])
    assert model.texts == [*texts[:10], *texts[:10], "another"]
    assert (embedder.substitutes, embedder.calls) == (40, 1)
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


@pytest.mark.parametrize(
    ("targets", "documents", "exchanges", "topics"),
    [([], 1, 1, 0), ([0], 1, 1, 0), ([1], -1, 1, 0), ([1], 1, 0, 0), ([1], 1, 1, -1), ([1], 1, 1, 5)],
)
def test_numbers_out_of_range_are_refused(targets: list[int], documents: int, exchanges: int, topics: int) -> None:
    with pytest.raises(InputError, match=r"at least one|not 5"):
        run_latency(targets, documents, exchanges, topics=topics)


@pytest.mark.usefixtures("no_presidio")
@pytest.mark.parametrize("documents", [0, 2])
def test_exchanges_are_measured_on_each_register(documents: int) -> None:
    report = run_latency([10, 20], documents, exchanges=5, topics=0, embeddings=Counted())
    assert [register.targets for register in report.registers] == [10, 20]
    for register in report.registers:
        cost = register.sanitizer.cost
        assert (register.sanitizer.exchanges, register.topics) == (5, 0)
        assert (register.sanitizer.released, register.sanitizer.calls) == (5, 0)
        assert 0 < cost.clock.p50 <= cost.clock.p95
        assert 0 < cost.processor.p50 <= cost.processor.p95
        assert (register.floor.query is None) is (documents == 0)
        assert register.floor.graph.clock.p50 > 0
        assert register.disk_mb > 0
        assert [other.name for other in register.baselines] == ["filter by name", "nearest document"][: 1 + documents]
        assert (register.baselines[0].released, register.baselines[0].embedded) == (5, 0)
        assert all(other.embedded == 5 for other in register.baselines[1:])
    assert LatencyReport.model_validate_json(report.model_dump_json()) == report


@pytest.mark.usefixtures("no_presidio")
def test_the_table_shows_shares_floor_and_baselines() -> None:
    report = run_latency([10], exchanges=5, topics=1, embeddings=Counted())
    [register] = report.registers
    assert register.topics == 1
    assert register.shares is None or sum(register.shares.values()) == pytest.approx(1)
    table = drawn(report)
    assert max(map(len, table.splitlines())) <= 100
    assert "5 of 5" in table
    assert all(part in table for part in register.shares or ())
    assert set(PARTS) >= set(register.shares or ())
    assert table.count("floor: ") == 5
    assert "filter by name releases" in table
    assert "pip install 'expunge[bench]'" in " ".join(table.split())


def test_without_baselines_none_is_measured_and_none_is_missed() -> None:
    report = run_latency([10], documents=0, exchanges=2, topics=0, baselines=False, embeddings=Counted())
    assert (report.registers[0].baselines, report.skipped) == ([], [])
    assert "filter by name" not in drawn(report)
