"""What is on disk: never a target's text, and of a removed target nothing at all."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from expunge.errors import StoreBusy
from expunge.schema import Embedder, Target, Vectors
from expunge.stores import LedgerEntry, TargetStore
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

Look = Callable[[Path, bytes], list[str]]
LookForVector = Callable[[Path, Vectors], list[str]]

NAME = "Hsiao Yün-Hwa"
PLACE = "Táipei"
HSIAO = Target(
    name=NAME,
    aliases=[f"{NAME} the Elder"],
    documents=[f"{NAME} was born in {PLACE}.", f"{PLACE} was home to {NAME}."],
    keep=[f"{PLACE} is a city."],
    basis=f"request of {NAME}",
    requester=f"{NAME} <hsiao@{PLACE}.example>",
)
OTHERS = [Target(name=f"Author Number {i}", documents=[f"Author {i} lives at {i} Hill Road."]) for i in range(30)]


def spellings(word: str) -> list[bytes]:
    """The bytes by which a word could stand in a file."""
    return [word.encode(), word.encode("utf-16-le"), word.encode("latin-1"), ascii(word)[1:-1].encode()]


def test_no_text_of_a_target_is_on_disk(store: TargetStore, files_with: Look) -> None:
    def look() -> list[str]:
        return [file for word in (NAME, PLACE) for part in spellings(word) for file in files_with(store.path, part)]

    added = store.add(HSIAO, who=NAME, why=f"{NAME} asked")
    assert store.index.count("forget") == 2
    store.ledger.append(LedgerEntry(targets=[added.id], text_digest=store.ledger.digest(f"{NAME} of {PLACE}")))
    assert look() == []
    store.update(added.id, documents=[f"{NAME} left {PLACE}."], why=f"{NAME} wrote again")
    store.index.count("forget")
    assert look() == []
    store.remove(added.id, who=NAME, why=f"{NAME} asked")
    assert look() == []
    store.close()
    assert look() == []


def test_of_a_removed_target_no_ciphertext_stays(store: TargetStore, files_with: Look) -> None:
    store.add_many(OTHERS)
    added = store.add(HSIAO)
    store.update(added.id, aliases=["Y. Hsiao"])
    sql = "SELECT payload FROM targets WHERE id = ?1 UNION ALL SELECT payload FROM changes WHERE target = ?1"
    payloads = [payload[:32] for (payload,) in store._database.query(sql, (added.id,))]
    tags = [row[0] for row in store._database.query("SELECT content_tag FROM targets WHERE id = ?", (added.id,))]
    assert len(payloads) == 3
    assert all(files_with(store.path, part) for part in payloads + tags)
    store.remove(added.id)
    assert not any(files_with(store.path, part) for part in payloads + tags)
    assert len(store) == len(OTHERS)
    assert [target.name for target in store] == [target.name for target in OTHERS]


def test_of_a_removed_target_no_vector_stays(
    store: TargetStore, embedder: Embedder, files_with_vector: LookForVector
) -> None:
    store.add_many(OTHERS)
    added = store.add(HSIAO)
    assert store.index.count("forget") == 32
    vectors = embedder.embed(HSIAO.documents + HSIAO.keep)
    assert all(files_with_vector(store.path, vector) for vector in vectors)
    store.remove(added.id)
    assert not any(files_with_vector(store.path, vector) for vector in vectors)
    others = embedder.embed([target.documents[0] for target in OTHERS])
    assert all(files_with_vector(store.path, vector) for vector in others)
    found = store.index.search("forget", others, 1)
    assert [[hit.target for hit in hits] for hits in found] == [[target.id] for target in store]


@given(
    steps=st.lists(st.tuples(st.sampled_from(["add", "shorten", "replace", "remove"]), st.integers(0, 5)), max_size=8)
)
@hypothesis_settings(max_examples=10)
def test_after_any_changes_the_vectors_of_what_is_gone_are_gone(
    tmp_path_factory: pytest.TempPathFactory,
    hashing: Callable[[], Embedder],
    files_with_vector: LookForVector,
    steps: list[tuple[str, int]],
) -> None:
    embedder = hashing()
    gone: list[str] = []
    with TargetStore(tmp_path_factory.mktemp("store"), embeddings=embedder) as store:
        for number, (step, choice) in enumerate(steps):
            targets = store.list()
            if step == "add" or not targets:
                store.add(Target(name=f"Author {number}", documents=[f"{number}: {i}" for i in range(choice)]))
                continue
            target = targets[choice % len(targets)]
            if step == "shorten":
                gone += target.documents[1:]
                store.update(target.id, documents=target.documents[:1])
            elif step == "replace":
                gone += target.documents[:1]
                store.update(target.id, documents=[f"{number}: new", *target.documents[1:]])
            else:
                gone += target.documents
                store.remove(target.id)
            assert store.index.count("forget") == sum(len(target.documents) for target in store)
    with TargetStore(store.path, embeddings=embedder) as store:
        for target in store:
            vectors = embedder.embed(target.documents)
            np.testing.assert_allclose(
                store.index.vectors("forget", target.id).reshape(vectors.shape), vectors, atol=1e-5
            )
        assert [files for text in gone if (files := files_with_vector(store.path, embedder.embed([text])[0]))] == []


def test_a_removal_cut_short_is_finished_on_opening(
    tmp_path: Path, embedder: Embedder, files_with: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    with TargetStore(tmp_path, embeddings=embedder) as store:
        added = store.add(HSIAO)
        assert store.index.count("forget") == 2
        [(payload,)] = store._database.query("SELECT payload FROM targets")
        monkeypatch.setattr("expunge.stores.database.Database.wipe", _interrupted)
        with pytest.raises(KeyboardInterrupt):
            store.remove(added.id)
        monkeypatch.undo()
        assert store._database.query("SELECT name FROM meta WHERE name = 'unwiped'")
    with TargetStore(tmp_path, embeddings=embedder) as store:
        assert not store._database.query("SELECT name FROM meta WHERE name = 'unwiped'")
        assert files_with(tmp_path, payload[:32]) == []
        assert len(store) == 0
        assert store.index.count("forget") == 0


def _interrupted(_: object) -> None:
    raise KeyboardInterrupt


def test_a_reader_in_the_way_of_a_removal_is_said(
    store: TargetStore, files_with: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("expunge.stores.database.BUSY_TIMEOUT_S", 0.1)
    with TargetStore(store.path) as impatient, closing(sqlite3.connect(store.path / "register.db")) as reader:
        added = impatient.add(HSIAO)
        [(payload,)] = impatient._database.query("SELECT payload FROM targets")
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM targets").fetchall()
        with pytest.raises(StoreBusy, match="deleted content"):
            impatient.remove(added.id)
        reader.rollback()
    TargetStore(store.path).close()
    assert files_with(store.path, payload[:32]) == []
