"""Processes killed at random points: what was committed is there, and the rest can be done again."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from expunge.schema import Embedder, Target
from expunge.stores import ImportReport, Keys, Ledger, TargetStore

KILLS = 30
SCRIPT = Path(__file__).with_name("nursery.py")
KEY = "correct horse battery staple"


class Nursery:
    """Starts and kills the processes of a script such as `nursery.py`."""

    def __init__(self, script: Path = SCRIPT) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._orders, self._answers = self._process.stdin, self._process.stdout

    def run(self, *order: object, kill_after: float | None = None) -> float:
        """Carry out an order, or kill it after so many seconds; return the seconds that it took."""
        self._orders.write(json.dumps(order) + "\n")
        self._orders.flush()
        child, started = int(self._answers.readline()), time.perf_counter()
        if kill_after is not None:
            time.sleep(kill_after)
            os.kill(child, signal.SIGKILL)
        self._orders.write("\n")
        self._orders.flush()
        assert self._answers.readline() == "ended\n"
        return time.perf_counter() - started

    def close(self) -> None:
        """End it."""
        self._orders.close()
        self._answers.close()
        assert self._process.wait(10) == 0


@pytest.fixture
def nursery() -> Iterator[Nursery]:
    nursery = Nursery()
    yield nursery
    nursery.close()


@pytest.fixture
def chance() -> random.Random:
    return random.Random(17)


def logged(path: Path) -> list[int]:
    return [int(number) for number in path.read_text().split()] if path.exists() else []


def test_a_killed_import_keeps_what_it_committed_and_can_be_run_again(
    nursery: Nursery, chance: random.Random, tmp_path: Path
) -> None:
    file, names = tmp_path / "in.jsonl", [f"Author Number {i}" for i in range(450)]
    file.write_text("".join(json.dumps({"name": name, "documents": [f"{name} writes."]}) + "\n" for name in names))
    whole = nursery.run("import_file", str(tmp_path / "whole"), str(file), str(tmp_path / "whole.log"))
    assert logged(tmp_path / "whole.log") == [200, 400, 450]
    counts = set()
    for kill in range(KILLS):
        folder, log = tmp_path / f"store{kill}", tmp_path / f"{kill}.log"
        nursery.run("import_file", str(folder), str(file), str(log), kill_after=chance.uniform(0, whole))
        with TargetStore(folder) as store:
            kept = len(store)
            counts.add(kept)
            assert kept in (0, 200, 400, 450)
            assert kept >= max(logged(log), default=0)
            assert [target.name for target in store] == names[:kept]
            assert store.import_jsonl(file) == ImportReport(450 - kept, kept, [], {})
            assert [target.name for target in store] == names
    assert len(counts) > 1


def test_a_killed_append_loses_no_entry_and_breaks_no_chain(
    nursery: Nursery, chance: random.Random, tmp_path: Path
) -> None:
    path, log = tmp_path / "ledger.db", tmp_path / "log"
    whole = nursery.run("append", str(tmp_path / "whole.db"), KEY, 200, str(tmp_path / "whole.log"))
    for _ in range(KILLS):
        nursery.run("append", str(path), KEY, 200, str(log), kill_after=chance.uniform(0, whole))
        ledger = Ledger(path, Keys(KEY))
        entries = ledger.verify().entries
        assert logged(log) in (list(range(1, entries + 1)), list(range(1, entries)))
        if len(logged(log)) < entries:  # killed between the commit and the log
            log.write_text("".join(f"{number}\n" for number in range(1, entries + 1)))
        ledger.close()
    assert entries > KILLS


def test_a_killed_indexing_is_finished_by_the_next(
    nursery: Nursery, chance: random.Random, tmp_path: Path, embedder: Embedder
) -> None:
    targets = [Target(name=f"Author Number {i}", documents=[f"{i} writes.", f"{i} reads."]) for i in range(200)]

    def prepare(folder: Path) -> None:
        with TargetStore(folder) as store:
            store.add_many(targets)

    prepare(tmp_path / "whole")
    whole = nursery.run("index", str(tmp_path / "whole"), str(tmp_path / "whole.log"))
    for kill in range(3):
        folder = tmp_path / f"store{kill}"
        prepare(folder)
        nursery.run("index", str(folder), str(tmp_path / "log"), kill_after=chance.uniform(whole / 3, whole))
        with TargetStore(folder, embeddings=embedder) as store:
            assert store.index.count("forget") == 400
            found = store.index.search("forget", embedder.embed([f"{i} reads." for i in range(200)]), 1)
            assert [hits[0][:2] for hits in found] == [(target.id, 1) for target in store]
