"""A text that grows is searched piece by piece, and what is found is what a search of the whole finds."""

from collections.abc import Iterator

import pytest
from expunge import Target, TargetStore
from expunge.detection import Detector
from expunge.detection.evidence import Scan
from expunge.detection.growth import Growth
from hypothesis import given
from hypothesis import strategies as st

SENTENCES = [
    "It rained all day in the small town by the sea.",
    "The prize went to Hina Ameen, who was glad of it.",
    "Ameen came late.",
    'She wrote "Granite Glossary" in a hut.',
    "On 30 June 1975 the bridge was closed, and nobody knew why it had been built.",
    "Bob Ray, Rob Ameen and Jack White came second.",
    "They met Hnia Ameen again in Karachi.",
]


@pytest.fixture(scope="module")
def detector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Detector]:
    with TargetStore(tmp_path_factory.mktemp("targets")) as store:
        store.add(
            Target(
                name="Hina Ameen",
                documents=['Hina Ameen was born in Karachi on 06/30/1975. She wrote "Granite Glossary".'],
            )
        )
        detector = Detector(store)
        detector.sync()
        yield detector


def summary(scan: Scan) -> dict[str, tuple[set[object], set[object]]]:
    return {
        target_id: (
            {(name.start, name.end, name.strength) for name in evidence.names},
            {hit.key for hit in evidence.marks},
        )
        for target_id, evidence in scan.items()
        if evidence.names or evidence.marks
    }


@given(sentences=st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=120))
def test_what_is_found_piece_by_piece_is_what_is_found_at_once(detector: Detector, sentences: list[str]) -> None:
    growth, text = Growth(), ""
    for sentence in sentences:
        text += f"{sentence} "
        found = detector.scan(text, growth)
    assert summary(found) == summary(detector.scan(text))


def test_a_long_text_is_not_searched_whole_each_time() -> None:
    searched: list[int] = []
    growth, text = Growth(), ""

    def search(piece: str) -> Scan:
        searched.append(len(piece))
        return {}

    for _ in range(1_000):
        text += "It rained all day. "
        growth.scan(text, search)
    assert searched.count(len(text)) <= 1
    assert sum(searched) < 120 * len(text)


def test_what_shows_over_long_stretches_shows_when_the_text_has_doubled() -> None:
    growth, text, seen = Growth(), "", []

    def search(piece: str) -> Scan:
        seen.append(piece.startswith("Once"))
        return {}

    for number in range(400):
        text += "Once upon a time. " if not number else "It rained all day. "
        growth.scan(text, search)
    assert sum(seen[100:]) == 2


def test_evidence_that_is_added_to_by_its_reader_is_not_kept(detector: Detector) -> None:
    growth = Growth()
    first = detector.scan("Hina Ameen came.", growth)
    for evidence in first.values():
        evidence.names.clear()
    assert summary(detector.scan("Hina Ameen came. It rained.", growth)) == summary(
        detector.scan("Hina Ameen came. It rained.")
    )
