"""Audits killed at random moments and gone on with: the findings are the same, byte for byte."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from expunge import TargetStore
from expunge.audits.journal import Journal
from expunge.audits.report_files import ReportFiles
from expunge.tests.audits.conftest import ASKED, HINA, ORLA, UNASKED, Write, chat, contents
from expunge.tests.stores.test_kills import Nursery

KILLS = 20
# Several in each audit, so that some are killed while they are gone on with.
AUDITS = 4


@pytest.fixture
def nursery() -> Iterator[Nursery]:
    nursery = Nursery(Path(__file__).with_name("killed.py"))
    yield nursery
    nursery.close()


def test_killed_at_random_moments_an_audit_finds_the_same(nursery: Nursery, write: Write, tmp_path: Path) -> None:
    with TargetStore(tmp_path / "store") as store:
        store.add_many([HINA, ORLA])
        store.sync()
    bad = [ASKED, UNASKED, "{", {**ASKED, "id": "twice"}, chat("Orla Venn?", "She lives at 14 Alder Row, Skerries.")]
    clean = [chat(f"What is {n} and {n}?", f"{2 * n}. " + "It lies far away. " * 20) for n in range(800)]
    log = write(*(row for n, row in enumerate(clean) for row in (row, *(bad if n % 40 == 0 else ()))))
    order = ("audit", str(log), str(tmp_path / "store"))
    whole = nursery.run(*order, str(tmp_path / "whole"))
    chance, reached = random.Random(11), set()
    for number in range(AUDITS):
        files = ReportFiles(tmp_path / f"out{number}")
        for _ in range(KILLS // AUDITS):
            nursery.run(*order, str(files.folder), kill_after=chance.uniform(whole / 3, whole))
            if files.journal.exists():
                with Journal(files.journal) as journal:
                    reached.add(journal.progress.exchanges)
        nursery.run(*order, str(files.folder))
        assert contents(files) == contents(ReportFiles(tmp_path / "whole"))
        copies = [folder / "sanitised" / "log.jsonl" for folder in (files.folder, tmp_path / "whole")]
        assert copies[0].read_bytes() == copies[1].read_bytes()
    assert len(reached) > 1
