"""Thresholds of a register: kept for one tenant with who, when and why, and refused when they were tampered with."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from expunge.errors import UnreadableStore
from expunge.schema import Target, Thresholds
from expunge.stores import TargetStore
from hypothesis import given, settings
from hypothesis import strategies as st

KEY = "correct horse battery staple"
TWICE = Thresholds().scaled(2)


def set_in(folder: Path, thresholds: Thresholds = TWICE, **given: str) -> None:
    with TargetStore(folder, key=KEY, **given) as store:
        store.set_thresholds(thresholds, why="cases of May")


def sealed_in(folder: Path) -> dict[str, bytes]:
    with closing(sqlite3.connect(folder / "register.db")) as database:
        return dict(database.execute("SELECT name, value FROM meta WHERE name LIKE 'thresholds/%'"))


def put_in(folder: Path, value: object) -> None:
    with closing(sqlite3.connect(folder / "register.db")) as database, database:
        database.execute("UPDATE meta SET value = ? WHERE name LIKE 'thresholds/%'", (value,))


def test_they_are_the_defaults_until_they_are_set(store: TargetStore) -> None:
    assert (store.thresholds, store.calibration) == (Thresholds(), None)


def test_they_are_kept_with_who_when_and_why(tmp_path: Path) -> None:
    before = datetime.now(UTC)
    set_in(tmp_path, actor="the clerk")
    with TargetStore(tmp_path, key=KEY) as store:
        assert store.thresholds == TWICE
        assert store.calibration
        assert (store.calibration.who, store.calibration.why) == ("the clerk", "cases of May")
        assert before <= store.calibration.at <= datetime.now(UTC)
        store.set_thresholds(None, who="counsel")
        assert (store.thresholds, store.calibration.thresholds, store.calibration.who) == (
            Thresholds(),
            None,
            "counsel",
        )


def test_a_change_of_the_targets_shows_in_the_revision(store: TargetStore) -> None:
    store.set_thresholds(TWICE)
    assert store.calibration
    assert store.calibration.revision == store.revision
    store.add(Target(name="Ann Orr"))
    assert store.calibration.revision < store.revision


@settings(max_examples=30)
@given(st.floats(0.01, 100), st.text(max_size=20))
def test_any_factor_and_any_reason_come_back(store: TargetStore, factor: float, why: str) -> None:
    store.set_thresholds(Thresholds().scaled(factor), why=why)
    assert store.calibration
    assert (store.thresholds, store.calibration.why) == (Thresholds().scaled(factor), why)


def test_another_process_sees_them_and_another_tenant_does_not(tmp_path: Path) -> None:
    with TargetStore(tmp_path, key=KEY) as here, TargetStore(tmp_path, key=KEY) as there:
        here.set_thresholds(TWICE)
        assert there.thresholds == TWICE
        assert there.revision == here.revision
        with TargetStore(tmp_path, key=KEY, tenant="other") as other:
            assert other.thresholds == Thresholds()


def test_nothing_of_them_can_be_read_without_the_key(tmp_path: Path) -> None:
    set_in(tmp_path)
    [sealed] = sealed_in(tmp_path).values()
    assert b"discloses" not in sealed
    assert b"May" not in sealed


@pytest.mark.parametrize("value", [b"", b"x" * 40, "text", 0, 1.5, None])
def test_what_is_put_in_their_place_is_refused(tmp_path: Path, value: object) -> None:
    set_in(tmp_path)
    put_in(tmp_path, value)
    with TargetStore(tmp_path, key=KEY) as store, pytest.raises(UnreadableStore, match="calibrate"):
        store.thresholds  # noqa: B018


@settings(max_examples=20)
@given(st.integers(0, 10_000))
def test_any_flipped_bit_is_refused(tmp_path: Path, number: int) -> None:
    set_in(tmp_path)
    [sealed] = sealed_in(tmp_path).values()
    bit = number % (8 * len(sealed))
    flipped = bytes(byte ^ (1 << bit % 8 if index == bit // 8 else 0) for index, byte in enumerate(sealed))
    put_in(tmp_path, flipped)
    with TargetStore(tmp_path, key=KEY) as store, pytest.raises(UnreadableStore):
        store.thresholds  # noqa: B018


@pytest.mark.parametrize(("folder", "tenant"), [("other", "default"), ("own", "other")])
def test_those_of_another_register_or_tenant_are_refused(tmp_path: Path, folder: str, tenant: str) -> None:
    set_in(tmp_path / "own")
    [own] = sealed_in(tmp_path / "own")
    set_in(tmp_path / folder, Thresholds().scaled(50), tenant=tenant)
    [foreign] = [value for name, value in sealed_in(tmp_path / folder).items() if (folder, name) != ("own", own)]
    with closing(sqlite3.connect(tmp_path / "own" / "register.db")) as database, database:
        database.execute("UPDATE meta SET value = ? WHERE name = ?", (foreign, own))
    with TargetStore(tmp_path / "own", key=KEY) as store, pytest.raises(UnreadableStore):
        store.thresholds  # noqa: B018


def test_what_was_tampered_with_can_be_set_anew(tmp_path: Path) -> None:
    set_in(tmp_path)
    put_in(tmp_path, b"x" * 40)
    with TargetStore(tmp_path, key=KEY) as store:
        store.set_thresholds(None)
        assert store.thresholds == Thresholds()
