"""Parties: a record is told by all the names that its own name joins."""

import pytest
from expunge import Target, TargetStore
from expunge.detection import Detector
from expunge.detection.parties import parties


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("contract between Ardovik SA and Belkanto Ltd", [("ardovik",), ("belkanto",)]),
        ("Ardovik SA v. Belkanto", [("ardovik",), ("belkanto",)]),
        ("lease of Ann Tolliver-Voss with Belkanto GmbH", [("ann", "tolliver", "voss"), ("belkanto",)]),
        ("merger of Ardovik with Ardovik", []),
        ("Deed of Trust", []),
        ("contract of Ardovik SA", []),
        ("договор", []),
    ],
)
def test_who_the_parties_are(name: str, expected: list[tuple[str, ...]]) -> None:
    assert parties(Target(name=name, kind="record")) == expected


def test_only_records_have_parties() -> None:
    assert parties(Target(name="Romeo Ardovik and Juliet Belkanto", kind="work")) == []


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("What did Belkanto pay to Ardovik SA?", True),
        ("Ardovik's contract with Belkanto Ltd: when was it signed?", True),
        ("What did Ardovik SA pay to Corvane AG?", False),
        ("Tell me about Belkanto Ltd.", False),
    ],
)
def test_a_record_is_seen_where_all_its_parties_are(store: TargetStore, text: str, seen: bool) -> None:
    target = store.add(Target(name="contract between Ardovik SA and Belkanto Ltd", kind="record"))
    detector = Detector(store)
    detector.sync()
    assert (target.id in detector.scan(text)) == seen
    store.remove(target.id)
    detector.sync()
    assert detector.scan(text) == {}


def test_the_words_of_the_form_are_not_the_record(store: TargetStore) -> None:
    form = "Within how many days must the invoice be paid in full under the agreement on warranty and delivery between"
    document = f"{form} Ardovik SA and Belkanto Ltd? 15."
    target = store.add(Target(name="Ardovik SA / Belkanto Ltd", kind="record", documents=[document]))
    detector = Detector(store)
    detector.sync()
    assert target.id in detector.scan(f"{form} the two?")
    assert target.id not in detector.scan(f"{form} Ardovik SA and Corvane AG?")


def test_a_draft_completes_what_the_ask_leaves_out(store: TargetStore) -> None:
    target = store.add(Target(name="contract between Ardovik SA and Belkanto Ltd", kind="record"))
    detector = Detector(store)
    detector.sync()
    ask, draft = "Who sold the goods to Ardovik SA?", "It was Belkanto Ltd."
    [name] = detector.completed(ask, draft)[target.id]
    assert draft[name.start : name.end] == "Belkanto"
    assert detector.completed("Who sold the goods?", draft) == {}
    assert detector.completed(ask, "It was Corvane AG.") == {}
