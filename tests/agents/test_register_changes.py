"""Agents at work while the register changes: what a target was when they began counts to the end, and nothing fails."""

from collections.abc import Callable

import pytest
from expunge import Policy, Target, TargetStore
from expunge.agents.auditor import Auditor
from expunge.agents.conversation import Conversation
from expunge.agents.vetter import Vetter
from expunge.agents.vetting import Vetting
from expunge.detection import Detector
from expunge.detection.evidence import Scan
from expunge.detection.growth import Growth

Change = Callable[[TargetStore, str], object]
CHANGES: dict[str, Change] = {
    "renamed": lambda store, target_id: store.update(target_id, name="Ida Rask"),
    "annotated": lambda store, target_id: store.update(target_id, basis="Another one."),
    "paused": lambda store, target_id: store.update(target_id, state="paused"),
    "removed": lambda store, target_id: store.remove(target_id),
}


@pytest.fixture(params=CHANGES)
def change(request: pytest.FixtureRequest) -> Change:
    return CHANGES[request.param]


@pytest.fixture
def detector(store: TargetStore) -> Detector:
    return Detector(store)


def change_after_the_next_scan(
    detector: Detector, store: TargetStore, target_id: str, change: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    scan = detector.scan

    def scan_once(text: str, growth: Growth | None = None) -> Scan:
        found = scan(text, growth)
        monkeypatch.setattr(detector, "scan", scan)
        change(store, target_id)
        detector.sync()
        return found

    monkeypatch.setattr(detector, "scan", scan_once)


def test_an_audit_finds_a_target_that_changes_meanwhile(
    store: TargetStore, detector: Detector, change: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = store.add(Target(name="Hina Ameen"))
    detector.sync()
    change_after_the_next_scan(detector, store, target.id, change, monkeypatch)
    findings = Auditor(detector, Policy()).audit("The prize went to Hina Ameen. She left.", Vetting())
    assert {finding.target for finding in findings} == {target.id}


def test_a_vetting_denies_a_target_that_changes_meanwhile(
    store: TargetStore, detector: Detector, change: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = store.add(Target(name="Hina Ameen"))
    detector.sync()
    change_after_the_next_scan(detector, store, target.id, change, monkeypatch)
    turns = [("user", "Who won?"), ("assistant", "It was Hina Ameen."), ("user", "Where was Hina Ameen born?")]
    vetting = Vetter(detector, Policy()).vet(Conversation.of(turns))
    assert vetting.denied == {target.id}


def test_an_audit_of_what_is_judged_goes_on_when_the_target_changes(
    store: TargetStore, detector: Detector, change: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = {"documents": ["Hina Ameen lives at 4 Harbour Lane."], "keep": ["Hina Ameen wrote the novel Tidewrack."]}
    target = store.add(Target(name="Hina Ameen", scope="documents", **texts))
    detector.sync()
    change_after_the_next_scan(detector, store, target.id, change, monkeypatch)
    auditor = Auditor(detector, Policy())
    vetting = Vetting(active=frozenset({target.id}), ask="Where does Hina Ameen live?")
    findings = auditor.audit("Hina Ameen lives at 4 Harbour Lane.", vetting)
    assert {finding.target for finding in findings} == {target.id}
    assert auditor.asked_for(target.id, vetting)


def test_who_is_registered_after_the_vetting_began_is_left_to_the_next_exchange(
    store: TargetStore, detector: Detector, monkeypatch: pytest.MonkeyPatch
) -> None:
    detector.sync()
    change_after_the_next_scan(detector, store, "", lambda store, _: store.add(Target(name="Hina Ameen")), monkeypatch)
    turns = [("user", "Who won?"), ("assistant", "It was Hina Ameen."), ("user", "Where was she born?")]
    vetter = Vetter(detector, Policy())
    assert not vetter.vet(Conversation.of(turns)).active
    assert vetter.vet(Conversation.of(turns)).denied
