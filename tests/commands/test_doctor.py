import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from expunge.settings import settings


def status(outcome: Any) -> dict[str, str]:
    return {check["name"]: check["status"] for check in outcome.data["checks"]}


def test_a_register_to_come_is_no_fault(expunge: Any, register: Path) -> None:
    outcome = expunge("doctor", "--json")
    assert (outcome.code, outcome.data["ok"]) == (0, True)
    found = status(outcome)
    assert (found["packages"], found["embeddings"], found["register"]) == ("ok", "ok", "missing")
    assert not register.exists()


def test_a_register_is_looked_over(expunge: Any) -> None:
    expunge("targets", "add", "Ann Orr", "--document", "Ann Orr was born in Lyon.")
    outcome = expunge("doctor", "--json")
    assert outcome.code == 0
    assert {status(outcome)[name] for name in ("key", "register", "index", "ledger")} == {"ok"}
    assert "1 targets" in expunge("doctor").out


def test_the_key_is_never_shown(expunge: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXPUNGE_KEY", "correct horse battery staple")
    settings.cache_clear()
    outcome = expunge("doctor")
    assert "from EXPUNGE_KEY" in outcome.out
    assert "horse" not in outcome.out + outcome.err


def test_a_wrong_key_is_broken(expunge: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    expunge("targets", "add", "Ann Orr")
    monkeypatch.setenv("EXPUNGE_KEY", "correct horse battery staple")
    settings.cache_clear()
    outcome = expunge("doctor", "--json")
    assert (outcome.code, status(outcome)["register"]) == (1, "broken")
    for command in (("targets", "list"), ("check", "Hello"), ("ledger", "verify")):
        refused = expunge(*command)
        assert refused.code == 2
        assert "key" in refused.err
        assert "Traceback" not in refused.err


def test_a_damaged_register_is_broken(expunge: Any, register: Path) -> None:
    register.mkdir()
    (register / "register.db").write_bytes(os.urandom(4096))
    assert status(expunge("doctor", "--json"))["register"] == "broken"
    outcome = expunge("targets", "list")
    assert outcome.code == 2
    assert "register.db" in outcome.err


def test_a_broken_ledger_is_broken(expunge: Any, register: Path) -> None:
    expunge("targets", "add", "Ann Orr")
    expunge("check", "Hello")
    with closing(sqlite3.connect(register / "ledger.db")) as database, database:
        database.execute("DELETE FROM entries")
    outcome = expunge("doctor", "--json")
    assert (outcome.code, status(outcome)["ledger"]) == (1, "broken")


def test_a_server_that_does_not_answer_is_broken(expunge: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXPUNGE_CHROMA_URL", "http://127.0.0.1:9")
    settings.cache_clear()
    outcome = expunge("doctor", "--json")
    assert (outcome.code, status(outcome)["chroma"]) == (1, "broken")


def test_weights_that_are_nowhere_are_missing(expunge: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("EXPUNGE_CACHE", str(tmp_path / "cache"))
    settings.cache_clear()
    [check] = [check for check in expunge("doctor", "--json").data["checks"] if check["name"] == "embeddings"]
    assert check["status"] in ("ok", "missing")
    assert "first use" in check["detail"]
