"""Opening: what is no register, or not ours to write, is said and left alone."""

import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest
from expunge.errors import NewerStore, StoreBusy, StoreError, UnreadableStore
from expunge.schema import Target
from expunge.stores import TargetStore, database
from filelock import FileLock


@pytest.mark.parametrize("file", ["register.db", "ledger.db"])
@pytest.mark.parametrize("content", [b"this is no database\n" * 500, b"\x00" * 8192])
def test_what_is_no_database_is_unreadable(tmp_path: Path, file: str, content: bytes) -> None:
    with TargetStore(tmp_path) as store:
        assert store.ledger.entries() == []
    (tmp_path / file).write_bytes(content)
    with pytest.raises(UnreadableStore, match=file) as caught, TargetStore(tmp_path) as store:
        store.ledger.entries()
    assert caught.value.fix
    assert (tmp_path / file).read_bytes() == content


def test_a_truncated_register_is_unreadable(tmp_path: Path) -> None:
    with TargetStore(tmp_path) as store:
        store.add_many(Target(name=f"Author Number {i}") for i in range(300))
    whole = (tmp_path / "register.db").read_bytes()
    (tmp_path / "register.db").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UnreadableStore), TargetStore(tmp_path) as store:
        store.list()


def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "register.db")) as other:
        other.execute("CREATE TABLE recipes (name TEXT)")
        other.commit()
    with pytest.raises(UnreadableStore, match="none of expunge"):
        TargetStore(tmp_path)
    with closing(sqlite3.connect(tmp_path / "register.db")) as other:
        assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("recipes",)]


@pytest.mark.parametrize("file", ["register.db", "ledger.db"])
def test_a_newer_version_is_not_touched(tmp_path: Path, file: str) -> None:
    with TargetStore(tmp_path) as store:
        assert store.ledger.entries() == []
    with closing(sqlite3.connect(tmp_path / file)) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(NewerStore, match="99") as caught, TargetStore(tmp_path) as store:
        store.ledger.entries()
    assert "upgrade" in caught.value.fix


def test_a_folder_that_cannot_be_is_unreadable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file", tmp_path / "file" / "store"):
        with pytest.raises(UnreadableStore):
            TargetStore(path)
    (tmp_path / "store" / "register.db").mkdir(parents=True)
    with pytest.raises(UnreadableStore):
        TargetStore(tmp_path / "store")


def test_a_locked_register_is_busy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_TIMEOUT_S", 0.05)
    with TargetStore(tmp_path) as store, closing(sqlite3.connect(tmp_path / "register.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreBusy):
            store.add(Target(name="Hsiao Yun-Hwa"))
        other.rollback()
        store.add(Target(name="Hsiao Yun-Hwa"))


def test_a_closed_store_says_so(tmp_path: Path) -> None:
    store = TargetStore(tmp_path)
    store.close()
    with pytest.raises(StoreError):
        store.list()


def test_many_may_make_the_same_register_at_once(tmp_path: Path) -> None:
    failed: list[Exception] = []

    def work(number: int) -> None:
        try:
            with TargetStore(tmp_path / "store") as store:
                store.add(Target(name=f"Author Number {number}"))
        except Exception as error:  # noqa: BLE001 - shown by the assertion
            failed.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    with TargetStore(tmp_path / "store") as store:
        assert len(store) == 8


def test_importing_the_stores_loads_no_large_package() -> None:
    program = (
        "import expunge.stores, sys; print(*({'chromadb', 'onnxruntime', 'torch', 'wordfreq'} & sys.modules.keys()))"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout.split() == []


def test_reading_and_writing_the_register_does_not_open_the_index(tmp_path: Path) -> None:
    with TargetStore(tmp_path) as store:
        added = store.add(Target(name="Hsiao Yun-Hwa", documents=["Hsiao was born in Taipei."]))
        store.update(added.id, state="paused")
        assert store.list() == [store.get(added.id)]
        other = store.add(Target(name="Nikolai Abilov"))
        store.remove(other.id)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["key", "opening.lock", "register.db"]


def test_processes_open_a_new_register_in_turn(tmp_path: Path) -> None:
    opened = threading.Event()

    def open_one() -> None:
        with TargetStore(tmp_path):
            opened.set()

    late = threading.Thread(target=open_one)
    with FileLock(tmp_path / "opening.lock"):
        late.start()
        assert not opened.wait(0.5)
    late.join(20)
    assert opened.is_set()
