"""A register at one moment: what it holds, what it finds, how it travels, and what it leaves alone."""

import pickle
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import numpy as np
import pytest
from expunge import Target, TargetStore
from expunge.detection import Detector
from expunge.schema import Thresholds, Vectors
from expunge.stores import index as index_module
from expunge.stores.abstentions import Abstention, Abstentions
from expunge.stores.index import KINDS, Hit, Rows
from expunge.stores.snapshot import Matrix, Snapshot
from expunge.stores.source import TargetSource
from hypothesis import given
from hypothesis import strategies as st

HINA = Target(
    name="Hina Ameen",
    documents=["Hina Ameen was born in Karachi on 06/30/1975.", 'Hina Ameen wrote "Granite Glossary".'],
    keep=["Karachi is a city."],
)
QUILL = Target(name="Odessa Quill")
ROWE = Target(name="Ellen Rowe", documents=["Ellen Rowe sails."], keep=["Boats float."])
LOCKS = Target(
    name="lock picking",
    kind="topic",
    documents=["How do I pick a lock?", "How do I open a lock?"],
    keep=[f"How do I get to platform {number}?" for number in range(20)],
)
SECRETS = ("Hina", "Ameen", "Karachi", "Granite", "Odessa", "Quill")
TEXTS = [
    "Who is Hina Ameen?",
    "Odessa Quil wrote it.",
    "Born on June 30, 1975, she wrote Granite Glossary.",
    "It rained all day.",
    HINA.documents[0],
]


class Counting(Protocol):
    """The embedding model of these tests, which keeps what it embedded."""

    embedded: list[str]


def long_text(sentences: int) -> str:
    return " ".join(
        f"Fact number {i} of the subject is that it likes the letter {i} most of all." for i in range(sentences)
    )


def found(source: TargetSource, texts: Sequence[str] = TEXTS) -> list[object]:
    """What the layers of detection make of texts."""
    detector = Detector(source)
    detector.sync()
    likenesses = detector.likeness(texts, 8)
    alike = [({key: round(near, 4) for key, near in each.forget.items()}, len(each.keep)) for each in likenesses]
    return [[detector.scan(text) for text in texts], alike]


def files(folder: Path) -> dict[str, bytes]:
    return {str(file): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


def test_it_finds_what_the_register_finds_here_and_elsewhere(store: TargetStore) -> None:
    store.add_many([HINA, QUILL])
    snapshot = Snapshot.of(store)
    expected = found(store)
    assert found(snapshot) == expected
    assert found(pickle.loads(pickle.dumps(snapshot))) == expected


def test_what_is_set_for_the_register_travels_with_it(store: TargetStore) -> None:
    store.add_many([HINA, QUILL])
    store.set_thresholds(Thresholds().scaled(2))
    store.set_abstentions(Abstentions(answers=(Abstention(text="I don't know.", seconds=0.5),)))
    snapshot = Snapshot.of(store)
    assert snapshot.index.count("forget") == 2  # what is worked out here is not sent
    sent: Snapshot = pickle.loads(pickle.dumps(snapshot))
    assert sent.targets == tuple(store)
    assert (sent.revision, sent.thresholds) == (store.revision, Thresholds().scaled(2))
    assert sent.versions() == store.versions()
    assert sent.abstentions == store.abstentions
    assert sent.keys.digest("purpose", b"content") == store.keys.digest("purpose", b"content")
    assert [target.name for target in sent.get_many([store.list()[1].id, "tgt_never"])] == ["Odessa Quill"]


def test_an_index_that_was_looked_at_is_not_sent(store: TargetStore) -> None:
    store.add(HINA)
    snapshot, query = Snapshot.of(store), store.embedder.embed(["a"])
    before = pickle.dumps(snapshot)
    assert snapshot.index.search("forget", query, 1)
    assert snapshot.embedder is store.embedder
    assert pickle.dumps(snapshot) == before


def test_vectors_come_in_the_order_of_the_texts_of_each_target(
    store: TargetStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_module, "ROWS", 7)  # more pages than one
    many = store.add(Target(name="Hsiao Yun-Hwa", documents=[f"Fact {i} of Hsiao." for i in range(25)]))
    long = store.add(Target(name="Nikolai Abilov", documents=[long_text(30), "A short one."], keep=["Kept."]))
    bare = store.add(QUILL)
    snapshot = Snapshot.of(store)
    for kind in KINDS:
        assert snapshot.index.count(kind) == store.index.count(kind)
        for target in (many, long, bare):
            np.testing.assert_array_equal(snapshot.index.vectors(kind, target.id), store.index.vectors(kind, target.id))
    assert len(snapshot.index.vectors("forget", long.id)) > 11
    np.testing.assert_allclose(
        snapshot.index.vectors("forget", many.id), store.embedder.embed(many.documents), atol=1e-6
    )
    assert snapshot.index.vectors("forget", bare.id).shape == (0, 0)


def test_rows_come_whole_from_any_page_size(store: TargetStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.add_many(Target(name=f"Author Number {i}", documents=[f"Fact {i}.", f"Also {i}."]) for i in range(9))
    whole = store.index.rows("forget")
    monkeypatch.setattr(index_module, "ROWS", 4)
    pages = store.index.rows("forget")
    assert sorted(pages.texts) == sorted(whole.texts) == sorted((t.id, place) for t in store for place in (0, 1))
    where = [whole.texts.index(text) for text in pages.texts]
    np.testing.assert_array_equal(pages.vectors, whole.vectors[where])
    assert store.index.rows("keep").texts == []
    assert store.index.rows("keep").vectors.shape == (0, 0)


def rows_of(kinds: dict[str, int], dimensions: int, seed: int) -> Vectors:
    rows = np.random.default_rng(seed).standard_normal((sum(kinds.values()), dimensions), dtype=np.float32)
    unit: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


@given(
    sizes=st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 4), max_size=6),
    k=st.integers(1, 30),
    queries=st.integers(0, 4),
    seed=st.integers(0, 2**32),
)
def test_a_search_is_that_of_a_plain_loop(sizes: dict[str, int], k: int, queries: int, seed: int) -> None:
    texts = [(target, place) for target, size in sizes.items() for place in range(size)]
    vectors = rows_of(sizes, 6, seed) if texts else np.empty((0, 0), dtype=np.float32)
    matrix = Matrix({"forget": Rows(texts, vectors), "keep": Rows([], np.empty((0, 0), dtype=np.float32))})
    asked = np.random.default_rng(seed + 1).standard_normal((queries, 6), dtype=np.float32)
    assert matrix.search("keep", asked, k) == [[] for _ in range(queries)]
    hits = matrix.search("forget", asked, k)
    assert len(hits) == queries
    for query, own in zip(asked, hits, strict=True):
        expected = sorted((-float(query @ vector), text) for text, vector in zip(texts, vectors, strict=True))[:k]
        assert [hit[:2] for hit in own] == [text for _, text in expected]
        assert [-hit.similarity for hit in own] == pytest.approx([max(-1.0, score) for score, _ in expected], abs=1e-5)


def test_a_search_is_that_of_chroma(store: TargetStore) -> None:
    store.add_many(
        Target(name=f"Author Number {i}", documents=[f"Fact {i} of {j}." for j in range(3)]) for i in range(40)
    )
    snapshot = Snapshot.of(store)
    queries = store.embedder.embed([f"A question {i}?" for i in range(20)] + ["Fact 7 of 2."])

    def agree(k: int) -> list[bool]:
        pairs = zip(snapshot.index.search("forget", queries, k), store.index.search("forget", queries, k), strict=True)
        return [_same(ours, theirs) for ours, theirs in pairs]

    # Chroma's graph may miss a near one; the matrix looks at all.
    assert sum(agree(5)) >= len(queries) - 1
    assert [len(hits) for hits in snapshot.index.search("forget", queries[:2], 1_000)] == [120, 120]
    assert snapshot.index.search("forget", queries[:0], 3) == store.index.search("forget", queries[:0], 3) == []


def _same(ours: list[Hit], theirs: list[Hit]) -> bool:
    alike = np.allclose([hit.similarity for hit in ours], [hit.similarity for hit in theirs], atol=1e-5)
    return alike and [hit[:2] for hit in ours] == [hit[:2] for hit in theirs]


def test_an_empty_register_has_a_snapshot(store: TargetStore) -> None:
    snapshot: Snapshot = pickle.loads(pickle.dumps(Snapshot.of(store)))
    assert snapshot.index.search("forget", store.embedder.embed(["a"]), 3) == [[]]
    assert found(snapshot)[0] == [{} for _ in TEXTS]


def test_a_changed_register_does_not_change_a_snapshot(store: TargetStore) -> None:
    hina, quill = store.add_many([HINA, QUILL])
    snapshot = Snapshot.of(store)
    revision, before = snapshot.revision, found(snapshot)
    store.update(hina.id, documents=["Hina Ameen keeps bees."])
    store.remove(quill.id)
    store.add(Target(name="Bob Ray", documents=["Bob Ray won."]))
    assert found(store) != before
    assert (snapshot.revision, found(snapshot)) == (revision, before)
    assert Snapshot.of(store).revision > revision


def test_nothing_is_written(store: TargetStore) -> None:
    topic = store.add(LOCKS)
    store.add(HINA)
    assert store.index.count("forget") > 0
    before = files(store.path)
    snapshot = Snapshot.of(store)
    snapshot.trained.write(topic, "recipe", b"content")
    snapshot.index.search("forget", snapshot.embedder.embed(["a"]), 1)
    assert snapshot.ledger.digest("a text") == ""
    pickle.loads(pickle.dumps(snapshot))
    assert files(store.path) == before
    assert snapshot.trained.read(topic, "recipe") is None


def test_it_shows_nothing_of_its_targets(store: TargetStore) -> None:
    store.add_many([HINA, QUILL])
    snapshot = Snapshot.of(store)
    for shown in (repr(snapshot), str(snapshot), f"{snapshot}"):
        assert not any(secret in shown for secret in SECRETS)
        assert "2" in shown


def test_what_was_trained_on_a_topic_is_taken_along_sealed(store: TargetStore) -> None:
    topic, work = store.add_many(
        [
            LOCKS,
            Target(name="Lockwood Notes", kind="work", documents=["To pick a padlock, put tension on it."]),
        ]
    )
    for target in (topic, work):
        store.trained.write(target, "recipe", b"weights of padlock")
    sent = pickle.dumps(Snapshot.of(store))
    assert b"weights of padlock" not in sent
    snapshot: Snapshot = pickle.loads(sent)
    assert snapshot.trained.read(topic, "recipe") == b"weights of padlock"
    assert snapshot.trained.read(topic, "another recipe") is None
    assert snapshot.trained.read(work, "recipe") is None
    store.trained.write(topic, "recipe", b"later")
    store.update(topic.id, documents=["How do I bake bread?", "How do I bake a cake?"])
    assert snapshot.trained.read(topic, "recipe") == b"weights of padlock"
    assert Snapshot.of(store).trained.read(store.get(topic.id), "recipe") is None


class Then:
    """A register that changed after a moment."""

    def __init__(self, store: TargetStore) -> None:
        self.same, self.before, self.gone = store.add_many(
            [QUILL.model_copy(update={"documents": ["Same."]}), HINA, ROWE]
        )
        self.expected = found(Snapshot.of(store))
        self.moment = datetime.now(UTC)
        self.after = store.update(self.before.id, documents=["Hina Ameen keeps bees.", "In Lahore."], keep=[])
        store.remove(self.gone.id)
        self.later = store.add(Target(name="Bob Ray", documents=["Bob Ray won."], keep=["It rained."]))


def test_a_past_moment_has_the_targets_and_vectors_of_then(store: TargetStore, embedder: Counting) -> None:
    then = Then(store)
    now = found(store)
    assert store.index.count("forget") == 4
    embedder.embedded.clear()
    snapshot = Snapshot.of(store, then.moment)
    assert snapshot.targets == (then.same, then.before)
    texts = [*HINA.documents, *HINA.keep]
    assert sorted(embedder.embedded) == sorted(texts)  # what did not change is not embedded again
    for kind in KINDS:
        expected = store.embedder.embed(HINA.documents if kind == "forget" else HINA.keep)
        np.testing.assert_allclose(snapshot.index.vectors(kind, then.before.id), expected, atol=1e-6)
    np.testing.assert_array_equal(
        snapshot.index.vectors("forget", then.same.id), store.index.vectors("forget", then.same.id)
    )
    assert found(store) == now


@pytest.mark.parametrize("kind", KINDS)
def test_a_past_moment_knows_nothing_of_what_came_later_or_is_gone(store: TargetStore, kind: index_module.Kind) -> None:
    then = Then(store)
    snapshot = Snapshot.of(store, then.moment)
    hits = snapshot.index.search(kind, store.embedder.embed(["Bob Ray won.", "Ellen Rowe sails."]), 50)
    assert {hit.target for own in hits for hit in own} <= {then.same.id, then.before.id}
    assert snapshot.index.vectors(kind, then.later.id).shape == (0, 0)
    assert snapshot.index.count(kind) == (3 if kind == "forget" else 1)
    assert found(pickle.loads(pickle.dumps(snapshot)))[0] == then.expected[0]


def test_a_moment_before_all_targets_is_empty(store: TargetStore) -> None:
    before = datetime.now(UTC)
    store.add_many([HINA, QUILL])
    snapshot = Snapshot.of(store, before)
    assert snapshot.targets == ()
    assert (snapshot.index.count("forget"), snapshot.index.count("keep")) == (0, 0)
