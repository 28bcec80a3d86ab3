"""The ledger: what is appended stays as it was, and whoever changes it is found out."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from expunge.errors import LedgerError
from expunge.stores import Keys, Ledger, LedgerEntry
from hypothesis import given
from hypothesis import strategies as st

KEYS = Keys("correct horse battery staple")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
def ledger(path: Path) -> Iterator[Ledger]:
    ledger = Ledger(path, KEYS)
    yield ledger
    ledger.close()


def fill(ledger: Ledger, entries: int) -> list[int]:
    return [ledger.append(LedgerEntry(action="release", targets=[f"tgt_{i}"])) for i in range(entries)]


def tamper(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def test_entries_are_numbered_and_read_back(ledger: Ledger) -> None:
    entry = LedgerEntry(
        kind="error",
        action="abstain",
        targets=["tgt_1"],
        findings={"alias": 2, "meaning": 1},
        prompt_digest=ledger.digest("Who is it?"),
        policy="default",
        versions={"expunge": "0.1.0"},
        error="TimeoutError",
        elapsed_ms=1.25,
    )
    assert ledger.append(entry) == 1
    assert fill(ledger, 4) == [2, 3, 4, 5]
    assert ledger.entries(1) == [entry.model_copy(update={"number": 1})]
    assert [read.number for read in ledger.entries()] == [1, 2, 3, 4, 5]
    assert [read.number for read in ledger.entries(2, newest_first=True)] == [5, 4]
    assert ledger.entries(0) == []


def test_a_whole_ledger_verifies_also_after_reopening(ledger: Ledger, path: Path) -> None:
    assert ledger.verify().entries == 0
    fill(ledger, 5)
    verified = ledger.verify()
    assert verified.entries == 5
    again = Ledger(path, KEYS)
    assert again.verify() == verified
    again.close()


def test_digests_are_keyed_and_take_any_text(ledger: Ledger, tmp_path: Path) -> None:
    other = Ledger(tmp_path / "other.db", Keys("another key of good length"))
    assert ledger.digest("Taipei") == ledger.digest("Taipei") != other.digest("Taipei")
    assert len(ledger.digest("lone \ud800")) == 64
    other.close()


@pytest.mark.parametrize(
    ("first", "statements"),
    [
        (3, ["UPDATE entries SET body = replace(body, 'release', 'abstain') WHERE seq = 3"]),
        (3, ["UPDATE entries SET body = 7 WHERE seq = 3"]),
        (3, ["UPDATE entries SET mac = zeroblob(32) WHERE seq = 3"]),
        (3, ["UPDATE entries SET mac = 'text' WHERE seq = 3"]),
        (3, ["DELETE FROM entries WHERE seq = 3"]),
        (1, ["DELETE FROM entries WHERE seq = 1"]),
        (2, ["UPDATE entries SET seq = 9 WHERE seq = 2"]),
        (2, ["UPDATE entries SET seq = -seq WHERE seq IN (2, 3)", "UPDATE entries SET seq = 5 + seq WHERE seq < 0"]),
        (5, ["DELETE FROM entries WHERE seq = 5"]),
        (4, ["DELETE FROM entries WHERE seq > 3"]),
        (1, ["DELETE FROM entries"]),
        (4, ["DELETE FROM entries WHERE seq > 3", "UPDATE head SET entries = 3"]),
        (6, ["INSERT INTO entries SELECT 6, body, mac FROM entries WHERE seq = 5"]),
        (6, ["UPDATE head SET entries = 4"]),
        (6, ["UPDATE head SET entries = 'four'"]),
        (6, ["UPDATE head SET seal = zeroblob(32)"]),
        (6, ["DELETE FROM head"]),
    ],
)  # fmt: skip
def test_a_change_is_found_and_not_mended_by_what_is_appended(
    ledger: Ledger, path: Path, first: int, statements: list[str]
) -> None:
    fill(ledger, 5)
    tamper(path, *statements)
    with pytest.raises(LedgerError, match=rf"Entry {first} ") as caught:
        ledger.verify()
    assert caught.value.fix
    with suppress(LedgerError):  # refused at the end of the chain; elsewhere it mends nothing
        ledger.append(LedgerEntry())
    with pytest.raises(LedgerError, match=rf"Entry {first} "):
        ledger.verify()


def test_entries_of_another_key_do_not_verify(ledger: Ledger, path: Path) -> None:
    fill(ledger, 2)
    other = Ledger(path, Keys("another key of good length"))
    with pytest.raises(LedgerError, match="Entry 1 "):
        other.verify()
    other.close()


def test_a_rollback_needs_a_head_kept_elsewhere(path: Path) -> None:
    ledger = Ledger(path, KEYS)
    fill(ledger, 3)
    ledger.close()
    old = path.read_bytes()
    ledger = Ledger(path, KEYS)
    early = ledger.verify()
    fill(ledger, 2)
    late = ledger.verify(early.head)
    assert (early.entries, late.entries) == (3, 5)
    ledger.close()
    path.write_bytes(old)
    ledger = Ledger(path, KEYS)
    assert ledger.verify(early.head) == early
    with pytest.raises(LedgerError, match="expected head"):
        ledger.verify(late.head)
    ledger.close()


@given(entries=st.integers(1, 6), data=st.data())
def test_any_changed_byte_of_an_entry_is_found(
    tmp_path_factory: pytest.TempPathFactory, entries: int, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("ledger") / "ledger.db"
    ledger = Ledger(path, KEYS)
    fill(ledger, entries)
    number = data.draw(st.integers(1, entries))
    body = ledger._database.query("SELECT body FROM entries WHERE seq = ?", (number,))[0][0]
    place = data.draw(st.integers(0, len(body) - 1))
    other = data.draw(st.characters(codec="ascii", exclude_characters=["'", "\0", body[place]]))
    tamper(path, f"UPDATE entries SET body = '{body[:place]}{other}{body[place + 1 :]}' WHERE seq = {number}")
    with pytest.raises(LedgerError, match=rf"Entry {number} .* was changed"):
        ledger.verify()
    ledger.close()


def test_threads_and_other_connections_append_to_one_chain(ledger: Ledger, path: Path) -> None:
    other = Ledger(path, KEYS)
    work: list[Callable[[], object]] = [lambda: fill(ledger, 25), lambda: fill(ledger, 25), lambda: fill(other, 25)]
    threads = [threading.Thread(target=task) for task in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert other.verify().entries == 75
    other.close()
