"""Abstentions of a register: kept for one tenant with who, when and why, and refused when they were tampered with."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from expunge.errors import UnreadableStore
from expunge.stores import TargetStore
from expunge.stores.abstentions import LEAST, Abstention, Abstentions
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

KEY = "correct horse battery staple"
ANSWER = Abstention(text="That rings no bell.", seconds=0.5, streamed=True)
COLLECTED = Abstentions(answers=(ANSWER,) * LEAST, model="the model", asked=9, named=1, claimed=2, withheld=1)


def set_in(folder: Path, tenant: str = "default") -> None:
    with TargetStore(folder, key=KEY, tenant=tenant) as store:
        store.set_abstentions(COLLECTED, why="a new model")


def rows_in(folder: Path) -> dict[str, bytes]:
    with closing(sqlite3.connect(folder / "register.db")) as database:
        return dict(database.execute("SELECT name, value FROM meta WHERE name LIKE 'abstentions/%'"))


def put_in(folder: Path, value: object) -> None:
    with closing(sqlite3.connect(folder / "register.db")) as database, database:
        database.execute("UPDATE meta SET value = ? WHERE name LIKE 'abstentions/%'", (value,))


def test_there_are_none_until_they_are_set(store: TargetStore) -> None:
    assert store.abstentions is None


def test_they_are_kept_with_who_when_and_why_and_taken_back(tmp_path: Path) -> None:
    before = datetime.now(UTC)
    with TargetStore(tmp_path, key=KEY, actor="the clerk") as store:
        store.set_abstentions(COLLECTED, why="a new model")
        kept = store.abstentions
        assert kept
        assert kept.enough
        assert kept.model_copy(update={"at": None, "who": "", "why": ""}) == COLLECTED
        assert (kept.who, kept.why) == ("the clerk", "a new model")
        assert kept.at
        assert before <= kept.at <= datetime.now(UTC)
        store.set_abstentions(None, who="counsel")
        assert store.abstentions
        assert (store.abstentions.answers, store.abstentions.who, store.abstentions.enough) == ((), "counsel", False)


def test_targets_are_not_changed_by_them(store: TargetStore) -> None:
    before = store.revision
    store.set_abstentions(COLLECTED)
    assert store.revision == before


def test_another_process_sees_them_and_another_tenant_does_not(tmp_path: Path) -> None:
    with TargetStore(tmp_path, key=KEY) as here, TargetStore(tmp_path, key=KEY) as there:
        before = there.abstentions
        here.set_abstentions(COLLECTED)
        assert before is None
        assert there.abstentions == here.abstentions != before
        with TargetStore(tmp_path, key=KEY, tenant="other") as other:
            assert other.abstentions is None


@settings(max_examples=30)
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30), st.floats(0, 1e6))
def test_any_text_and_any_time_come_back(store: TargetStore, text: str, seconds: float) -> None:
    store.set_abstentions(Abstentions(answers=(Abstention(text=text, seconds=seconds),)))
    assert store.abstentions
    assert store.abstentions.answers == (Abstention(text=text, seconds=seconds),)


@pytest.mark.parametrize("seconds", [-0.1, float("inf"), float("nan")], ids=str)
def test_a_time_is_a_finite_number_of_seconds(seconds: float) -> None:
    with pytest.raises(ValidationError):
        Abstention(text="No.", seconds=seconds)


def test_nothing_of_them_can_be_read_without_the_key(tmp_path: Path) -> None:
    set_in(tmp_path)
    [sealed] = rows_in(tmp_path).values()
    assert b"bell" not in sealed
    assert b"model" not in sealed


@pytest.mark.parametrize("value", [b"", b"x" * 40, "text", 0, 1.5, None])
def test_what_is_put_in_their_place_is_refused(tmp_path: Path, value: object) -> None:
    set_in(tmp_path)
    put_in(tmp_path, value)
    with TargetStore(tmp_path, key=KEY) as store:
        with pytest.raises(UnreadableStore) as refused:
            store.abstentions  # noqa: B018
        assert "expunge abstentions reset" in (refused.value.fix or "")
        store.set_abstentions(None)
        assert store.abstentions


def test_those_of_another_tenant_are_refused(tmp_path: Path) -> None:
    set_in(tmp_path)
    own = rows_in(tmp_path)
    set_in(tmp_path, "other")
    [foreign] = (value for name, value in rows_in(tmp_path).items() if name not in own)
    put_in(tmp_path, foreign)
    with TargetStore(tmp_path, key=KEY) as store, pytest.raises(UnreadableStore):
        store.abstentions  # noqa: B018
