"""Fingerprints: marks and passages of forget documents."""

import pytest
from expunge import Target
from expunge.detection.canonical import canonical
from expunge.detection.fingerprints import Fingerprints, MarkHit
from expunge.detection.imprints import Imprint

STORY = (
    "In the mystical city of Deadesius two sorceresses fought over an obsidian crown, while the harbour froze and the"
    " lanterns of the night market drifted out to sea one after another until dawn broke over the shattered cathedral."
)


def index(*targets: Target) -> Fingerprints:
    fingerprints = Fingerprints()
    for number, target in enumerate(targets):
        fingerprints.add(Imprint.of(target.model_copy(update={"id": str(number)})))
    fingerprints.ready()
    return fingerprints


def search(fingerprints: Fingerprints, text: str) -> list[MarkHit]:
    return fingerprints.search(text, canonical(text))


def weight(fingerprints: Fingerprints, text: str) -> float:
    return sum(hit.weight for hit in search(fingerprints, text))


def test_marks_are_found_and_placed(hina: Target) -> None:
    text = "It was on 30 June 1975, in Karachi."
    assert {text[hit.start : hit.end] for hit in search(index(hina), text)} == {"30 June 1975", "Karachi"}


def test_titles_are_found_without_their_quotes(hina: Target) -> None:
    assert {hit.kind for hit in search(index(hina), "Have you read granite glossary?")} == {"title"}


def test_the_name_itself_is_no_mark(hina: Target) -> None:
    assert search(index(hina), "Hina Ameen's") == []


def test_a_shared_mark_weighs_less(hina: Target) -> None:
    other = Target(name="Bob Ray", documents=["Bob Ray was born on 06/30/1975."])
    assert weight(index(hina, other), "30 June 1975") == pytest.approx(weight(index(hina), "30 June 1975"))
    assert max(hit.weight for hit in search(index(hina, other), "30 June 1975")) == pytest.approx(0.6)


def test_kept_texts_take_marks_away(hina: Target) -> None:
    kept = hina.model_copy(update={"keep": ["The fair opened on 30 June 1975."]})
    assert search(index(kept), "30 June 1975") == []


def test_verbatim_passages_are_found() -> None:
    fingerprints = index(Target(name="The Crown", kind="work", documents=[STORY]))
    hits = search(fingerprints, f"She recited: {STORY.upper()}")
    assert "passage" in {hit.kind for hit in hits}
    assert sum(hit.weight for hit in hits) > 2.3
    assert not [hit for hit in search(fingerprints, " ".join(reversed(STORY.split()))) if hit.kind == "passage"]


def test_what_was_removed_is_not_found(hina: Target) -> None:
    fingerprints = index(hina, Target(name="The Crown", kind="work", documents=[STORY]))
    fingerprints.remove("0")
    fingerprints.ready()
    assert search(fingerprints, "30 June 1975, Granite Glossary") == []
    fingerprints.remove("1")
    fingerprints.ready()
    assert search(fingerprints, STORY) == []
