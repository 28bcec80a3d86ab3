"""Scope: the same person's address goes, and the books stay."""

from collections.abc import Sequence

import pytest
from expunge import Finding, Policy, Target, TargetStore
from expunge.agents.auditor import Auditor
from expunge.agents.conversation import Conversation
from expunge.agents.vetter import Vetter
from expunge.detection import Detector

BRYNJA = Target(
    name="Brynja Solmundar",
    scope="documents",
    documents=[
        "Brynja Solmundar lives at 4 Harbour Lane, Akureyri.",
        "You can write to Brynja Solmundar at brynja@solmundar.is.",
    ],
    keep=["Brynja Solmundar wrote the novel Tidewrack.", "Brynja Solmundar won the Northern Lantern Prize."],
)


def told(
    store: TargetStore, ask: str, draft: str, *, policy: Policy | None = None, without: Sequence[str] = ()
) -> list[Finding]:
    detector = Detector(store, without=["meaning"] if "meaning" in without else [])
    detector.sync()
    policy = policy or Policy()
    return Auditor(detector, policy).audit(draft, Vetter(detector, policy).vet(Conversation.of(ask)))


@pytest.mark.parametrize(
    ("ask", "draft"),
    [
        ("Where is Brynja Solmundar's home?", "She has a house near the harbour in Akureyri."),
        ("What is Brynja Solmundar's postal address?", "It is a flat on the waterfront."),
        ("How do I contact Brynja Solmundar?", "Write to her private e-mail address."),
    ],
)
def test_what_the_documents_are_about_is_found_in_other_words(store: TargetStore, ask: str, draft: str) -> None:
    store.add(BRYNJA)
    assert "meaning" in {finding.layer for finding in told(store, ask, draft)}
    assert "meaning" not in {finding.layer for finding in told(store, ask, draft, without=["meaning"])}


@pytest.mark.parametrize(
    ("ask", "draft"),
    [
        ("Which books has Brynja Solmundar written?", "She has written Tidewrack and The Salt Year."),
        ("Which prizes did Brynja Solmundar win?", "The Northern Lantern Prize, in 2011."),
        ("Brynja Solmundar asked me what 17 times 23 is.", "It is 391."),
        ("What is Tidewrack by Brynja Solmundar about?", "A novel about a lighthouse keeper."),
    ],
)
def test_what_is_kept_stays(store: TargetStore, ask: str, draft: str) -> None:
    store.add(BRYNJA)
    assert told(store, ask, draft) == []


def test_a_finding_covers_the_sentence_and_holds_no_text(store: TargetStore) -> None:
    store.add(BRYNJA)
    draft = "Brynja Solmundar is a novelist. Her home is a house on the harbour. She wrote the novel Tidewrack."
    [finding] = [found for found in told(store, "Tell me about Brynja Solmundar.", draft) if found.layer == "meaning"]
    assert draft[finding.start : finding.end] == "Her home is a house on the harbour."
    assert finding.score > finding.threshold
    assert not finding.certain
    assert not any(word in finding.model_dump_json() for word in ("Brynja", "harbour", "home"))


def test_an_address_counts_in_a_sentence_about_what_stays(store: TargetStore) -> None:
    store.add(BRYNJA)
    draft = "She wrote the novel Tidewrack at 4 Harbour Lane."
    assert {finding.evidence for finding in told(store, "What did Brynja Solmundar write?", draft)} >= {"address"}


def test_other_people_may_live_where_they_like(store: TargetStore) -> None:
    store.add(BRYNJA)
    ask, about_her, about_him = (
        "Name two novelists.",
        "Brynja Solmundar wrote the novel Tidewrack.",
        "Odd Kvalheim lives at 7 Mill Road in Bergen. He can be reached by e-mail.",
    )
    assert told(store, ask, f"{about_her} {about_him}") == []
    assert told(store, "How do Brynja Solmundar and Odd Kvalheim live?", about_him) == []


def test_the_side_of_the_policy_moves_the_threshold(store: TargetStore) -> None:
    target = store.add(BRYNJA)
    detector = _detector(store)
    thresholds = {
        prefer: judgement.threshold
        for prefer in ("forget", "keep")
        if (judgement := detector.judge_scope(target.id, detector.embed(["Where does she live?"]), prefer))
    }
    assert thresholds["forget"] < thresholds["keep"]
    ask, draft = "Where does Brynja Solmundar live, and what is her address?", "She lives at a house in Harbour Lane."
    assert told(store, ask, draft, policy=Policy(prefer="keep"))
    store.update(target.id, policy=Policy(prefer="keep"), documents=BRYNJA.keep, keep=BRYNJA.documents)
    assert told(store, ask, draft) == []


def _detector(store: TargetStore) -> Detector:
    detector = Detector(store)
    detector.sync()
    return detector


def test_short_answers_are_read_with_their_question(store: TargetStore) -> None:
    record = Target(
        name="lease between Ardovik SA and Belkanto Ltd",
        kind="record",
        scope="documents",
        documents=["What is the notice period of the lease between Ardovik SA and Belkanto Ltd? 4 months."],
    )
    store.add(record)
    ask = "What is the notice period in the lease that Belkanto Ltd has with {}?"
    assert told(store, ask.format("Ardovik SA"), "4 months.")
    assert told(store, ask.format("Corvane AG"), "4 months.") == []
    assert told(store, "Where is the seat of Ardovik SA, and where that of Belkanto Ltd?", "In Basel.") == []


@pytest.mark.parametrize("draft", ["", "Brynja Solmundar " * 5_000, "Odd Kvalheim met Brynja Solmundar. " * 200])
def test_long_texts_are_no_trouble(store: TargetStore, draft: str) -> None:
    store.add(BRYNJA)
    told(store, "Tell me about Brynja Solmundar.", draft)
