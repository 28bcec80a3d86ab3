"""Processes that judge: the same findings however many there are, and none that outlives who started it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from expunge import Policy, TargetStore
from expunge.audits.journal import Done, Journal
from expunge.errors import ExpungeError, InputError
from expunge.tests.audits.conftest import ASKED, HINA, UNASKED, Run, Write, chat, contents


def rows(many: int = 900) -> list[object]:
    clean = [chat(f"What is {number} and {number}?", str(2 * number), id=f"c{number}") for number in range(many)]
    return [ASKED, *clean[:400], UNASKED, *clean[400:], {**ASKED, "id": "again"}, {**UNASKED, "id": "too"}]


@pytest.fixture(autouse=True)
def _one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


def test_two_processes_find_the_same(run: Run, write: Write) -> None:
    log = write(*rows())
    one, two = run(log), run(log, out="two", workers=2)
    assert contents(one.files) == contents(two.files)
    assert one.disclosed == 4


def test_an_error_in_another_process_is_told(run: Run, write: Write) -> None:
    with pytest.raises(InputError, match="nothing to say"):
        run(write(*rows()), workers=2, policy=Policy.icul())


def test_a_process_that_ends_is_told_and_what_is_done_is_kept(
    run: Run, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = write(*rows(4_000))
    seen: list[int] = []
    written = Journal.write

    def kill(self: Journal, done: Done) -> None:
        written(self, done)
        seen.append(done.batch.mark.items)
        for pid in judging():
            os.kill(pid, signal.SIGKILL)

    with monkeypatch.context() as patch:
        patch.setattr(Journal, "write", kill)
        with pytest.raises(ExpungeError, match="has ended") as caught:
            run(log, workers=2)
    assert "--resume" in caught.value.fix
    assert len(seen) < 10
    assert contents(run(log, workers=2, resume=True).files) == contents(run(log, out="whole").files)


def test_processes_end_with_the_one_that_started_them(write: Write, tmp_path: Path) -> None:
    with TargetStore(tmp_path / "store") as store:
        store.add(HINA)
    log = write(*(chat(f"What is {n} and {n}? " + "It was long ago. " * 400, str(n)) for n in range(1_500)))
    code = (
        "import sys, expunge\n"
        "if __name__ == '__main__':\n"
        f"    expunge.audit({str(log)!r}, {str(tmp_path / 'store')!r}, {str(tmp_path / 'out')!r}, workers=2,"
        " watch=lambda step: print('judged', flush=True))\n"
    )
    script = tmp_path / "script.py"
    script.write_text(code)
    process = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "judged\n"
    started = children(process.pid)
    assert len(started) >= 2
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    until = time.monotonic() + 20
    while any(Path(f"/proc/{pid}").exists() for pid in started) and time.monotonic() < until:
        time.sleep(0.1)
    assert not [pid for pid in started if Path(f"/proc/{pid}").exists()]


def judging() -> list[int]:
    """Return the processes that this one has started to judge."""
    return [pid for pid in children(os.getpid()) if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def children(pid: int) -> list[int]:
    """Return the processes that one has started."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            found.append(int(stat.parent.name))
    return found
