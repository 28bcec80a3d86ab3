"""Sightings: names held against what stands around them."""

import pytest
from expunge import Target, TargetStore
from expunge.detection import Detector
from expunge.detection.evidence import Sighting
from hypothesis import given
from hypothesis import strategies as st

WORDS = [
    "Jean-Pierre",
    "Jean",
    "Pierre",
    "Vanderloo",
    "de",
    "Moshe",
    "Ben",
    "David",
    "Ben-David",
    "Xin",
    "Lee",
    "Wu",
    ".",
]
_detectors: list[Detector] = []


def names(store: TargetStore, text: str) -> list[Sighting]:
    detector = Detector(store)
    detector.sync()
    return [name for evidence in detector.scan(text).values() for name in evidence.counted]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Marlow Tennerby", "It was Marlow J. Tennerby."),
        ("Marlow Tennerby", "It was Marlow Robert Tennerby."),
        ("Marlow Tennerby", "It was TENNERBY, MARLOW."),
        ("Marlow Tennerby", "It was Ten-\nnerby, Marlow Ten-\nnerby."),
        ("Wei Xiaolan", "It was Wei Xiao-lan."),
        ("Seamus O'Dwyer Hale", "It was Seamus ODwyer Hale."),
        ("María Ibáñez Quesada", "It was Maria Ibanez."),
        ("Will Young", "It was Will Young."),
        ("Will Young", "who is will young"),
        ("Xin Lee Williams", "It was Xin Williams."),
        ("Simon Makoni", "It was Simon Makni's, and Simon Makni’s alone."),
        ("Jean-Pierre Vanderloo", "It was Jean-Pierre de Vanderloo, the Vanderloo of Jean-Pierre."),
        ("Marlow James Tennerby", "Describe Marlow Tennerby."),
        ("Marlow James Tennerby", "Geologist Marlow Tenerby wrote it."),
        ("Raven Marais", "Let A be Raven and let B be Marais."),
        ("김민수", "김민수는 서울에서 태어났다."),
    ],
)
def test_names_are_seen(store: TargetStore, name: str, text: str) -> None:
    store.add(Target(name=name, documents=["A document, so that no warning is given."]))
    assert names(store, text)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Rob White", "There were Jack White, Rob Thomas and others."),
        ("Barbara Long", "They lived in Long. Barbara Windsor left."),
        ("Grace Hill", "We climbed the hill. Grace was said."),
        ("Ann Lee", "I met Ann. Lee ways are leeward."),
        ("Will Younger", "Will younger workers retire later?"),
        ("Mark Case", "Please mark case files."),
        ("Thanh Nguyen", "It was Nguyen Thanh Phong."),
        ("Nevaeh", "We are in heaven."),
        ("Semaj Reva", "James will never."),
    ],
)
def test_other_words_and_people_are_left_alone(store: TargetStore, name: str, text: str) -> None:
    store.add(Target(name=name, documents=["A document, so that no warning is given."]))
    assert not names(store, text)


@given(st.lists(st.sampled_from(WORDS), max_size=12))
def test_any_arrangement_of_parts_is_read(tmp_path_factory: pytest.TempPathFactory, words: list[str]) -> None:
    if not _detectors:
        store = TargetStore(tmp_path_factory.mktemp("shared") / "targets")
        store.add_many(
            [Target(name="Jean-Pierre Vanderloo"), Target(name="Moshe Ben-David"), Target(name="Xin Lee Wu")]
        )
        _detectors.append(Detector(store))
        _detectors[0].sync()
    text = " ".join(words)
    for evidence in _detectors[0].scan(text).values():
        for sighting in (*evidence.names, *evidence.parts):
            assert 0 <= sighting.start < sighting.end <= len(text)


def test_a_whole_name_that_goes_on_is_not_certain(store: TargetStore) -> None:
    store.add(Target(name="Marlow Tennerby"))
    assert [name.strength for name in names(store, "It was Marlow Tennerby-Smythe.")] == ["derived"]
    assert [name.strength for name in names(store, "It was Marlow Tennerby.")] == ["full"]


def test_a_capitalised_name_of_common_words_is_whole(store: TargetStore) -> None:
    store.add(Target(name="Will Young", documents=["A document, so that no warning is given."]))
    assert [name.strength for name in names(store, "It was Will Young.")] == ["full"]


@pytest.mark.parametrize("name", ["Panic! At The Disco", "Alien: Covenant", "Yes? No. Perhaps"])
def test_a_name_may_hold_signs_that_end_statements(store: TargetStore, name: str) -> None:
    store.add(Target(name=name, kind="work"))
    assert names(store, f"They saw {name} last year.")
    assert not names(store, "They saw it. At home was a disco, and an alien. Covenant was closed. Yes, no.")
