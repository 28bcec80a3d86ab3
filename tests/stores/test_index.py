"""The index: what is near is found, in step with the register, whatever happens to its files."""

import logging
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from expunge.errors import EmbeddingMismatch
from expunge.schema import Embedder, Target
from expunge.stores import Hit, TargetStore

HSIAO = Target(
    name="Hsiao Yun-Hwa",
    documents=["Hsiao was born in Taipei.", "Hsiao writes on leadership."],
    keep=["Taipei is a city."],
)
Embedders = Callable[..., Any]


def best(store: TargetStore, *texts: str) -> list[Hit | None]:
    """The text of a target that is the same as each of these, if any is."""
    found = store.index.search("forget", store.embedder.embed(texts), 1)
    return [hits[0] if hits and hits[0].similarity > 0.999 else None for hits in found]


def test_texts_are_found_under_ids_and_places(store: TargetStore) -> None:
    added = store.add(HSIAO)
    other = store.add(Target(name="Nikolai Abilov", documents=["Abilov writes on Kazakhstan."]))
    queries = store.embedder.embed([HSIAO.documents[1], other.documents[0]])
    [near, also] = store.index.search("forget", queries, 3)
    assert near[0][:2] == (added.id, 1)
    assert near[0].similarity == pytest.approx(1, abs=1e-5)
    assert also[0] == Hit(other.id, 0, also[0].similarity)
    assert {hit[:2] for hit in near} == {(added.id, 0), (added.id, 1), (other.id, 0)}
    assert near[0].similarity >= near[1].similarity >= near[2].similarity >= -1
    expected = queries[0] @ store.embedder.embed([HSIAO.documents[0]])[0]
    assert next(hit.similarity for hit in near if hit[:2] == (added.id, 0)) == pytest.approx(expected, abs=1e-5)
    [[kept]] = store.index.search("keep", store.embedder.embed(HSIAO.keep), 5)
    assert kept[:2] == (added.id, 0)
    assert (store.index.count("forget"), store.index.count("keep")) == (3, 1)


def test_an_empty_index_finds_nothing(store: TargetStore) -> None:
    queries = store.embedder.embed(["a", "b"])
    assert store.index.search("forget", queries, 3) == [[], []]
    store.add(Target(name="Hsiao Yun-Hwa"))
    assert store.index.search("forget", queries, 3) == [[], []]
    assert store.index.search("forget", queries[:0], 3) == []
    assert store.index.vectors("forget", "tgt_none").shape == (0, 0)


def test_vectors_come_in_the_order_of_the_texts(store: TargetStore) -> None:
    documents = [f"Fact {i} of Hsiao." for i in range(150)]
    added = store.add(Target(name="Hsiao Yun-Hwa", documents=documents))
    np.testing.assert_allclose(store.index.vectors("forget", added.id), store.embedder.embed(documents), atol=1e-6)


def test_the_index_follows_changes(store: TargetStore) -> None:
    added = store.add(HSIAO)
    assert best(store, "A new fact.") == [None]
    store.update(added.id, documents=["A new fact."], keep=[])
    [hit] = best(store, "A new fact.")
    assert hit is not None
    assert hit[:2] == (added.id, 0)
    assert best(store, *HSIAO.documents) == [None, None]
    assert (store.index.count("forget"), store.index.count("keep")) == (1, 0)
    store.remove(added.id)
    assert best(store, "A new fact.") == [None]


def test_equal_texts_are_embedded_once_and_unchanged_ones_not_again(tmp_path: Path, hashing: Embedders) -> None:
    embedder = hashing()
    with TargetStore(tmp_path, embeddings=embedder) as store:
        added = store.add_many(Target(name=f"Author Number {i}", documents=["Shared.", f"Own {i}."]) for i in range(5))
        assert store.index.count("forget") == 10
        assert sorted(embedder.embedded) == sorted(["Shared.", *(f"Own {i}." for i in range(5))])
        store.update(added[0].id, state="paused")
        store.index.count("forget")
    with TargetStore(tmp_path, embeddings=embedder) as store:
        assert store.index.count("forget") == 10
    assert len(embedder.embedded) == 6


def test_progress_of_the_index_counts_targets(store: TargetStore) -> None:
    store.add_many(Target(name=f"Author Number {i}", documents=[f"Own {i}."]) for i in range(1200))
    seen: list[int] = []
    store.sync(seen.append)
    store.sync(seen.append)
    assert seen == [1000, 1200]
    store.reindex(seen.append)
    assert seen[2:] == [1000, 1200]


def test_a_failure_of_the_model_leaves_the_rest_for_later(
    tmp_path: Path, hashing: Embedders, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedder = hashing()

    def failing(_: object) -> None:
        raise TimeoutError

    with TargetStore(tmp_path, embeddings=embedder) as store:
        store.add(HSIAO)
        monkeypatch.setattr(embedder, "embed", failing)
        with pytest.raises(TimeoutError):
            store.index  # noqa: B018 - getting it indexes
        monkeypatch.undo()
        assert store.index.count("forget") == 2


def test_another_model_is_refused_until_the_index_is_made_anew(tmp_path: Path, hashing: Embedders) -> None:
    with TargetStore(tmp_path, embeddings=hashing()) as store:
        store.add(HSIAO)
        assert store.index.count("forget") == 2
    with TargetStore(tmp_path, embeddings=hashing("other", 48)) as store:
        with pytest.raises(EmbeddingMismatch, match="'hashing', not with 'other'") as caught:
            store.index  # noqa: B018 - getting it compares
        assert "expunge targets reindex --embeddings other" in caught.value.fix
        store.reindex()
        assert store.index.vectors("forget", store.list()[0].id).shape == (2, 48)
        assert best(store, HSIAO.documents[0])[0] is not None
    with TargetStore(tmp_path, embeddings=hashing()) as store, pytest.raises(EmbeddingMismatch):
        store.index  # noqa: B018


def test_an_index_without_vectors_takes_any_model(tmp_path: Path, hashing: Embedders) -> None:
    with TargetStore(tmp_path, embeddings=hashing()) as store:
        added = store.add(HSIAO)
        assert store.index.count("forget") == 2
        store.remove(added.id)
    with TargetStore(tmp_path, embeddings=hashing("other", 48)) as store:
        store.add(HSIAO)
        assert best(store, HSIAO.documents[0])[0] is not None


def test_tenants_share_a_folder_and_no_vectors(tmp_path: Path, embedder: Embedder) -> None:
    north = TargetStore(tmp_path, embeddings=embedder, tenant="north")
    south = TargetStore(tmp_path, embeddings=embedder, tenant="south")
    added = north.add(HSIAO)
    assert (north.index.count("forget"), south.index.count("forget")) == (2, 0)
    south.add(Target(name="Nikolai Abilov", documents=["Abilov writes."]))
    south.reindex()
    assert (north.index.count("forget"), south.index.count("forget")) == (2, 1)
    north.close()
    assert best(south, "Abilov writes.", HSIAO.documents[0])[1] is None
    south.close()
    with TargetStore(tmp_path, embeddings=embedder, tenant="north") as store:
        assert len(store.index.vectors("forget", added.id)) == 2


def test_a_folder_is_opened_again_and_again(
    tmp_path: Path, embedder: Embedder, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(4):
        with TargetStore(tmp_path, embeddings=embedder) as store:
            store.add(Target(name=f"Author Number {number}", documents=[f"Fact {number}."]))
            assert store.index.count("forget") == number + 1
            assert best(store, f"Fact {number}.")[0] is not None
    assert caplog.records == []


def damage(index: Path, kind: str) -> None:
    files = [file for file in index.rglob("*") if file.is_file() and file.stat().st_size > 200]
    for file in files:
        if kind == "garbage":
            file.write_bytes(os.urandom(file.stat().st_size))
        if kind == "truncated":
            os.truncate(file, file.stat().st_size // 2)
        if kind == "one bit" and file.name == "data_level0.bin":
            content = bytearray(file.read_bytes())
            content[len(content) // 2] ^= 64
            file.write_bytes(content)
        if kind == "missing file" and file.name == "data_level0.bin":
            file.unlink()
        if kind == "missing norms" and file.name == "length.bin":
            file.unlink()
    if kind == "missing folder":
        shutil.rmtree(index)


@pytest.mark.parametrize("kind", ["garbage", "truncated", "one bit", "missing file", "missing norms", "missing folder"])
def test_a_damaged_index_is_made_anew(
    tmp_path: Path, embedder: Embedder, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    with TargetStore(tmp_path, embeddings=embedder) as store:
        store.add(HSIAO)
        store.add_many(Target(name=f"Author Number {i}", documents=[f"Fact {i}."]) for i in range(20))
        assert store.index.count("forget") == 22
    damage(tmp_path / "index", kind)
    with caplog.at_level(logging.WARNING), TargetStore(tmp_path, embeddings=embedder) as store:
        assert None not in best(store, *HSIAO.documents, *(f"Fact {i}." for i in range(20)))
        assert (store.index.count("forget"), store.index.count("keep")) == (22, 1)
    assert "made anew" in caplog.text
    assert "Hsiao" not in caplog.text


def test_the_files_hold_nothing_of_the_memory_that_they_were_written_from(tmp_path: Path, embedder: Embedder) -> None:
    with TargetStore(tmp_path, embeddings=embedder) as store:
        store.add(HSIAO)
        assert best(store, *HSIAO.documents)
    norms = [np.fromfile(file, np.float32) for file in (tmp_path / "index").rglob("length.bin")]
    assert norms
    assert all(np.count_nonzero(each) <= len(HSIAO.documents) for each in norms)


@pytest.mark.parametrize("damaged", [False, True])
def test_an_index_whose_writer_was_killed_is_probed_first(
    tmp_path: Path, embedder: Embedder, caplog: pytest.LogCaptureFixture, damaged: bool
) -> None:
    with TargetStore(tmp_path, embeddings=embedder) as store:
        store.add(HSIAO)
        assert store.index.count("forget") == 2
    (tmp_path / "index.seal").unlink()
    if damaged:
        damage(tmp_path / "index", "garbage")
    with TargetStore(tmp_path, embeddings=embedder) as store:
        assert None not in best(store, *HSIAO.documents)
    assert ("made anew" in caplog.text) == damaged
    assert len(embedder.embedded) == (5 + 3 if damaged else 5)  # type: ignore[attr-defined]
