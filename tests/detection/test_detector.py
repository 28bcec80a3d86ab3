"""The detector: all layers, in step with the register."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from time import perf_counter
from unittest.mock import Mock

import pytest
from expunge import Target, TargetStore
from expunge.detection import Detector
from expunge.detection.evidence import Scan
from expunge.errors import UnreadableStore


@pytest.fixture
def detector(store: TargetStore) -> Detector:
    return Detector(store)


def scan(detector: Detector, text: str) -> Scan:
    """The targets that a text names."""
    detector.sync()
    return {target_id: evidence for target_id, evidence in detector.scan(text).items() if evidence.names}


def test_it_follows_the_register(store: TargetStore, detector: Detector) -> None:
    assert not scan(detector, "Hina Ameen")
    target = store.add(Target(name="Hina Ameen"))
    assert list(scan(detector, "Hina Ameen")) == [target.id]
    store.update(target.id, name="Hina Qureshi")
    assert not scan(detector, "Hina Ameen")
    assert list(scan(detector, "Hina Qureshi")) == [target.id]
    store.update(target.id, state="paused")
    assert not scan(detector, "Hina Qureshi")
    store.update(target.id, state="active")
    store.remove(target.id)
    assert not scan(detector, "Hina Qureshi")


def test_a_target_is_enforced_while_its_change_is_read(
    store: TargetStore, detector: Detector, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = store.add(Target(name="Hina Ameen"))
    detector.sync()
    reading, go_on = Event(), Event()
    read = store.get_many

    def wait_and_read(target_ids: Iterable[str]) -> list[Target]:
        reading.set()
        assert go_on.wait(10)
        return read(target_ids)

    monkeypatch.setattr(store, "get_many", wait_and_read)
    store.update(target.id, name="Hina Qureshi")
    thread = Thread(target=detector.sync)
    thread.start()
    assert reading.wait(10)
    assert list(detector.scan("Hina Ameen")) == [target.id]
    assert detector.targets[target.id].name == "Hina Ameen"
    go_on.set()
    thread.join()
    assert not detector.scan("Hina Ameen")
    assert list(detector.scan("Hina Qureshi")) == [target.id]
    assert detector.targets[target.id].name == "Hina Qureshi"


def test_what_cannot_be_read_leaves_all_as_it_was(
    store: TargetStore, detector: Detector, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = store.add(Target(name="Hina Ameen"))
    detector.sync()
    store.update(target.id, basis="Another one.")
    store.add(Target(name="Bob Ray"))
    with monkeypatch.context() as patch:
        patch.setattr(store, "get_many", Mock(side_effect=UnreadableStore("It is damaged.", fix="Restore it.")))
        with pytest.raises(UnreadableStore):
            detector.sync()
    assert list(detector.scan("Hina Ameen and Bob Ray")) == [target.id]
    assert len(scan(detector, "Hina Ameen and Bob Ray")) == 2


def test_a_target_may_become_one_of_another_kind(store: TargetStore, detector: Detector, hina: Target) -> None:
    target = store.add(hina)
    for changes in ({"kind": "topic"}, {"kind": "person", "scope": "documents"}, {"scope": "everything"}):
        store.update(target.id, **changes)
        detector.sync()
        assert detector.judges(target.id) == ("documents" in changes.values())
        assert bool(detector.scan("Hina Ameen")) == ("topic" not in changes.values())
    assert not detector.topics(hina.documents[0])


def test_it_follows_another_process(tmp_path: Path) -> None:
    with TargetStore(tmp_path) as one, TargetStore(tmp_path) as other:
        detector = Detector(one)
        assert not scan(detector, "Hina Ameen")
        other.add(Target(name="Hina Ameen"))
        assert scan(detector, "Hina Ameen")


def test_an_obligation_ends(store: TargetStore, detector: Detector) -> None:
    store.add(Target(name="Hina Ameen", expires_at=datetime.now(UTC) + timedelta(seconds=0.3)))
    assert scan(detector, "Hina Ameen")
    started = perf_counter()
    while scan(detector, "Hina Ameen"):
        assert perf_counter() - started < 5


def test_nothing_is_embedded_without_documents(store: TargetStore, detector: Detector) -> None:
    store.add(Target(name="Hina Ameen"))
    detector.sync()
    assert detector.likeness(["Who is it?"], 8) == []
    assert "embedder" not in store.__dict__


def test_likeness_ranks_what_is_near(store: TargetStore, detector: Detector, hina: Target) -> None:
    target = store.add(hina)
    detector.sync()
    [near, far] = detector.likeness(["In which city was Hina Ameen born?", "How do I bake bread?"], 8)
    assert near.forget[target.id] > 0.7 > far.forget[target.id]
    assert near.bonus(target.id) > 0.4
    assert far.bonus(target.id) == 0


def test_kept_texts_that_are_nearer_take_the_bonus_away(store: TargetStore, detector: Detector, hina: Target) -> None:
    target = store.add(hina.model_copy(update={"keep": ["In which city was Hina Ameen born?"]}))
    detector.sync()
    [likeness] = detector.likeness(["In which city was Hina Ameen born?"], 8)
    assert likeness.bonus(target.id) == 0


def test_somebody_elses_longer_name_is_left_alone(store: TargetStore, detector: Detector) -> None:
    store.add(Target(name="Thanh Nguyen"))
    assert scan(detector, "It was Nguyen Thanh.")
    assert not scan(detector, "It was Nguyen Thanh Phong.")


def test_many_threads_share_one_detector(store: TargetStore, detector: Detector) -> None:
    found: list[int] = []

    def work() -> None:
        for _ in range(20):
            detector.sync()
            found.append(len(detector.scan("Hina Ameen and Bob Ray")))

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    store.add_many([Target(name="Hina Ameen"), Target(name="Bob Ray")])
    for thread in threads:
        thread.join()
    assert len(found) == 80
    assert set(found) <= {0, 2}


@pytest.mark.parametrize("piece", ["Hina ", "Hina Ameen ", "Karachi, ", "Hi\ud800na ", "a1 ", "Ab Cd. "])
def test_a_megabyte_takes_seconds(store: TargetStore, detector: Detector, hina: Target, piece: str) -> None:
    store.add(hina)
    detector.sync()
    started = perf_counter()
    detector.scan(piece * (1_000_000 // len(piece)))
    assert perf_counter() - started < 30
