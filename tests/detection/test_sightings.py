"""Sightings: names held against what stands around them."""

import pytest
from expunge import Target, TargetStore
from expunge.detection import Detector
from expunge.detection.evidence import Sighting


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
        ("김민수", "김민수는 서울에서 태어났다."),
    ],
)
def test_names_are_seen(store: TargetStore, name: str, text: str) -> None:
    store.add(Target(name=name))
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


def test_a_whole_name_that_goes_on_is_not_certain(store: TargetStore) -> None:
    store.add(Target(name="Marlow Tennerby"))
    assert [name.strength for name in names(store, "It was Marlow Tennerby-Smythe.")] == ["derived"]
    assert [name.strength for name in names(store, "It was Marlow Tennerby.")] == ["full"]


def test_a_capitalised_name_of_common_words_is_whole(store: TargetStore) -> None:
    store.add(Target(name="Will Young"))
    assert [name.strength for name in names(store, "It was Will Young.")] == ["full"]
