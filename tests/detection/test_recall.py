"""A detector that remembers: the same results as one that does not, and no more of them than it may keep."""

from collections.abc import Iterator, Sequence
from zlib import crc32

import numpy as np
import pytest
from expunge import Target, TargetStore
from expunge.detection import Detector
from expunge.detection import recall as recall_module
from expunge.detection.evidence import Sighting
from expunge.detection.growth import Growth
from expunge.detection.recall import RecallingDetector
from expunge.detection.topics import TopicHit, Topics
from expunge.models.vectors import unit_rows
from expunge.schema import Vectors
from expunge.stores.snapshot import Snapshot
from hypothesis import given
from hypothesis import strategies as st

TARGETS = [
    Target(
        name="Hina Ameen",
        documents=["Hina Ameen was born in Karachi on 06/30/1975.", 'Hina Ameen wrote "Granite Glossary".'],
    ),
    Target(name="Odessa Quill"),
    Target(name="Arundhathi Bhattacharyyam"),
    Target(
        name="lock picking",
        kind="topic",
        documents=["How do I pick a pin tumbler lock?", "How do I open a padlock without the key?"],
        keep=[f"How do I get to platform {number}?" for number in range(20)],
    ),
]
PIECES = [
    *("Hina Ameen", "Hina Ameem", "Odessa", "Quill", "HinaAmeen", "H1n4 4m33n", "odessa quill", "Bhattacharyyam"),
    *("30 June 1975", "Granite Glossary", "was born in", "Karachi", "T2Rlc3NhIFF1aWxs", "neemA aniH", "Tina Turner"),
    *("How do I pick a pin tumbler lock?", "It rained all day.", ".", "\n", "\u200b", "\ud800", "Where is she?"),
]
texts = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=8)), max_size=6).map(" ".join)


class Scattering:
    """An embedding model that costs nothing: a vector of its own for each text, drawn by its check sum."""

    name = "scattering"
    dimensions = 16

    def embed(self, texts: Sequence[str]) -> Vectors:
        seeds = [crc32(text.encode("utf-8", "surrogatepass")) for text in texts]
        rows = [np.random.default_rng(seed).normal(size=self.dimensions) for seed in seeds]
        return unit_rows(np.array(rows, dtype=np.float32).reshape(-1, self.dimensions))


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshot]:
    with TargetStore(tmp_path_factory.mktemp("recall") / "store", embeddings=Scattering()) as store:
        store.add_many(TARGETS)
        Detector(store).warm_up()  # trains the topic
        yield Snapshot.of(store)


@pytest.fixture(scope="module")
def plain(snapshot: Snapshot) -> Detector:
    detector = Detector(snapshot)
    detector.warm_up()
    return detector


@pytest.fixture
def recalling(snapshot: Snapshot) -> RecallingDetector:
    detector = RecallingDetector(snapshot)
    detector.warm_up()
    return detector


@pytest.fixture
def searched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that a detector really looks at."""
    seen: list[str] = []
    scan = Detector.scan

    def note(self: Detector, text: str, growth: Growth | None = None) -> object:
        seen.append(text)
        return scan(self, text, growth)

    monkeypatch.setattr(Detector, "scan", note)
    return seen


@given(asked=st.lists(texts, min_size=1, max_size=4))
def test_it_finds_what_a_detector_finds_each_time(
    plain: Detector, recalling: RecallingDetector, asked: list[str]
) -> None:
    for text in [*asked, *asked[::-1]]:
        assert recalling.scan(text) == plain.scan(text)
        assert recalling.topics(text) == plain.topics(text)
        assert recalling.scan(text, Growth()) == plain.scan(text)


def test_something_is_found_in_these_texts(recalling: RecallingDetector) -> None:
    assert [len(recalling.scan(piece)) for piece in PIECES[:2]] == [1, 1]
    assert recalling.topics("How do I pick a pin tumbler lock?")


def test_a_text_is_searched_once(
    recalling: RecallingDetector, searched: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    topics: list[str] = []
    search = Topics.search

    def note(self: Topics, text: str, *, disguised: bool = True) -> list[TopicHit]:
        topics.append(text)
        return search(self, text, disguised=disguised)

    monkeypatch.setattr(Topics, "search", note)
    for _ in range(3):
        for text in ("Who is Hina Ameen?", "It rained."):
            recalling.scan(text)
            recalling.topics(text)
    assert searched == topics == ["Who is Hina Ameen?", "It rained."]


def test_what_a_caller_adds_does_not_come_back(recalling: RecallingDetector, plain: Detector) -> None:
    text = "Hina Ameen wrote Granite Glossary, says Odessa."
    for _ in range(2):
        found = recalling.scan(text)
        assert found == plain.scan(text)
        for evidence in found.values():
            evidence.names.append(Sighting(0, 1, "full"))
            evidence.parts.clear()
            evidence.marks.clear()
        found.clear()


def test_long_texts_are_not_kept(
    recalling: RecallingDetector, searched: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recall_module, "_CHARACTERS", 240)
    long, short = "Hina Ameen. " * 21, "Hina Ameen. " * 20
    for text in (long, short, long, short):
        assert recalling.scan(text)
        recalling.topics(text)
    assert searched == [long, short, long]


def test_old_texts_are_forgotten(
    recalling: RecallingDetector, searched: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recall_module, "_TEXTS", 8)
    for number in range(9):
        recalling.scan(f"Text {number}.")
    searched.clear()
    recalling.scan("Text 8.")
    recalling.scan("Text 1.")
    assert searched == []
    recalling.scan("Text 0.")
    assert searched == ["Text 0."]
