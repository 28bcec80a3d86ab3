import os
import subprocess
import sys
import time
from typing import Any

import pytest
from expunge.commands.tour import Tour, read_facts
from expunge.models import DEMO


@pytest.fixture(scope="module")
def tour() -> Tour:
    return Tour(read_facts(DEMO / "facts.jsonl"))


def test_the_demo_shows_what_it_says(expunge: Any, tour: Tour) -> None:
    shown = expunge("demo", "--json").data
    assert shown["targets"] == {target.name: len(target.documents) for target in tour.targets}
    assert 0 in shown["targets"].values()
    *asked, longer = shown["exchanges"]
    actions = [exchange["after"]["action"] for exchange in asked]
    assert actions == ["abstain"] * 5 + ["rewrite"] + ["release"] * 2
    for exchange in asked[-2:]:
        assert exchange["after"]["text"] == exchange["before"]
    assert longer["after"]["action"] == "rewrite"
    texts = " ".join(exchange["after"]["text"] for exchange in shown["exchanges"])
    assert not any(name in texts for name in shown["targets"])
    assert shown["entries"] > len(shown["exchanges"])
    assert shown["still_known"] == asked[0]["before"]


def test_the_model_knows_what_the_demo_asks(expunge: Any) -> None:
    """Each answer before holds the right one's last words: nothing is shown withheld that was not known."""
    answers = {fact.answer for fact in read_facts(DEMO / "facts.jsonl")}
    *asked, _ = expunge("demo", "--json").data["exchanges"]
    assert [exchange["before"] for exchange in asked if exchange["before"] not in answers] == []


def test_the_demo_repeats_itself(expunge: Any) -> None:
    first, second = (expunge("demo", "--json").data for _ in range(2))
    assert [exchange["after"]["text"] for exchange in first["exchanges"]] == [
        exchange["after"]["text"] for exchange in second["exchanges"]
    ]


def test_it_reads_well_in_a_terminal_of_80_columns() -> None:
    start = time.perf_counter()
    environment = os.environ | {"COLUMNS": "80", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "expunge", "demo"]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert time.perf_counter() - start < 60
    assert ended.stderr == ""
    assert max(map(len, ended.stdout.splitlines())) <= 80
    for part in ("Before", "After", "withheld", "rewritten", "released", "ledger"):
        assert part in ended.stdout
