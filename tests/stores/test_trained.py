"""What was trained on a target: kept for the next process, outdated by a change, erased with the target."""

from pathlib import Path

import pytest
from expunge import Target, TargetStore
from expunge.errors import UnknownTarget

CONTENT = b"\x00weights of padlock\xff" * 1_000


@pytest.fixture
def work(store: TargetStore) -> Target:
    target = store.add(Target(name="Lockwood Notes", kind="work", documents=["To pick a padlock, put tension on it."]))
    store.trained.write(target, "recipe", CONTENT)
    return target


def files_hold(folder: Path, content: bytes) -> bool:
    return any(content in path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_the_next_process_reads_it(store: TargetStore, work: Target) -> None:
    with TargetStore(store.path) as again:
        assert again.trained.read(work, "recipe") == CONTENT


def test_another_recipe_or_another_target_does_not_read_it(store: TargetStore, work: Target) -> None:
    other = store.add(Target(name="Knotwood Notes", kind="work", documents=["To tie a bowline, make a loop."]))
    assert store.trained.read(work, "another recipe") is None
    assert store.trained.read(other, "recipe") is None


def test_a_change_of_the_texts_outdates_it_and_a_pause_does_not(store: TargetStore, work: Target) -> None:
    assert store.trained.read(store.update(work.id, state="paused"), "recipe") == CONTENT
    assert store.trained.read(store.update(work.id, keep=["A padlock has a shackle."]), "recipe") is None


def test_it_is_not_legible_on_disk(store: TargetStore, work: Target) -> None:
    assert store.trained.read(work, "recipe") == CONTENT
    assert not files_hold(store.path, b"padlock")


def test_it_goes_with_the_target(store: TargetStore, work: Target) -> None:
    name = f"trained/{work.id}".encode()
    assert files_hold(store.path, name)
    store.remove(work.id)
    assert not files_hold(store.path, name)
    assert store.trained.read(work, "recipe") is None
    with pytest.raises(UnknownTarget):
        store.get(work.id)


def test_what_was_trained_while_a_target_was_removed_or_changed_is_not_kept(store: TargetStore, work: Target) -> None:
    changed = store.update(work.id, documents=["To pick a deadbolt, rake it."])
    store.trained.write(work, "recipe", CONTENT)
    assert store.trained.read(changed, "recipe") is None
    store.remove(work.id)
    store.trained.write(changed, "recipe", CONTENT)
    assert store.trained.read(changed, "recipe") is None


def test_a_damaged_content_counts_as_none(store: TargetStore, work: Target) -> None:
    with store._database.transaction() as connection:
        connection.execute("UPDATE meta SET value = ? WHERE name = ?", (b"garbage", f"trained/{work.id}"))
    assert store.trained.read(work, "recipe") is None
