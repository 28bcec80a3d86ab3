import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def decisions(expunge: Any) -> None:
    expunge("targets", "add", "Ann Orr")
    expunge("check", "Where was Ann Orr born?")
    expunge("check", "Where is Graz?")


def test_the_last_decisions_are_shown(expunge: Any) -> None:
    assert [entry["action"] for entry in expunge("ledger", "show", "--json").data] == ["abstain", "release"]
    assert [entry["number"] for entry in expunge("ledger", "show", "--limit", "1", "--json").data] == [2]
    shown = expunge("ledger", "show").out
    assert "abstain" in shown
    assert "Ann" not in shown


def test_a_whole_ledger_is_verified_also_against_an_earlier_head(expunge: Any) -> None:
    found = expunge("ledger", "verify", "--json").data
    assert (found["whole"], found["entries"]) == (True, 2)
    expunge("check", "Where is Basel?")
    assert expunge("ledger", "verify", "--head", found["head"]).code == 0
    assert expunge("ledger", "verify", "--head", "0" * 63 + "1").code == 1


def test_a_changed_entry_is_found(expunge: Any, register: Path) -> None:
    with closing(sqlite3.connect(register / "ledger.db")) as database, database:
        database.execute("UPDATE entries SET body = replace(body, 'abstain', 'release') WHERE seq = 1")
    outcome = expunge("ledger", "verify")
    assert outcome.code == 1
    assert "Entry 1" in outcome.err
    assert expunge("ledger", "verify", "--json").data["whole"] is False
