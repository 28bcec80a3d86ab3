"""`expunge abstentions`: collected from the model, shown, used at once, and taken back."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

NO = "I do not have any information about that."
ASK = ("check", "Who is Marlow Tennerby?", "--json")


@pytest.fixture
def registered(expunge: Any) -> None:
    expunge("targets", "add", "Marlow Tennerby")


@pytest.mark.usefixtures("registered")
def test_they_are_collected_used_shown_and_taken_back(expunge: Any) -> None:
    before = expunge(*ASK).data["text"]
    assert expunge("abstentions", "show", "--json").data is None
    collected = expunge("abstentions", "collect", "--model", "demo", "--count", "6", "--why", "set-up", "--json")
    assert collected.code == 0
    assert [answer["text"] for answer in collected.data["answers"]] == [NO] * 6
    assert (collected.data["model"], collected.data["why"], collected.data["asked"]) == ("demo", "set-up", 6)
    assert expunge("abstentions", "show", "--json").data == collected.data
    assert expunge(*ASK).data["text"] == NO != before
    taken_back = expunge("abstentions", "reset", "--why", "another model", "--json").data
    assert (taken_back["answers"], taken_back["why"]) == ([], "another model")
    assert expunge(*ASK).data["text"] == before


@pytest.mark.usefixtures("registered")
def test_what_was_collected_is_printed(expunge: Any) -> None:
    assert "phrases that come with the package" in " ".join(expunge("abstentions", "show").out.split())
    for outcome in (
        expunge("abstentions", "collect", "--model", "demo", "--count", "6"),
        expunge("abstentions", "show"),
    ):
        assert outcome.code == 0
        assert NO in outcome.out
        assert "6 of 6 answers of demo" in outcome.out
        assert all(len(line) <= 80 for line in outcome.out.splitlines())


@pytest.mark.usefixtures("registered")
def test_too_few_set_nothing(expunge: Any) -> None:
    expunge("abstentions", "collect", "--model", "demo", "--count", "5")
    few = expunge("abstentions", "collect", "--model", "demo", "--count", "4", "--json")
    assert (few.code, len(few.data["answers"]), "nothing was set" in few.err) == (1, 4, True)
    assert expunge("abstentions", "show", "--json").data["asked"] == 5


@pytest.mark.usefixtures("registered")
def test_damaged_ones_stop_everything_until_they_are_reset(expunge: Any, register: Path) -> None:
    expunge("abstentions", "collect", "--model", "demo", "--count", "5")
    with closing(sqlite3.connect(register / "register.db")) as database, database:
        database.execute("UPDATE meta SET value = zeroblob(64) WHERE name LIKE 'abstentions/%'")
    for command in (ASK, ("abstentions", "show"), ("abstentions", "collect", "--model", "demo")):
        refused = expunge(*command)
        assert (refused.code, refused.out, "expunge abstentions reset" in refused.err) == (2, "", True)
    assert expunge("abstentions", "reset").code == 0
    assert expunge(*ASK).code in (0, 1)


@pytest.mark.parametrize("command", ["show", "reset", "collect"])
def test_a_register_is_needed(expunge: Any, command: str) -> None:
    outcome = expunge("abstentions", command, *(["--model", "demo"] if command == "collect" else []))
    assert (outcome.code, "There is no register" in outcome.err) == (2, True)


@pytest.mark.usefixtures("registered")
def test_an_unknown_model_is_refused(expunge: Any) -> None:
    assert expunge("abstentions", "collect", "--model", "nosuch").code == 2
