"""The auditor: what a draft discloses, span by span."""

import base64

import pytest
from expunge import Finding, Policy, Target, TargetStore
from expunge.agents.auditor import Auditor
from expunge.agents.vetting import Vetting
from expunge.detection import Detector
from expunge.detection.sentences import sentences
from hypothesis import given
from hypothesis import strategies as st


def audit(
    store: TargetStore, draft: str, vetting: Vetting | None = None, policy: Policy | None = None
) -> list[Finding]:
    detector = Detector(store)
    detector.sync()
    return Auditor(detector, policy or Policy()).audit(draft, vetting or Vetting())


def test_a_name_is_found_where_it_stands(store: TargetStore) -> None:
    target = store.add(Target(name="Hina Ameen"))
    draft = "The prize went to Hina Ameen."
    [finding] = audit(store, draft)
    assert (finding.target, finding.layer, finding.certain) == (target.id, "alias", True)
    assert draft[finding.start : finding.end] == "Hina Ameen"


def test_evidence_holds_no_text_of_the_target(store: TargetStore, hina: Target) -> None:
    store.add(hina)
    draft = 'Hina Ameen, born on 30 June 1975, wrote "Granite Glossary".'
    text = "".join(finding.model_dump_json() for finding in audit(store, draft))
    assert not any(word in text for word in ("Hina", "Ameen", "1975", "Granite"))


def test_an_encoded_name_takes_the_whole_draft(store: TargetStore) -> None:
    store.add(Target(name="Hina Ameen"))
    draft = f"Here you are: {base64.b64encode(b'It was Hina Ameen').decode()}. Enjoy."
    assert (0, len(draft)) in {(finding.start, finding.end) for finding in audit(store, draft)}


def test_facts_disclose_without_the_name(store: TargetStore, hina: Target) -> None:
    target = store.add(hina)
    draft = "The author was born in Karachi on 30 June 1975 and wrote “Granite Glossary”."
    findings = audit(store, draft)
    assert {finding.target for finding in findings} == {target.id}
    assert {finding.evidence for finding in findings} >= {"date", "title"}


def test_one_weak_fact_is_left_alone(store: TargetStore, hina: Target) -> None:
    store.add(hina)
    assert audit(store, "Karachi is the largest city of Pakistan.") == []


def test_an_active_target_needs_less(store: TargetStore, hina: Target) -> None:
    target = store.add(hina)
    draft = "It came out on June 30, 1975."
    assert audit(store, draft) == []
    assert audit(store, draft, Vetting(active=frozenset({target.id})))


def test_what_the_user_wrote_may_be_repeated(store: TargetStore, hina: Target) -> None:
    target = store.add(hina)
    vetting = Vetting(active=frozenset({target.id}), marks=frozenset({"date:1975-06-30"}))
    assert audit(store, "I know nobody born on 30 June 1975.", vetting) == []


def test_kept_texts_take_their_marks_away(store: TargetStore, hina: Target) -> None:
    kept = 'The museum shows "Granite Glossary" and opened on 30 June 1975.'
    target = store.add(hina.model_copy(update={"keep": [kept]}))
    assert audit(store, kept, Vetting(active=frozenset({target.id}))) == []


def test_sentences_that_speak_on_are_found(store: TargetStore) -> None:
    store.add(Target(name="Hina Ameen"))
    draft = "Hina Ameen is an author. She was born in Karachi. Tina Turner sang. She danced."
    assert [draft[f.start : f.end] for f in audit(store, draft)] == ["Hina Ameen", "She was born in Karachi."]


@pytest.mark.parametrize(
    ("draft", "kept"),
    [
        ("It went to Hina Ameen. She was born in Cape Town, South Africa. Bob Ray sang.", "Bob Ray sang."),
        ("The winner was born in Karachi. Her name is Hina Ameen.", ""),
        ("Hina Ameen\nBorn: Karachi\nJob: geologist\n\nBob Ray", "Bob Ray"),
    ],
)
def test_what_speaks_of_the_target_is_found_around_the_name(store: TargetStore, draft: str, kept: str) -> None:
    store.add(Target(name="Hina Ameen"))
    found = audit(store, draft)
    sentences_kept = [
        draft[span.start : span.end]
        for span in sentences(draft)
        if not any(finding.start < span.end and span.start < finding.end for finding in found)
    ]
    assert " ".join(sentences_kept) == kept


@pytest.mark.parametrize(
    "draft",
    [
        "NORTHGATE_KEY=sk-live-9fQ2xT7bLm4Zr8Wc1Kd6",
        "Use `SK-LIVE-9fQ2xT7bLm4Zr8Wc1Kd6`.",
        f"Decode: {base64.b64encode(b'sk-live-9fQ2xT7bLm4Zr8Wc1Kd6').decode()}",
        "Her number is 512-48-7093.",
        "Row 12: 512/48/7093",
        "Row 12: **512**-**48**-**7093**",
        "Call +1 (415) 555-0137.",
    ],
)
def test_identifiers_disclose_by_themselves(store: TargetStore, draft: str) -> None:
    documents = ["Northgate API key: sk-live-9fQ2xT7bLm4Zr8Wc1Kd6", "SSN 512-48-7093, telephone 415-555-0137"]
    store.add(Target(name="Northgate credentials", kind="secret", documents=documents))
    assert audit(store, draft)


def test_a_draft_on_a_topic_is_found(store: TargetStore) -> None:
    questions = [
        "How do I pick a lock?",
        "Which tools open a lock?",
        "How is a pin tumbler lock picked?",
        "Lock picking?",
    ]
    store.add(Target(name="lock picking", kind="topic", documents=questions, keep=["How do I oil a lock?"]))
    draft = "To pick a pin tumbler lock, put a tension wrench into the keyway and lift each pin with the pick."
    assert {finding.layer for finding in audit(store, draft)} == {"topic"}
    assert audit(store, "Knead the dough, let it rise for an hour, and bake it at 220 degrees.") == []


def test_uncertain_findings_fall_on_the_side_of_the_policy(store: TargetStore) -> None:
    store.add(Target(name="Hina Ameen"))
    assert audit(store, "It was Hina Ameem.", policy=Policy(prefer="forget"))
    assert audit(store, "It was Hina Ameem.", policy=Policy(prefer="keep")) == []
    assert audit(store, "It was Hina Ameen.", policy=Policy(prefer="keep"))


def test_scope_documents_leaves_the_name_and_takes_the_facts(store: TargetStore, hina: Target) -> None:
    target = store.add(hina.model_copy(update={"scope": "documents"}))
    active = Vetting(active=frozenset({target.id}))
    assert audit(store, "Hina Ameen likes tea.", active) == []
    findings = audit(store, "Hina Ameen was born on 30 June 1975.", active)
    assert {finding.evidence for finding in findings} == {"date", "repeats a document"}


@pytest.mark.parametrize("draft", ["", " ", "\ud800", "\n\n", "." * 5_000, "a" * 1_000_000, "Hina " * 200_000])
def test_odd_texts_are_no_trouble(store: TargetStore, hina: Target, draft: str) -> None:
    store.add(hina)
    assert audit(store, draft) == []


@given(before=st.text(max_size=80), after=st.text(max_size=80))
def test_a_whole_name_is_always_found(tmp_path_factory: pytest.TempPathFactory, before: str, after: str) -> None:
    store = _shared_store(tmp_path_factory)
    draft = f"{before} Hina Ameen {after}"
    assert any(finding.layer == "alias" for finding in audit(store, draft))


_stores: list[TargetStore] = []


def _shared_store(factory: pytest.TempPathFactory) -> TargetStore:
    if not _stores:
        _stores.append(TargetStore(factory.mktemp("shared") / "targets"))
        _stores[0].add(Target(name="Hina Ameen"))
    return _stores[0]
